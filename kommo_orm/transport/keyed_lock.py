"""A mutex per key that threads and tasks of any event loop share.

Nobody polls, and no thread is parked for a task. A waiter is a `Future`: a thread waits for it, a loop awaits it.
Whoever releases a key hands it to the first waiter that still wants it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import Future


class KeyedLock:
    """Lets one holder a key in at a time, in the order in which they came."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: dict[str, deque[Future[None]]] = {}  # has a key while someone holds it

    def acquire(self, key: str) -> Future[None] | None:
        """None: the caller holds the key. Else a future that is done when it does; `abandon` gives it up."""
        with self._guard:
            if key not in self._waiting:
                self._waiting[key] = deque()
                return None
            turn: Future[None] = Future()
            self._waiting[key].append(turn)
            return turn

    def release_key(self, key: str) -> None:
        """Hand the key to the next waiter, if there is one."""
        with self._guard:
            turn = _pop_waiter(self._waiting[key])
            if turn is None:
                del self._waiting[key]
        if turn is not None:
            turn.set_result(None)

    def abandon(self, key: str, turn: Future[None]) -> None:
        """Stop waiting. A turn that came in that very moment is passed on."""
        if not turn.cancel() and not turn.cancelled():
            self.release_key(key)

    def drop_inherited_holders(self) -> None:
        """In a child process: another thread of the parent may have held the guard, and all holders are the parent's."""
        self._guard = threading.Lock()
        self._waiting.clear()


def _pop_waiter(queue: deque[Future[None]]) -> Future[None] | None:
    while queue:
        turn = queue.popleft()
        if turn.set_running_or_notify_cancel():
            return turn
    return None


FLOW_LOCK = KeyedLock()  # the one of this process: see `flow.RunExclusive`

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=FLOW_LOCK.drop_inherited_holders)
