"""Threads that can be asked to stop: what the sync driver has in place of tasks."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


class ThreadStopped(BaseException):
    """Unwinds a thread that was given up. Never reaches a user."""


@dataclass(slots=True, eq=False)
class StopSignal:
    """The stop sign of one thread, and the only thing on which it waits."""

    is_set: bool = False
    _woken: threading.Event = field(default_factory=threading.Event)

    def request_stop(self) -> None:
        """Ask the thread to stop."""
        self.is_set = True
        self._woken.set()

    def sleep(self, seconds: float) -> None:
        """Wait so long. Raises `ThreadStopped` when asked to stop meanwhile."""
        self._wait(lambda: False, time.monotonic() + seconds)

    def wait_for(self, future: Future[T], seconds: float | None = None) -> T:
        """Another thread's result. Raises `ThreadStopped` when asked to stop meanwhile, `TimeoutError` after `seconds`."""
        future.add_done_callback(lambda _: self._woken.set())
        self._wait(future.done, None if seconds is None else time.monotonic() + seconds)
        return future.result(0)

    def _wait(self, is_finished: Callable[[], bool], until: float | None) -> None:
        while True:
            self._woken.clear()  # before looking: what happens in between sets it again
            if self.is_set:
                raise ThreadStopped
            remaining = None if until is None else until - time.monotonic()
            if is_finished() or (remaining is not None and remaining <= 0):
                return
            self._woken.wait(remaining)


class StoppableThread:
    """Work in a thread of its own, begun at once: its stop sign, and the future of its result."""

    def __init__(self, stop: StopSignal, work: Callable[[], Any]) -> None:
        self.stop = stop
        self.future: Future[Any] = Future()
        context = contextvars.copy_context()  # the account in use is the same there
        # A daemon, because the interpreter must not wait for a page that nobody wants any more.
        threading.Thread(target=context.run, args=(self._run_work, work), name="kommo_orm", daemon=True).start()

    def _run_work(self, work: Callable[[], Any]) -> None:
        try:
            self.future.set_result(work())
        except BaseException as error:  # noqa: BLE001  # handed to whoever waits
            self.future.set_exception(error)
