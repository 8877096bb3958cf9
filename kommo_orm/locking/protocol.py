"""The name of a lock, and the protocol of what keeps locks. Such an object never waits: `acquisition.py` does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, cast, runtime_checkable

from kommo_orm.errors import ConfigurationError


class LockName(NamedTuple):
    """What a lock stands for: one stored object of one account, whatever class it was read as.

    >>> LockName("acme.kommo.com", "leads", "5")
    LockName(account='acme.kommo.com', kind='leads', id='5')
    """

    account: str  # the full host
    kind: str
    id: str


@runtime_checkable
class Locks(Protocol):
    """Keeps locks among all that share it. Any object with these methods will do; they may block on I/O.

    `owner` is a text that names who asks: unique, and readable, because messages quote it. An implementation whose locks
    expire (leases) renews them itself for as long as its process lives.
    """

    @property
    def timeout(self) -> float:
        """Seconds for which a save waits for its locks in all."""
        ...

    def take(self, names: Sequence[LockName], owner: str) -> int:
        """Take locks in this order until one is not free; how many were taken. Never waits for anybody.

        What was taken stays taken. Asked again, it goes on where it stopped.
        """
        ...

    def free(self, names: Sequence[LockName], owner: str) -> None:
        """Give back those of these locks that the owner has, and its places in the queues of the others."""
        ...

    def holder(self, name: LockName) -> str:
        """Who has a lock, in words; empty if that is unknown."""
        ...


def validate_locks(locks: object) -> Locks | None:
    """Return the locks that a user gave. Raises `ConfigurationError` for an object without their methods."""
    if locks is None:
        return None
    lacking = find_lacking_members(locks, ("timeout", "take", "free", "holder"))
    if lacking:
        raise ConfigurationError(
            f"locks= takes an object with timeout, take, free and holder. {lacking}. FileLocks(folder) is such an object"
        )
    return cast("Locks", locks)


def find_lacking_members(given: object, members: Sequence[str]) -> str:
    """Say what an object lacks of a protocol; an empty text if it has all."""
    if isinstance(given, type):
        return f"{given.__name__} is a class: give an object of it"
    lacking = [name for name in members if not hasattr(given, name)]
    return f"{given!r} has no {', '.join(lacking)}" if lacking else ""


__all__ = ["LockName", "Locks"]
