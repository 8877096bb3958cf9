"""amocrm-api-async: amocrm-api over aiohttp."""

from __future__ import annotations

import asyncio
from importlib import import_module

from bench.peers.peer import PATCHED_ADDRESS, Load, Peer

PEER = Peer("amocrm-api-async", PATCHED_ADDRESS, "objects around dicts; a new connection for each request")


class Tokens:
    """Stands for the client's token manager, which would ask the service for a token."""

    subdomain = "acme"

    async def get_access_token(self) -> str:
        return "x"


def connect(url: str, leads: int) -> Load:
    package = import_module("amocrm.v2")
    interaction = package.Lead.objects._interaction
    interaction._token_manager = Tokens()
    interaction._get_url = f"{url}/api/v4/{{}}".format

    async def count_leads() -> int:
        return sum([1 async for _ in package.Lead.objects.all()])

    return lambda: asyncio.run(count_leads())
