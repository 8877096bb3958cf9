"""mlab-amo-async: dicts over requests, behind async functions."""

from __future__ import annotations

import asyncio
from importlib import import_module

from bench.peers.adapters.amocrm_api_async import Tokens
from bench.peers.peer import PATCHED_ADDRESS, Load, Peer

PEER = Peer("mlab-amo-async", PATCHED_ADDRESS, "dicts; async functions that block, one request after the other")


def connect(url: str, leads: int) -> Load:
    module = import_module("mlab_amo_async.async_interaction")
    interaction = module.AsyncLeadsInteraction(Tokens())

    async def make_address(path: str) -> str:
        return f"{url}/api/v4/{path}"

    async def count_leads() -> int:
        return sum([1 async for _ in interaction.get_all()])

    interaction._get_url = make_address
    return lambda: asyncio.run(count_leads())
