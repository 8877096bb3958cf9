"""The two drivers perform the effects of flows: one with threads, one on an event loop. Nothing else exists twice.

Both keep track of what they start: when a flow ends, fails, is cancelled or its stream is abandoned, whatever it started
and has not joined is given up. In the sync driver a request that is on its way cannot be recalled; nobody waits for it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from kommo_orm.errors import LockTimeout
from kommo_orm.transport.flow import (
    CancelTask,
    Effect,
    EmitValue,
    Failure,
    Flow,
    GatherFlows,
    JoinTask,
    RunBlocking,
    RunExclusive,
    SendRequest,
    Sleep,
    StartTask,
    Success,
    Task,
)
from kommo_orm.transport.flow_queue import FlowQueue
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.transport.keyed_lock import FLOW_LOCK
from kommo_orm.transport.stoppable_thread import StoppableThread, StopSignal, ThreadStopped

T = TypeVar("T")
OnSent = Callable[[], None]
Outcomes = list[Success[Any] | Failure]

_STUCK_AFTER = 30.0  # seconds


class Sender(Protocol):
    """What puts requests on the wire."""

    def send(self, request: HttpRequest, on_sent: OnSent) -> HttpResponse: ...
    async def asend(self, request: HttpRequest, on_sent: OnSent) -> HttpResponse: ...


class SyncDriver:
    """Runs flows in the calling thread; what they start runs in threads of its own."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def run(self, flow: Flow[T]) -> T:
        """The result of a flow."""
        return _SyncRun(self._sender, StopSignal()).run(flow)

    def stream(self, flow: Flow[Any]) -> Generator[Any, None, None]:
        """The values that a flow emits."""
        return _SyncRun(self._sender, StopSignal()).stream(flow)


@dataclass(slots=True, eq=False)
class _SyncRun:
    """One flow being run by one thread."""

    sender: Sender
    stop: StopSignal
    started: set[StoppableThread] = field(default_factory=set[StoppableThread])

    def run(self, flow: Flow[T]) -> T:
        outcome: Any = None
        error: Exception | None = None
        try:
            while True:
                try:
                    effect = flow.send(outcome) if error is None else flow.throw(error)
                except StopIteration as end:
                    result: T = end.value
                    return result
                outcome = error = None
                try:
                    outcome = self.perform(effect)
                except Exception as failure:
                    error = failure
        finally:
            error = None  # else its traceback and this frame would hold each other
            flow.close()
            self.stop_started()

    def stream(self, flow: Flow[Any]) -> Generator[Any, None, None]:
        outcome: Any = None
        error: Exception | None = None
        try:
            while True:
                try:
                    effect = flow.send(outcome) if error is None else flow.throw(error)
                except StopIteration:
                    return
                outcome = error = None
                if type(effect) is EmitValue:
                    yield effect.value
                    continue
                try:
                    outcome = self.perform(effect)
                except Exception as failure:
                    error = failure
        finally:
            error = None  # as above
            flow.close()
            self.stop_started()

    def stop_started(self) -> None:
        for thread in self.started:
            thread.stop.request_stop()
        self.started.clear()

    def perform(self, effect: Effect) -> Any:
        match effect:
            case SendRequest(request, on_sent):
                if self.stop.is_set:
                    raise ThreadStopped
                return self.sender.send(request, on_sent)
            case Sleep(seconds):
                return self.stop.sleep(seconds)
            case RunExclusive(key, flow):
                return self.run_exclusive(key, flow)
            case RunBlocking(function):
                return function()
            case StartTask(flow):
                return self.start_task(flow)
            case JoinTask(task):
                return self.join_task(task.handle)
            case CancelTask(task):
                return self.cancel_task(task.handle)
            case GatherFlows(flows, limit):
                return self.gather(flows, limit)
            case _:
                raise TypeError(f"`run` cannot perform {effect!r}: a flow that emits values is consumed with `stream`")

    def run_nested(self, flow: Flow[T]) -> T:
        return _SyncRun(self.sender, self.stop).run(flow)

    def run_exclusive(self, key: str, flow: Flow[T]) -> T:
        turn = FLOW_LOCK.acquire(key)
        if turn is not None:
            try:
                self.stop.wait_for(turn, _find_max_wait())
            except BaseException as error:
                flow.close()
                FLOW_LOCK.abandon(key, turn)
                if isinstance(error, TimeoutError):
                    raise _describe_stuck_loop(key) from None
                raise
        try:
            return self.run_nested(flow)
        finally:
            FLOW_LOCK.release_key(key)

    def start_task(self, flow: Flow[T]) -> Task[T]:
        stop = StopSignal()
        thread = StoppableThread(stop, lambda: _SyncRun(self.sender, stop).run(flow))
        self.started.add(thread)
        return Task(thread)

    def join_task(self, thread: StoppableThread) -> Any:
        try:
            return self.stop.wait_for(thread.future)
        finally:
            if thread.future.done():
                self.started.discard(thread)

    def cancel_task(self, thread: StoppableThread) -> None:
        thread.stop.request_stop()
        self.started.discard(thread)

    def gather(self, flows: tuple[Flow[Any], ...], limit: int) -> Outcomes:
        if limit < 2 or len(flows) < 2:
            return self.run_in_turn(flows)
        outcomes: dict[int, Success[Any] | Failure] = {}
        queue = FlowQueue(flows)

        def run_queued(run: _SyncRun) -> None:
            for index, flow in queue:
                outcomes[index] = run.find_outcome(flow)

        stops = [StopSignal() for _ in range(min(limit, len(flows)))]
        threads = [StoppableThread(stop, partial(run_queued, _SyncRun(self.sender, stop))) for stop in stops]
        try:
            for thread in threads:
                self.stop.wait_for(thread.future)
        except BaseException:
            queue.close()
            _end_threads(threads)
            raise
        return [outcomes[index] for index in range(len(flows))]

    def run_in_turn(self, flows: tuple[Flow[Any], ...]) -> Outcomes:
        outcomes: Outcomes = []
        try:
            for flow in flows:
                outcomes.append(self.find_outcome(flow))  # `finally` needs those that were reached
        finally:
            for flow in flows[len(outcomes) :]:
                flow.close()
        return outcomes

    def find_outcome(self, flow: Flow[T]) -> Success[T] | Failure:
        try:
            return Success(self.run_nested(flow))
        except Exception as error:
            return Failure(error)


def _end_threads(threads: list[StoppableThread]) -> None:
    """Stop them and wait for what is on its way: an interrupted caller must know what became of it."""
    for thread in threads:
        thread.stop.request_stop()
    for thread in threads:
        thread.future.exception()


def _find_max_wait() -> float | None:
    """Seconds for which a thread waits for its turn: without end, unless it keeps an event loop from running."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return None
    return _STUCK_AFTER


def _describe_stuck_loop(key: str) -> LockTimeout:
    return LockTimeout(
        f"Waited {_STUCK_AFTER:.0f} s for the {key} inside a running event loop, which stands still meanwhile: perhaps a "
        "task of this very loop has it. In async code use the async methods"
    )


class AsyncDriver:
    """Runs flows in the running event loop. asyncio is imported when the first one runs: many programs never do so."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def run(self, flow: Flow[T]) -> T:
        """The result of a flow."""
        from kommo_orm.transport.async_run import AsyncRun

        return await AsyncRun(self._sender).run(flow)

    def stream(self, flow: Flow[Any]) -> AsyncGenerator[Any, None]:
        """The values that a flow emits."""
        from kommo_orm.transport.async_run import AsyncRun

        return AsyncRun(self._sender).stream(flow)
