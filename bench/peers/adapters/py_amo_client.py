"""py-amo-client: pydantic models over httpx, seven pages at once. It reads as many leads as it is told."""

from __future__ import annotations

import asyncio
from importlib import import_module

from bench.peers.peer import PATCHED_ADDRESS, Load, Peer

PEER = Peer(
    "py-amo-client",
    PATCHED_ADDRESS,
    "pydantic models; seven requests at once, and a second of sleep at each seventh; all leads in memory",
    extra=("httpx", "pydantic"),
)


def connect(url: str, leads: int) -> Load:
    services = import_module("py_amo.services")

    async def count_leads() -> int:
        session = services.AsyncAmoSession("x", "acme")
        session.get_url = lambda: url
        return len(await session.leads.get_all(limit=leads))

    return lambda: asyncio.run(count_leads())
