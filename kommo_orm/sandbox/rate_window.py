"""The request rate (Kommo, Limits: seven a second): a strict rolling window, counted at arrival.

Every arrival counts, also one that is refused: who hammers stays refused. Nothing here sleeps.
"""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 1.0


class RateWindow:
    """At most `limit` arrivals within any second. After `block_after` refusals the address is blocked for good."""

    def __init__(self, limit: int | None, block_after: int | None = None) -> None:
        self.limit = limit
        self.block_after = block_after
        self.refusals = 0
        self._arrivals: deque[float] = deque()

    @property
    def is_blocked(self) -> bool:
        return self.block_after is not None and self.refusals >= self.block_after

    def count_arrival(self, now: float) -> bool:
        """Count one arrival; True when it is within the rate."""
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
