"""The two drivers: what a flow wants done is done here, by threads or by an event loop. Nothing else exists twice.

Both keep what they start in hand: when a flow ends, fails, is cancelled or its stream is abandoned, whatever it started
and has not joined is given up. In the sync driver a request that is on its way cannot be recalled; nobody waits for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from functools import partial
from typing import Any, Protocol, TypeVar

from kommo_orm.errors import LockTimeout
from kommo_orm.transport import keyed_lock
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
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.transport.stoppable_thread import StoppableThread, StopSignal

T = TypeVar("T")
Left = Callable[[], None]

_STUCK_AFTER = 30.0  # seconds


class Out(Protocol):
    """What drivers need of the wire."""

    def send(self, call: HttpRequest, left: Left) -> HttpResponse: ...
    async def asend(self, call: HttpRequest, left: Left) -> HttpResponse: ...


class SyncDriver:
    """Runs flows in the calling thread; what they start runs in threads of its own."""

    def __init__(self, out: Out) -> None:
        self._out = out

    def run(self, flow: Flow[T]) -> T:
        return _SyncRun(self._out, StopSignal()).run(flow)

    def stream(self, flow: Flow[Any]) -> Generator[Any, None, None]:
        return _SyncRun(self._out, StopSignal()).stream(flow)


class _SyncRun:
    """One flow being run by one thread."""

    def __init__(self, out: Out, stop: StopSignal) -> None:
        self._out = out
        self._stop = stop
        self._started: set[StoppableThread] = set()

    def run(self, flow: Flow[T]) -> T:
        steps = self._steps(flow)
        try:
            while True:
                next(steps)
                raise TypeError("This flow gives values: it is a stream, and `run` is not `stream`.")
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            steps.close()

    def stream(self, flow: Flow[Any]) -> Generator[Any, None, None]:
        yield from self._steps(flow)

    def _steps(self, flow: Flow[T]) -> Generator[Any, None, T]:
        """Perform effects until one gives a value, and so on; the flow's result is the generator's."""
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
                if type(effect) is EmitValue:
                    yield effect.value
                    continue
                try:
                    outcome = self._perform(effect)
                except Exception as failure:
                    error = failure
        finally:
            error = None  # else its traceback and this frame would hold each other
            flow.close()
            self._give_up()

    def _give_up(self) -> None:
        for thread in self._started:
            thread.stop.set()
        self._started.clear()

    def _perform(self, effect: Effect) -> Any:
        match effect:
            case SendRequest(call, left):
                self._stop.check()
                return self._out.send(call, left)
            case Sleep(seconds):
                return self._stop.sleep(seconds)
            case RunExclusive(key, flow):
                return self._alone(key, flow)
            case RunBlocking(function):
                return function()
            case StartTask(flow):
                return self._start(flow)
            case JoinTask(task):
                return self._join(task.handle)
            case CancelTask(task):
                return self._cancel(task.handle)
            case GatherFlows(flows, limit):
                return self._together(flows, limit)
            case _:
                raise TypeError(f"{effect!r} is no effect.")

    def nested(self, flow: Flow[T]) -> T:
        return _SyncRun(self._out, self._stop).run(flow)

    def _alone(self, key: str, flow: Flow[T]) -> T:
        turn = keyed_lock.enter(key)
        if turn is not None:
            try:
                self._stop.result(turn, _patience())
            except BaseException as error:
                flow.close()
                keyed_lock.forgo(key, turn)
                if isinstance(error, TimeoutError):
                    raise _stuck(key) from None
                raise
        try:
            return self.nested(flow)
        finally:
            keyed_lock.leave(key)

    def _start(self, flow: Flow[T]) -> Task[T]:
        stop = StopSignal()
        thread = StoppableThread(stop, lambda: _SyncRun(self._out, stop).run(flow))
        self._started.add(thread)
        return Task(thread)

    def _join(self, thread: StoppableThread) -> Any:
        try:
            return self._stop.result(thread.future)
        finally:
            if thread.future.done():
                self._started.discard(thread)

    def _cancel(self, thread: StoppableThread) -> None:
        thread.stop.set()
        self._started.discard(thread)

    def _together(self, flows: tuple[Flow[Any], ...], limit: int) -> list[Success[Any] | Failure]:
        if limit < 2 or len(flows) < 2:
            return _each(flows, self.nested)
        outcomes: dict[int, Success[Any] | Failure] = {}
        queue = _Queue(flows)

        def work(run: _SyncRun) -> None:
            for index, flow in queue:
                outcomes[index] = _outcome(flow, run.nested)

        stops = [StopSignal() for _ in range(min(limit, len(flows)))]
        threads = [StoppableThread(stop, partial(work, _SyncRun(self._out, stop))) for stop in stops]
        try:
            for thread in threads:
                self._stop.result(thread.future)
        except BaseException:
            queue.close()
            _end_threads(threads)
            raise
        return [outcomes[index] for index in range(len(flows))]


def _end_threads(threads: list[StoppableThread]) -> None:
    """Stop them and wait for what is on its way: whoever is interrupted must know what became of it."""
    for thread in threads:
        thread.stop.set()
    for thread in threads:
        thread.future.exception()


class _Queue:
    """Flows with their numbers, taken by several workers; what was not taken is closed at the end."""

    def __init__(self, flows: tuple[Flow[Any], ...]) -> None:
        self._flows = flows
        self._next = 0
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[tuple[int, Flow[Any]]]:
        while (index := self._take(1)) < len(self._flows):
            yield index, self._flows[index]

    def _take(self, count: int) -> int:
        with self._lock:
            index = self._next
            self._next += count
        return index

    def close(self) -> None:
        for flow in self._flows[self._take(len(self._flows)) :]:
            flow.close()


def _outcome(flow: Flow[T], run: Callable[[Flow[T]], T]) -> Success[T] | Failure:
    try:
        return Success(run(flow))
    except Exception as error:
        return Failure(error)


def _each(flows: tuple[Flow[Any], ...], run: Callable[[Flow[Any]], Any]) -> list[Success[Any] | Failure]:
    queue = _Queue(flows)
    try:
        return [_outcome(flow, run) for _, flow in queue]
    finally:
        queue.close()


def _patience() -> float | None:
    """How long a thread waits for its turn: for ever, unless it keeps an event loop from running meanwhile."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return None
    return _STUCK_AFTER


