"""amocrm-sdk: dataclasses over requests."""

from __future__ import annotations

from importlib import import_module

from bench.peers.peer import PATCHED_ADDRESS, Load, Peer

PEER = Peer("amocrm-sdk", PATCHED_ADDRESS, "typed; requests one after the other")


def connect(url: str, leads: int) -> Load:
    package = import_module("amocrm")
    auth = import_module("amocrm.auth")
    storage = auth.InMemoryTokenStorage()
    storage.save("x", "x")
    config = auth.OAuthConfig(client_id="x", client_secret="x", redirect_uri="https://example.com", storage=storage)
    client = package.AmoCRM("acme", config)
    client._base_url = url
    return lambda: sum(1 for _ in client.leads.list(limit=250))
