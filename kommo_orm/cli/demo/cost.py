"""The cost of requests: their number, and the bytes of their bodies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from kommo_orm.sandbox import LogEntry

MAX_RATE = 7  # requests a second that Kommo allows


@dataclass(frozen=True)
class Cost:
    """A number of requests, and the bytes of the bodies that they sent."""

    requests: int = 0
    sent: int = 0

    @classmethod
    def from_entries(cls, entries: Iterable[LogEntry]) -> Self:
        """The cost of requests that were really sent."""
        sizes = [entry.bytes_in for entry in entries]
        return cls(len(sizes), sum(sizes))

    @property
    def seconds(self) -> float:
        """How long the requests take at least, at the rate that Kommo allows."""
        return self.requests / MAX_RATE

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.requests + other.requests, self.sent + other.sent)
