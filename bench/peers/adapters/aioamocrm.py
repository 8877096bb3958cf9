"""aioamocrm: pydantic models over httpx, async."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

from bench.peers.peer import ACCEPTS_ADDRESS, Load, Peer

PEER = Peer("aioamocrm", ACCEPTS_ADDRESS, "pydantic models; its rate limit is off; requests one after the other")


def connect(url: str, leads: int) -> Load:
    package: Any = import_module("aioamocrm")

    async def count_leads() -> int:
        auth = package.LongLivedToken("x")
        async with package.AmoCRMClient(base_url=url, auth=auth, rate_limit=None) as client:
            return sum([1 async for _ in client.leads.iterate()])

    return lambda: asyncio.run(count_leads())
