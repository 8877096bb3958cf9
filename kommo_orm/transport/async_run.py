"""One flow that is run by a task of an event loop: what `drivers.py` does with threads, done on asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

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
from kommo_orm.transport.keyed_lock import FLOW_LOCK

if TYPE_CHECKING:
    from kommo_orm.transport.drivers import Outcomes, Sender

T = TypeVar("T")


class AsyncRun:
    """One flow being run by one task."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
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
                outcome, error = await self._try_effect(effect)
        finally:
            error = None  # else its traceback and this frame would hold each other
            flow.close()
            await _cancel_tasks(self._started)

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
                    outcome, error = await self._try_effect(effect)
        finally:
            error = None  # else its traceback and this frame would hold each other
            flow.close()
            await _cancel_tasks(self._started)

    async def _try_effect(self, effect: Effect) -> tuple[Any, Exception | None]:
        try:
            return await self._perform(effect), None
        except Exception as failure:
            return None, failure

    async def _perform(self, effect: Effect) -> Any:
        match effect:
            case SendRequest(request, on_sent):
                return await self._sender.asend(request, on_sent)
            case Sleep(seconds):
                return await asyncio.sleep(seconds)
            case RunExclusive(key, flow):
                return await self._run_exclusive(key, flow)
            case RunBlocking(function):
                return await _call_in_thread(function)
            case StartTask(flow):
                return self._start_task(flow)
            case JoinTask(task):
                return await self._join_task(task.handle)
            case CancelTask(task):
                return task.handle.cancel()
            case GatherFlows(flows, limit):
                return await self._gather(flows, limit)
            case _:
                raise TypeError(
                    f"`arun` cannot perform {effect!r}: a flow that emits values is consumed with `astream`"
                )

    async def _run_nested(self, flow: Flow[T]) -> T:
        return await AsyncRun(self._sender).run(flow)

    async def _run_exclusive(self, key: str, flow: Flow[T]) -> T:
        turn = FLOW_LOCK.acquire(key)
        if turn is not None:
            try:
                await asyncio.wrap_future(turn)
            except BaseException:
                flow.close()
                FLOW_LOCK.abandon(key, turn)
                raise
        try:
            return await self._run_nested(flow)
        finally:
            FLOW_LOCK.release_key(key)

    def _start_task(self, flow: Flow[T]) -> Task[T]:
        task = asyncio.create_task(self._run_nested(flow))
        self._started.add(task)
        return Task(task)

    async def _join_task(self, task: asyncio.Task[Any]) -> Any:
        try:
            return await task
        finally:
            if task.done():
                self._started.discard(task)

    async def _gather(self, flows: tuple[Flow[Any], ...], limit: int) -> Outcomes:
        outcomes: dict[int, Success[Any] | Failure] = {}
        queue = FlowQueue(flows)

        async def run_queued() -> None:
            for index, flow in queue:
                outcomes[index] = await self._find_outcome(flow)

        tasks = {asyncio.create_task(run_queued()) for _ in range(min(max(limit, 1), len(flows)))}
        try:
            await asyncio.gather(*tasks)
        finally:
            queue.close()
            await _cancel_tasks(tasks)
        return [outcomes[index] for index in range(len(flows))]

    async def _find_outcome(self, flow: Flow[T]) -> Success[T] | Failure:
        try:
            return Success(await self._run_nested(flow))
        except Exception as error:
            return Failure(error)


async def _cancel_tasks(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel what still runs and wait for its end: nothing is left behind, and no exception is lost."""
    if not tasks:
        return
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    tasks.clear()


async def _call_in_thread(function: Callable[[], T]) -> T:
    work: Coroutine[Any, Any, T] = asyncio.to_thread(function)
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # A thread cannot be cancelled. Wait for it: a file half saved or a lock nobody releases would be worse.
        await asyncio.gather(task, return_exceptions=True)
        raise
