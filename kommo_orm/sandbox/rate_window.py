"""The rate limit (Kommo, Limits: seven requests a second): a strict rolling window.

Refused requests count, too, so a client that does not wait stays refused. Nothing sleeps here.
"""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 1.0


class RateWindow:
    """Allows `limit` requests within any second. After `block_after` refusals the address stays blocked."""

    def __init__(self, limit: int | None, block_after: int | None = None) -> None:
        self.limit = limit
        self.block_after = block_after
        self.refusals = 0
        self._arrivals: deque[float] = deque()

    @property
    def is_blocked(self) -> bool:
        return self.block_after is not None and self.refusals >= self.block_after

    def count_arrival(self, now: float) -> bool:
        """Count a request. Returns True if it is within the limit."""
        if self.limit is None:
            return True
        while self._arrivals and self._arrivals[0] <= now - WINDOW_SECONDS:
            self._arrivals.popleft()
        self._arrivals.append(now)
        if len(self._arrivals) <= self.limit:
            return True
        self.refusals += 1
        return False

    def reset(self) -> None:
        self.refusals = 0
        self._arrivals.clear()
