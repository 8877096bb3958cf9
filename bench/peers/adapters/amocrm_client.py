"""amocrm-client: dicts over aiohttp. It reads one page a call."""

from __future__ import annotations

import asyncio
from importlib import import_module

from bench.peers.adapters.amocrm_api_async import Tokens
from bench.peers.peer import ACCEPTS_ADDRESS, Load, Peer

PEER = Peer("amocrm-client", ACCEPTS_ADDRESS, "dicts; the adapter turns the pages; a new connection for each")


def connect(url: str, leads: int) -> Load:
    client = import_module("amocrm_client.amocrm_client").AmoCRM.config(url, Tokens())

    async def count_leads() -> int:
        answers = [await client.amo.lead.query(f"page={page}&limit=250") for page in range(1, leads // 250 + 1)]
        return sum(len(answer["data"]) for answer in answers)

    return lambda: asyncio.run(count_leads())
