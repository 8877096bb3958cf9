"""Everybody stop: what the service says to one request and means for the whole account."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from kommo_orm.errors import AccountBlocked
from kommo_orm.transport.http_messages import HttpRequest


class CircuitBreaker:
    """Holds an account's requests back after a 429, and refuses them at once while the account is blocked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held_until = 0.0
        self._blocked_until = 0.0

    def reset_after_fork(self) -> None:
        """In a child process: another thread of the parent may have held the lock."""
        self._lock = threading.Lock()

    def hold(self, seconds: float) -> None:
        """Nobody sends for so long: one request was told to wait, and the limit is everyone's."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock() + seconds)

    def block(self, seconds: float) -> None:
        """Nobody sends for so long, and whoever tries is told so: asking again makes a block longer."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._clock() + seconds)

    def check_pause(self, call: HttpRequest) -> float:
        """Seconds to keep still. Raises `AccountBlocked` while there is a block."""
        now = self._clock()
        if (left := self._blocked_until - now) > 0:
            raise AccountBlocked(
                f"{call.summary} was not sent: the service has blocked this account or address. "
                f"Nothing is sent for another {left:.0f} s, because asking goes on only prolongs the block; "
                "if it stays, ask Kommo's support.",
                status=403,
            )
        return max(0.0, self._held_until - now)
