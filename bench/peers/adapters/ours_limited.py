"""This library as users have it: at most seven requests a second, which is what Kommo allows."""

from __future__ import annotations

from bench.peers.adapters import ours
from bench.peers.peer import ACCEPTS_ADDRESS, Load, Peer

PEER = Peer("kommo_orm, 7 requests a second", ACCEPTS_ADDRESS, "typed; no client may send more to Kommo")


def connect(url: str, leads: int) -> Load:
    return ours.connect(url, leads, rate=7.0)
