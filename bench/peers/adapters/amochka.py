"""amochka: dicts over requests."""

from __future__ import annotations

import os
from importlib import import_module

from bench.peers.peer import PATCHED_ADDRESS, Load, Peer

PEER = Peer("amochka", PATCHED_ADDRESS, "dicts; its rate limit is off; a new connection for each request")


def connect(url: str, leads: int) -> Load:
    os.environ |= {"AMOCRM_ACCESS_TOKEN": "x", "AMOCRM_EXPIRES_AT": "4000000000"}
    package = import_module("amochka")
    cache = package.CacheConfig.disabled()
    client = package.AmoCRMClient(
        "https://acme.kommo.com", cache_config=cache, disable_logging=True, rate_limit=1_000_000
    )
    client.base_url = url
    return lambda: sum(1 for _ in client.iter_leads())
