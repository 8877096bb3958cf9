"""What all `Kommo` objects of one account share in this process, because the service counts them as one."""

from __future__ import annotations

import os
import threading

from kommo_orm.transport.circuit_breaker import CircuitBreaker
from kommo_orm.transport.rate_limiter import RateLimiter


class SharedLimits:
    """The rate limiter, the circuit breaker and the number of writes of one address."""

    def __init__(self) -> None:
        self.rate_limiter = RateLimiter()
        self.circuit_breaker = CircuitBreaker()
        self.writes = 0  # writing requests that were begun: count them under `lock`
        self.lock = threading.Lock()

    def reset_after_fork(self) -> None:
        """In a child process: replace the locks, which threads of the parent may have held."""
        self.lock = threading.Lock()
        self.rate_limiter.reset_after_fork()
        self.circuit_breaker.reset_after_fork()


_lock = threading.Lock()
_limits_of: dict[str, SharedLimits] = {}
_max_known = 64


def get_shared_limits(base_url: str) -> SharedLimits:
    """The limits of this address. They outlive their users for as long as the last requests count."""
    with _lock:
        if base_url not in _limits_of:
            _drop_idle_limits()
            _limits_of[base_url] = SharedLimits()
        return _limits_of[base_url]


def _drop_idle_limits() -> None:
    """Forget idle accounts, each time their number has doubled."""
    global _max_known  # noqa: PLW0603  # grows with the accounts
    if len(_limits_of) >= _max_known:
        for base_url in [base_url for base_url, limits in _limits_of.items() if limits.rate_limiter.is_idle]:
            del _limits_of[base_url]
        _max_known = max(64, 2 * len(_limits_of))


def _reset_limits_after_fork() -> None:
    global _lock  # noqa: PLW0603  # another thread may have held it in the parent
    _lock = threading.Lock()
    for limits in _limits_of.values():
        limits.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_limits_after_fork)
