"""Stops all requests of an account after an answer that concerns all of them: wait (429), or blocked (403)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from kommo_orm.errors import AccountBlocked
from kommo_orm.transport.http_messages import HttpRequest


class CircuitBreaker:
    """Holds an account's requests back after a 429, and refuses them at once while the account is blocked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.is_closed = True  # requests pass freely; `check_pause` need not be asked
        self._clock = clock
        self._lock = threading.Lock()
        self._held_until = 0.0
        self._blocked_until = 0.0

    def reset_after_fork(self) -> None:
        """In a child process: another thread of the parent may have held the lock."""
        self._lock = threading.Lock()

    def hold(self, seconds: float) -> None:
        """Send nothing for so long: the service asked one request to wait, and its limit is for all."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock() + seconds)
            self.is_closed = False

    def block(self, seconds: float) -> None:
        """Refuse every request for so long: asking again makes a block longer."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._clock() + seconds)
            self.is_closed = False

    def check_pause(self, request: HttpRequest) -> float:
        """Seconds to wait before sending. Raises `AccountBlocked` while there is a block."""
        with self._lock:
            now = self._clock()
            blocked, held = self._blocked_until - now, self._held_until - now
            self.is_closed = blocked <= 0 and held <= 0
        if blocked > 0:
            raise AccountBlocked(
                f"{request.summary} was not sent: the service has blocked this account or address. "
                f"Nothing is sent for {blocked:.0f} s, because more requests prolong the block. "
                "If it stays, ask Kommo's support",
                status=403,
            )
        return max(0.0, held)
