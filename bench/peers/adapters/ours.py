"""This library, with no rate limit, as the others are measured."""

from __future__ import annotations

from bench.models import Deal
from bench.peers.peer import ACCEPTS_ADDRESS, Load, Peer
from kommo_orm import Kommo

PEER = Peer("kommo_orm", ACCEPTS_ADDRESS, "typed; with `rate=None`, as the others")


def connect(url: str, leads: int, rate: float | None = None) -> Load:
    def count_leads() -> int:
        with Kommo("acme", token="x", base_url=url, rate=rate):
            return sum(1 for _ in Deal.objects.iterate())

    return count_leads
