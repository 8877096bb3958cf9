"""What all Kommo objects of one account share in this process, because the service counts them as one."""

from __future__ import annotations

import os
import threading

from kommo_orm.transport.circuit_breaker import Brake
from kommo_orm.transport.rate_limiter import Pace


class Traffic:
    """The pace, the brake and the number of writes of one address."""

    def __init__(self) -> None:
        self.pace = Pace()
        self.brake = Brake()
        self._writes = 0
        self._lock = threading.Lock()

    @property
    def writes(self) -> int:
        return self._writes

    def forked(self) -> None:
        """In a child process: make usable what threads of the parent may have held."""
        self._lock = threading.Lock()
        self.pace.forked()
        self.brake.forked()

    def write_begins(self) -> None:
        with self._lock:
            self._writes += 1


_lock = threading.Lock()
_known: dict[str, Traffic] = {}
_room = 64


def traffic_of(base: str) -> Traffic:
    """The one for this address. It outlives its users for as long as their last requests count."""
    with _lock:
        if base not in _known:
            _sweep()
            _known[base] = Traffic()
        return _known[base]


def _sweep() -> None:
    """Forget idle accounts, each time their number has doubled."""
    global _room  # noqa: PLW0603  # grows with the accounts
    if len(_known) >= _room:
        for base in [base for base, traffic in _known.items() if traffic.pace.idle]:
            del _known[base]
        _room = max(64, 2 * len(_known))


def _after_fork() -> None:
    global _lock  # noqa: PLW0603  # another thread may have held it in the parent
    _lock = threading.Lock()
    for traffic in _known.values():
        traffic.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
