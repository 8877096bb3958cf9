"""A wire without a network: what a test wants to see of the calls, and answers as told."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from kommo_orm.transport.http_messages import Answer, Call

Reply = Callable[[Call], Answer]


class FakeWire:
    """Sends nowhere. `reply` makes the answer, after `seconds`."""

    def __init__(self, reply: Reply | None = None, seconds: float = 0.0) -> None:
        self.calls: list[Call] = []
        self.at_once = 0
        self.most = 0
        self.seconds = seconds
        self._reply = reply or (lambda call: Answer(200, b"{}", call))
        self._lock = threading.Lock()

    def send(self, call: Call, left: Callable[[], None]) -> Answer:
        self._begin(call, left)
        time.sleep(self.seconds)
        return self._end(call)

    async def asend(self, call: Call, left: Callable[[], None]) -> Answer:
        self._begin(call, left)
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            with self._lock:
                self.at_once -= 1
            raise
        return self._end(call)

    def _begin(self, call: Call, left: Callable[[], None]) -> None:
        with self._lock:
            self.calls.append(call)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        left()

    def _end(self, call: Call) -> Answer:
        with self._lock:
            self.at_once -= 1
        return self._reply(call)


def get(path: str = "/api/v4/leads") -> Call:
    return Call("GET", path)
