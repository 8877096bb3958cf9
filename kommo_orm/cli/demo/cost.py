"""What requests cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from kommo_orm.sandbox import LogEntry

PACE = 7  # requests a second that Kommo allows


@dataclass(frozen=True)
class Cost:
    """Requests, and the bytes of the bodies sent with them."""

    requests: int = 0
    sent: int = 0

    @classmethod
    def of(cls, entries: Iterable[LogEntry]) -> Self:
        """What requests cost that were really sent."""
        sizes = [entry.bytes_in for entry in entries]
        return cls(len(sizes), sum(sizes))

    @property
    def seconds(self) -> float:
        """How long the requests take at least, at Kommo's pace."""
        return self.requests / PACE

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.requests + other.requests, self.sent + other.sent)
