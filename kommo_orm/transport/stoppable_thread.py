"""Threads that can be told to stop: what the sync driver has in place of tasks."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class ThreadStopped(BaseException):
    """Unwinds a thread that was given up. Never reaches a user."""


class StopSignal:
    """The stop sign of one thread, and the only thing on which it waits."""

    def __init__(self) -> None:
        self._asked = False
        self._woken = threading.Event()

    def set(self) -> None:
        self._asked = True
        self._woken.set()

    def check(self) -> None:
        """Raise `Stopped` if told to stop."""
        if self._asked:
            raise ThreadStopped

    def sleep(self, seconds: float) -> None:
        self._wait(lambda: False, time.monotonic() + seconds)

    def result(self, future: Future[T], seconds: float | None = None) -> T:
        """Wait for another's result. Raises `Stopped` if told to stop meanwhile, `TimeoutError` after `seconds`."""
        future.add_done_callback(lambda _: self._woken.set())
        self._wait(future.done, None if seconds is None else time.monotonic() + seconds)
        return future.result(0)

    def _wait(self, finished: Callable[[], bool], until: float | None) -> None:
        while True:
            self._woken.clear()  # before looking: what happens in between sets it again
            if self._asked:
                raise ThreadStopped
            remaining = None if until is None else until - time.monotonic()
            if finished() or (remaining is not None and remaining <= 0):
                return
            self._woken.wait(remaining)


class StoppableThread:
    """Work in a thread of its own, begun at once: its stop sign, and the future of its result."""

    def __init__(self, stop: StopSignal, work: Callable[[], Any]) -> None:
        self.stop = stop
        self.future: Future[Any] = Future()
        context = contextvars.copy_context()  # the account in use is the same there
        # A daemon, because the interpreter must not wait for a page that nobody wants any more.
        threading.Thread(target=context.run, args=(self._run, work), name="kommo_orm", daemon=True).start()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self.future.set_result(work())
        except BaseException as error:  # noqa: BLE001  # handed to whoever waits
            self.future.set_exception(error)
