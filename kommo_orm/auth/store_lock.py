"""The lock of a token store, as a flow uses it."""

from __future__ import annotations

from contextlib import AbstractContextManager


class StoreLock:
    """A lock that can be released whether or not it was acquired, because a flow can end at any step."""

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self._lock = lock
        self._is_acquired = False

    def acquire_lock(self) -> None:
        self._lock.__enter__()
        self._is_acquired = True

    def release_lock(self) -> None:
        if self._is_acquired:
            self._is_acquired = False
            self._lock.__exit__(None, None, None)