def _stuck(key: str) -> LockTimeout:
    return LockTimeout(
        f"Waited {_STUCK_AFTER:.0f} s for the {key} inside a running event loop, which stands still meanwhile: perhaps a "
        "task of this very loop is at it. In async code use the async methods."
    )


class AsyncDriver:
    """Runs flows in the running event loop."""

    def __init__(self, out: Out) -> None:
        self._out = out

    async def run(self, flow: Flow[T]) -> T:
        return await _AsyncRun(self._out).run(flow)

    def stream(self, flow: Flow[Any]) -> AsyncGenerator[Any, None]:
        return _AsyncRun(self._out).stream(flow)


class _AsyncRun:
    """One flow being run by one task."""

    def __init__(self, out: Out) -> None:
        self._out = out
        self._started: set[asyncio.Task[Any]] = set()

    async def run(self, flow: Flow[T]) -> T:
        outcome: Any = None
        error: Exception | None = None
        try:
            while True:
                try:
                    effect = flow.send(outcome) if error is None else flow.throw(error)
                except StopIteration as end:
                    result: T = end.value
                    return result
                outcome, error = await self._attempt(effect)
        finally:
            error = None  # else its traceback and this frame would hold each other
            flow.close()
            await _end(self._started)

    async def stream(self, flow: Flow[Any]) -> AsyncGenerator[Any, None]:
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
                else:
                    outcome, error = await self._attempt(effect)
        finally:
            error = None  # else its traceback and this frame would hold each other
            flow.close()
            await _end(self._started)

    async def _attempt(self, effect: Effect) -> tuple[Any, Exception | None]:
        try:
            return await self._perform(effect), None
        except Exception as failure:
            return None, failure

    async def _perform(self, effect: Effect) -> Any:
        match effect:
            case SendRequest(call, left):
                return await self._out.asend(call, left)
            case Sleep(seconds):
                return await asyncio.sleep(seconds)
            case RunExclusive(key, flow):
                return await self._alone(key, flow)
            case RunBlocking(function):
                return await _in_thread(function)
            case StartTask(flow):
                return self._start(flow)
            case JoinTask(task):
                return await self._join(task.handle)
            case CancelTask(task):
                return task.handle.cancel()
            case GatherFlows(flows, limit):
                return await self._together(flows, limit)
            case EmitValue():
                raise TypeError("This flow gives values: it is a stream, and `arun` is not `astream`.")
            case _:
                raise TypeError(f"{effect!r} is no effect.")

    async def _nested(self, flow: Flow[T]) -> T:
        return await _AsyncRun(self._out).run(flow)

    async def _alone(self, key: str, flow: Flow[T]) -> T:
        turn = keyed_lock.enter(key)
        if turn is not None:
            try:
                await asyncio.wrap_future(turn)
            except BaseException:
                flow.close()
                keyed_lock.forgo(key, turn)
                raise
        try:
            return await self._nested(flow)
        finally:
            keyed_lock.leave(key)

    def _start(self, flow: Flow[T]) -> Task[T]:
        task = asyncio.create_task(self._nested(flow))
        self._started.add(task)
        return Task(task)

    async def _join(self, task: asyncio.Task[Any]) -> Any:
        try:
            return await task
        finally:
            if task.done():
                self._started.discard(task)

    async def _together(self, flows: tuple[Flow[Any], ...], limit: int) -> list[Success[Any] | Failure]:
        outcomes: dict[int, Success[Any] | Failure] = {}
        queue = _Queue(flows)

        async def work() -> None:
            for index, flow in queue:
                outcomes[index] = await self._outcome(flow)

        tasks = {asyncio.create_task(work()) for _ in range(min(max(limit, 1), len(flows)))}
        try:
            await asyncio.gather(*tasks)
        finally:
            queue.close()
            await _end(tasks)
        return [outcomes[index] for index in range(len(flows))]

    async def _outcome(self, flow: Flow[T]) -> Success[T] | Failure:
        try:
            return Success(await self._nested(flow))
        except Exception as error:
            return Failure(error)


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel what still runs and see it off: nothing is left behind, and no exception goes unseen."""
    if not tasks:
        return
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    tasks.clear()


async def _in_thread(function: Callable[[], T]) -> T:
    work: Coroutine[Any, Any, T] = asyncio.to_thread(function)
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # A thread cannot be cancelled. Wait for it: a file half saved or a lock nobody releases would be worse.
        await asyncio.gather(task, return_exceptions=True)
        raise
