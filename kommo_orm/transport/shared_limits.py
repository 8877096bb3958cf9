"""What all Kommo objects of one account share in this process, because the service counts them as one."""

from __future__ import annotations

import os
import threading

from kommo_orm.transport.circuit_breaker import CircuitBreaker
from kommo_orm.transport.rate_limiter import RateLimiter


class SharedLimits:
    """The pace, the brake and the number of writes of one address."""

    def __init__(self) -> None:
        self.rate_limiter = RateLimiter()
        self.circuit_breaker = CircuitBreaker()
        self._writes = 0
        self._lock = threading.Lock()

    @property
    def writes(self) -> int:
        return self._writes

    def reset_after_fork(self) -> None:
        """In a child process: make usable what threads of the parent may have held."""
        self._lock = threading.Lock()
        self.rate_limiter.reset_after_fork()
        self.circuit_breaker.reset_after_fork()

    def count_write(self) -> None:
        with self._lock:
            self._writes += 1


_lock = threading.Lock()
_known: dict[str, SharedLimits] = {}
_room = 64


def get_shared_limits(base: str) -> SharedLimits:
    """The one for this address. It outlives its users for as long as their last requests count."""
    with _lock:
        if base not in _known:
            _sweep()
            _known[base] = SharedLimits()
        return _known[base]


def _sweep() -> None:
    """Forget idle accounts, each time their number has doubled."""
    global _room  # noqa: PLW0603  # grows with the accounts
    if len(_known) >= _room:
        for base in [base for base, traffic in _known.items() if traffic.rate_limiter.idle]:
            del _known[base]
        _room = max(64, 2 * len(_known))


def _after_fork() -> None:
    global _lock  # noqa: PLW0603  # another thread may have held it in the parent
    _lock = threading.Lock()
    for traffic in _known.values():
        traffic.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
