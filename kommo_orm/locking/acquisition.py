"""Acquires locks, waits for them and releases them, as flows; finds the open sections of the caller.

All locks of a flush are taken in one order, so that two flushes cannot wait for each other. `Locks` never waits: it is
asked again after a pause, so that an event loop goes on and a thread can be stopped.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from kommo_orm.errors import LockTimeout
from kommo_orm.locking.protocol import LockName, Locks
from kommo_orm.transport.flow import Flow, run_blocking, sleep_for

T = TypeVar("T")

logger = logging.getLogger("kommo_orm.locks")

AT_ONCE = 250  # locks asked for in one go
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.05  # seconds between two looks


class LockedObject(NamedTuple):
    """An object to be locked: in words for messages, and the object itself."""

    words: str
    object: Any = None


def run_holding_locks(locks: Locks | None, objects: Mapping[LockName, LockedObject], flow: Flow[T]) -> Flow[T]:
    """Run a flow while the locks of these objects are held. Raises `LockTimeout` before it begins."""
    if locks is None or not objects:
        return (yield from flow)
    hold = HeldLocks(locks, objects)
    try:
        yield from hold.acquire_locks()
        result = yield from flow
        yield from run_blocking(hold.release_locks)
    finally:
        hold.release_locks()
    return result


class HeldLocks:
    """The locks of one flush or section. Locks that a section around it holds already are left to that section."""

    def __init__(
        self, locks: Locks, objects: Mapping[LockName, LockedObject], clock: Callable[[], float] = time.monotonic
    ) -> None:
        around: list[HeldLocks] = [section for section in find_open_sections() if section.locks == locks]
        held = {name for section in around for name in section.names}
        self.locks: Locks = locks
        self.objects = objects
        self.names: tuple[LockName, ...] = tuple(sorted(objects.keys() - held, key=_sort_key))
        self.owner: str = around[0].owner if around else _build_owner()
        self._clock = clock
        self._is_open = False
        self._guard = threading.Lock()  # a thread that takes may outlive the task that has given up waiting for it

    def acquire_locks(self) -> Flow[None]:
        """Take all of them. Raises `LockTimeout`; `release_locks` gives back what was taken until then."""
        began, self._is_open = self._clock(), True
        for at in range(0, len(self.names), AT_ONCE):
            yield from self._acquire_some(self.names[at : at + AT_ONCE], began)

    def _acquire_some(self, names: Sequence[LockName], began: float) -> Flow[None]:
        wait, has_waited = FIRST_PAUSE, False
        while names:
            taken = yield from run_blocking(partial(self._take_free, names))
            names = names[taken:]
            if not names:
                if has_waited:
                    self._log_wait(self._clock() - began)
                return
            waited, has_waited = self._clock() - began, True
            if waited >= self.locks.timeout:
                holder = yield from run_blocking(partial(self.locks.holder, names[0]))
                raise self._build_timeout(names[0], waited, holder)
            wait = FIRST_PAUSE if taken else min(wait * 1.5, LONGEST_PAUSE)
            yield from sleep_for(min(wait * random.uniform(0.7, 1.0), self.locks.timeout - waited))  # noqa: S311

    def _log_wait(self, seconds: float) -> None:
        words = [self.objects[name].words for name in self.names]
        more = f" and {len(words) - 1} more" if len(words) > 1 else ""
        logger.info(
            "Waited %.2f s for the lock of %s%s of %s",
            seconds,
            words[0],
            more,
            self.names[0].account,
            extra={"wait": seconds},
        )

    def _take_free(self, names: Sequence[LockName]) -> int:
        with self._guard:
            return self.locks.take(names, self.owner) if self._is_open else 0

    def release_locks(self) -> None:
        """Give back what is held. Calling it twice does nothing more."""
        with self._guard:
            if self._is_open:
                self._is_open = False
                self.locks.free(self.names, self.owner)

    def _build_timeout(self, name: LockName, waited: float, holder: str) -> LockTimeout:
        wanted, who = self.objects[name], holder or "another process"
        return LockTimeout(
            f"{wanted.words} of {name.account} is locked by {who}. Waited {waited:.1f} s for it; nothing was sent. "
            "Try again later, or find out what takes so long there. A section (`with kommo.lock(...)`) lets in only the "
            "thread and the task that opened it",
            object=wanted.object,
            holder=holder,
            waited=waited,
        )


def _sort_key(name: LockName) -> tuple[str, str, int, str]:
    """By kind and id, numbers by value."""
    return (name.account, name.kind, int(name.id) if name.id.isdecimal() else -1, name.id)


# ---- sections: locks that a thread or a task keeps around several saves
_of_thread = threading.local()
_of_task: WeakKeyDictionary[asyncio.Task[object], list[HeldLocks]] = WeakKeyDictionary()
_numbers = count(1)


def find_open_sections() -> list[HeldLocks]:
    """The open sections of this task, or of this thread if it runs no task."""
    task = find_current_task()
    if task is not None:
        return _of_task.setdefault(task, [])
    found: list[HeldLocks] | None = getattr(_of_thread, "sections", None)
    if found is None:
        found = _of_thread.sections = []
    return found


def find_current_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return None


def _build_owner() -> str:
    task = find_current_task()
    here = threading.current_thread().name if task is None else task.get_name()
    return f"{here} in process {os.getpid()} on {socket.gethostname()} (no. {next(_numbers)})"


def _forget_sections_after_fork() -> None:
    """The sections around a fork are the parent's."""
    _of_thread.__dict__.clear()
    _of_task.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_sections_after_fork)
