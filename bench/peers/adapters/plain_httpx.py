"""What everybody can write by hand: httpx and json."""

from __future__ import annotations

from bench.clients import read_dicts
from bench.peers.peer import ACCEPTS_ADDRESS, Load, Peer

PEER = Peer("httpx and json", ACCEPTS_ADDRESS, "dicts; requests one after the other")


def connect(url: str, leads: int) -> Load:
    return lambda: sum(1 for _ in read_dicts(url, leads))
