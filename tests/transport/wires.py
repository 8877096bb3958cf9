"""A wire without a network: what a test wants to see of the calls, and answers as told."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

Reply = Callable[[HttpRequest], HttpResponse]


class FakeWire:
    """Sends nowhere. `reply` makes the answer, after `seconds`."""

    def __init__(self, reply: Reply | None = None, seconds: float = 0.0) -> None:
        self.calls: list[HttpRequest] = []
        self.at_once = 0
        self.most = 0
        self.seconds = seconds
        self._reply = reply or (lambda call: HttpResponse(200, b"{}", call))
        self._lock = threading.Lock()

    def send(self, call: HttpRequest, left: Callable[[], None]) -> HttpResponse:
        self._begin(call, left)
        time.sleep(self.seconds)
        return self._end(call)

    async def asend(self, call: HttpRequest, left: Callable[[], None]) -> HttpResponse:
        self._begin(call, left)
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            with self._lock:
                self.at_once -= 1
            raise
        return self._end(call)

    def _begin(self, call: HttpRequest, left: Callable[[], None]) -> None:
        with self._lock:
            self.calls.append(call)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        left()

    def _end(self, call: HttpRequest) -> HttpResponse:
        with self._lock:
            self.at_once -= 1
        return self._reply(call)


def get(path: str = "/api/v4/leads") -> HttpRequest:
    return HttpRequest("GET", path)
