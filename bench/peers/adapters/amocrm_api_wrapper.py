"""amocrm-api-wrapper: dicts over httpx."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bench.peers.peer import ACCEPTS_ADDRESS, Load, Peer

PEER = Peer("amocrm-api-wrapper", ACCEPTS_ADDRESS, "dicts; its `get(json=)` fails with httpx, so the adapter drops it")


def connect(url: str, leads: int) -> Load:
    httpx: Any = import_module("httpx")
    get = httpx.Client.get

    def get_without_body(client: Any, address: str, json: object = None, **options: Any) -> Any:
        return get(client, address, **options)

    httpx.Client.get = get_without_body
    package = import_module("amocrm_api")
    client = package.AmoOAuthClient("x", "x", url, "x", "x", "https://example.com")
    return lambda: sum(1 for _ in client.iter_leads(limit=250))
