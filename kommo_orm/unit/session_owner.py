"""To whom a session belongs: the thread, and in async code the task, that used it first."""

from __future__ import annotations

import asyncio
import threading
from weakref import ref

from kommo_orm.errors import ConfigurationError

SHARED = "A Session belongs to one thread or task; this is another one. Give each its own Session (the account can be shared)."


class SessionOwner:
    """Notes who uses a session and refuses others. A task that has ended gives it back."""

    def __init__(self) -> None:
        self._thread: int | None = None
        self._task: ref[asyncio.Task[object]] | None = None

    def require_own_thread(self) -> None:
        """For what may run in a task of its own, begun by the owner: a flush."""
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
