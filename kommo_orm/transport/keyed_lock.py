"""Who is inside what only one may be in: a queue per key, the same for threads and for tasks of any event loop.

Nobody polls and no thread is parked for a task: a waiter is a `Future`, which a thread waits for and a loop awaits, and
whoever leaves hands its place to the first waiter that still wants it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import Future

_guard = threading.Lock()
_waiting: dict[str, deque[Future[None]]] = {}  # a key is here while someone is inside


def enter(key: str) -> Future[None] | None:
    """None: the caller is inside. Else a future that is done when it is; give it up with `forgo`."""
    with _guard:
        if key not in _waiting:
            _waiting[key] = deque()
            return None
        turn: Future[None] = Future()
        _waiting[key].append(turn)
        return turn


def leave(key: str) -> None:
    """Let the next one in."""
    with _guard:
        turn = _first(_waiting[key])
        if turn is None:
            del _waiting[key]
    if turn is not None:
        turn.set_result(None)


def forgo(key: str, turn: Future[None]) -> None:
    """Stop waiting. If the turn came in that very moment, pass it on."""
    if not turn.cancel() and not turn.cancelled():
        leave(key)


def _first(queue: deque[Future[None]]) -> Future[None] | None:
    while queue:
        turn = queue.popleft()
        if turn.set_running_or_notify_cancel():
            return turn
    return None


def _after_fork() -> None:
    global _guard  # noqa: PLW0603  # another thread may have held it in the parent
    _guard = threading.Lock()
    _waiting.clear()  # those inside were threads of the parent


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
