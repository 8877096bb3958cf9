"""apiAmoCRM: objects around dicts, over requests. It reads one page a call."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bench.peers.peer import PATCHED_ADDRESS, Load, Peer

PEER = Peer(
    "apiAmoCRM", PATCHED_ADDRESS, "objects around dicts; the adapter turns the pages; a new connection for each"
)

HOST = "https://acme.amocrm.ru"


def connect(url: str, leads: int) -> Load:
    requests: Any = import_module("requests")
    get = requests.get

    def get_from_server(address: str, **options: Any) -> Any:
        return get(address.replace(HOST, url), **options)

    requests.get = get_from_server
    client = import_module("amoApi.API").AmoClient("x", "acme")
    pages = range(1, leads // 250 + 1)
    return lambda: sum(len(client.get_leads({"page": page, "limit": 250})) for page in pages)
