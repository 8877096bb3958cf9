"""Runs flows on a clock that stands still while they work: how long they wait, and what leaves when, is exact."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from kommo_orm.transport.circuit_breaker import CircuitBreaker
from kommo_orm.transport.flow import (
    CancelTask,
    EmitValue,
    Failure,
    Flow,
    GatherFlows,
    JoinTask,
    SendRequest,
    Sleep,
    StartTask,
    Success,
    Task,
)
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.transport.rate_limiter import RateLimiter, limit_rate


@dataclass(eq=False)
class Run:
    """One flow on the simulated clock."""

    flow: Generator[Any, Any, Any]
    waiters: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    is_done: bool = False
    result: Any = None
    error: Exception | None = None


class SimulatedClock:
    """Drives flows; each request that leaves is answered `latency` seconds later."""

    def __init__(self, latency: float, rate: float | None) -> None:
        self.now, self.latency = 0.0, latency
        self.left: list[HttpRequest] = []  # requests that have left, in order
        self.most_under_way = 0
        self._under_way = 0
        self._events: list[tuple[float, int, Run, Any]] = []
        self._order = count()
        limiter = None
        if rate is not None:
            limiter = RateLimiter(lambda: self.now)
            limiter.join(self, rate)
        self.send = limit_rate(limiter, CircuitBreaker())

    def run(self, flow: Flow[Any]) -> Run:
        """Run a flow to its end."""
        main = self._start(flow)
        while not main.is_done:
            self.now, _, run, value = heapq.heappop(self._events)
            if isinstance(value, HttpResponse):
                self._under_way -= 1
            if not run.is_done:
                self._advance(run, value)
        if main.error is not None:
            raise main.error
        return main

    def _start(self, flow: Flow[Any]) -> Run:
        run = Run(flow)
        self._plan(run, None, 0.0)
        return run

    def _plan(self, run: Run, value: Any, seconds: float) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._order), run, value))

    def _advance(self, run: Run, value: Any) -> None:
        try:
            effect = run.flow.throw(value) if isinstance(value, Exception) else run.flow.send(value)
        except StopIteration as end:
            self._finish(run, end.value, None)
        except Exception as error:  # noqa: BLE001  # handed to whoever joins it
            self._finish(run, None, error)
        else:
            self._perform(run, effect)

    def _finish(self, run: Run, result: Any, error: Exception | None) -> None:
        run.is_done, run.result, run.error = True, result, error
        for waiter in run.waiters:
            waiter()

    def _perform(self, run: Run, effect: Any) -> None:
        match effect:
            case SendRequest(request, on_sent):
                on_sent()
                self.left.append(request)
                self._under_way += 1
                self.most_under_way = max(self.most_under_way, self._under_way)
                self._plan(run, HttpResponse(200, b"", request, seconds=self.latency), self.latency)
            case Sleep(seconds):
                self._plan(run, None, seconds)
            case EmitValue():
                self._plan(run, None, 0.0)
            case StartTask(flow):
                self._plan(run, Task(self._start(flow)), 0.0)
            case JoinTask(task):
                self._when_done(task.handle, lambda: self._plan(run, task.handle.error or task.handle.result, 0.0))
            case CancelTask(task):
                task.handle.is_done = True
                task.handle.flow.close()
                self._plan(run, None, 0.0)
            case GatherFlows(flows, limit):
                self._gather(run, list(flows), limit)
            case _:
                raise AssertionError(f"no simulation of {effect!r}")

    def _when_done(self, run: Run, action: Callable[[], None]) -> None:
        if run.is_done:
            action()
        else:
            run.waiters.append(action)

    def _gather(self, run: Run, flows: list[Flow[Any]], limit: int) -> None:
        outcomes: dict[int, Success[Any] | Failure] = {}
        waiting = iter(list(enumerate(flows)))

        def start_next() -> None:
            index, flow = next(waiting, (None, None))
            if index is None or flow is None:
                return
            member = self._start(flow)
            self._when_done(member, lambda: note(index, member))

        def note(index: int, member: Run) -> None:
            outcomes[index] = Success(member.result) if member.error is None else Failure(member.error)
            start_next()
            if len(outcomes) == len(flows):
                self._plan(run, [outcomes[place] for place in range(len(flows))], 0.0)

        for _ in range(min(limit, len(flows))):
            start_next()
