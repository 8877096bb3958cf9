"""The owner of a session: the thread that used it first, and in async code the task."""

from __future__ import annotations

import asyncio
import threading
from weakref import ref

from kommo_orm.errors import ConfigurationError

SHARED = "A Session belongs to one thread or task; this is another one. Give each its own Session (the account can be shared)."


class SessionOwner:
    """Keeps the first user of a session and raises `ConfigurationError` for others. A task that has ended is no owner any more."""

    def __init__(self) -> None:
        self._thread: int | None = None
        self._task: ref[asyncio.Task[object]] | None = None

    def require_own_thread(self) -> None:
        """Check the thread alone: a flush may run in a task of its own, which the owner started."""
        here = threading.get_ident()
        if self._thread is None:
            self._thread = here
        if self._thread != here:
            raise ConfigurationError(SHARED)

    def require_own_task(self) -> None:
        self.require_own_thread()
        task = _current_task()
        if task is None:
            return
        owner = self._task() if self._task is not None else None
        if owner is None or owner.done():
            self._task = ref(task)
        elif owner is not task:
            raise ConfigurationError(SHARED)


def _current_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
