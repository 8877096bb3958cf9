"""A store's lock within a flow."""

from __future__ import annotations

from contextlib import AbstractContextManager


class Held:
    """A lock that can be left whether or not it was entered: flows may be given up at any step."""

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self._lock = lock
        self._inside = False

    def enter(self) -> None:
        self._lock.__enter__()
        self._inside = True

    def leave(self) -> None:
        if self._inside:
            self._inside = False
            self._lock.__exit__(None, None, None)
