from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import pytest

from kommo_orm.errors import LockTimeout
from kommo_orm.transport import drivers
from kommo_orm.transport.drivers import AsyncDriver, SyncDriver
from kommo_orm.transport.flow import (
    Failure,
    Flow,
    Success,
    cancel_task,
    emit_value,
    gather_flows,
    join_task,
    return_value,
    run_blocking,
    run_exclusive,
    send_request,
    sleep_for,
    start_task,
)
from kommo_orm.transport.http_messages import HttpResponse
from kommo_orm.transport.keyed_lock import FLOW_LOCK
from tests.transport.wires import FakeWire, get


class Face:
    """Both drivers behind one face, so that each rule is proved for both."""

    def __init__(self, kind: str, wire: FakeWire) -> None:
        self.kind, self.wire = kind, wire

    def run(self, flow: Flow[Any]) -> Any:
        if self.kind == "sync":
            return SyncDriver(self.wire).run(flow)
        return asyncio.run(AsyncDriver(self.wire).run(flow))

    def take(self, flow: Flow[Any], count: int | None = None) -> list[Any]:
        """The first values of a stream, which is then abandoned."""
        if self.kind == "sync":
            return self._take(SyncDriver(self.wire).stream(flow), count)
        return asyncio.run(self._atake(flow, count))

    def _take(self, stream: Any, count: int | None) -> list[Any]:
        values: list[Any] = []
        try:
            for value in stream:
                values.append(value)
                if len(values) == count:
                    break
        finally:
            stream.close()
        return values

    async def _atake(self, flow: Flow[Any], count: int | None) -> list[Any]:
        values: list[Any] = []
        stream = AsyncDriver(self.wire).stream(flow)
        try:
            async for value in stream:
                values.append(value)
                if len(values) == count:
                    break
        finally:
            await stream.aclose()
        assert len(asyncio.all_tasks()) == 1, "something still runs"
        return values


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def wire() -> FakeWire:
    return FakeWire()


@pytest.fixture
def face(kind: str, wire: FakeWire) -> Face:
    return Face(kind, wire)


def asked(path: str) -> Flow[str]:
    answer = yield from send_request(get(path))
    return answer.request.path


def failing(error: Exception) -> Flow[Any]:
    yield from sleep_for(0.001)
    raise error


def test_a_flow_is_sent_what_came_of_its_effects(face: Face) -> None:
    def flow() -> Flow[list[Any]]:
        first = yield from asked("/1")
        number = yield from run_blocking(lambda: 42)
        yield from sleep_for(0.001)
        return [first, number, (yield from return_value("x"))]

    assert face.run(flow()) == ["/1", 42, "x"]


def test_failures_are_raised_inside_the_flow(face: Face) -> None:
    def flow() -> Flow[str]:
        try:
            yield from run_blocking(lambda: 1 / 0)
        except ZeroDivisionError:
            return "caught"
        return "missed"

    assert face.run(flow()) == "caught"


def test_failures_that_a_flow_lets_pass_reach_the_caller(face: Face) -> None:
    with pytest.raises(KeyError):
        face.run(failing(KeyError("x")))


def test_together_keeps_the_order_and_the_limit(face: Face, wire: FakeWire) -> None:
    wire.seconds = 0.02
    outcomes = face.run(gather_flows([asked(f"/{number}") for number in range(9)], limit=3))
    assert outcomes == [Success(f"/{number}") for number in range(9)]
    assert wire.most == 3


def test_together_answers_failures_in_their_place(face: Face) -> None:
    error = ValueError("no")
    for limit in (1, 4):
        outcomes = face.run(gather_flows([asked("/1"), failing(error), asked("/3")], limit=limit))
        assert outcomes == [Success("/1"), Failure(error), Success("/3")]


def test_together_with_nothing_to_do(face: Face) -> None:
    assert face.run(gather_flows([], limit=4)) == []


def test_started_flows_run_side_by_side(face: Face, wire: FakeWire) -> None:
    wire.seconds = 0.05

    def flow() -> Flow[list[str]]:
        tasks = []
        for number in range(4):
            tasks.append((yield from start_task(asked(f"/{number}"))))
        answers = []
        for task in tasks:
            answers.append((yield from join_task(task)))
        return answers

    assert face.run(flow()) == ["/0", "/1", "/2", "/3"]
    assert wire.most == 4


def test_a_started_flows_failure_is_raised_where_it_is_joined(face: Face) -> None:
    def flow() -> Flow[str]:
        task = yield from start_task(failing(ValueError("late")))
        try:
            yield from join_task(task)
        except ValueError as error:
            return str(error)
        return "missed"

    assert face.run(flow()) == "late"


def test_a_cancelled_flow_wakes_from_its_pause_and_cleans_up(face: Face) -> None:
    cleaned = threading.Event()

    def sleeper() -> Flow[None]:
        try:
            yield from sleep_for(60)
        finally:
            cleaned.set()

    def flow() -> Flow[None]:
        task = yield from start_task(sleeper())
        yield from sleep_for(0.02)
        yield from cancel_task(task)

    began = time.perf_counter()
    face.run(flow())
    assert cleaned.wait(20)
    assert time.perf_counter() - began < 30


def test_a_stream_gives_values_as_they_come(face: Face) -> None:
    def flow() -> Flow[None]:
        for number in range(3):
            yield from emit_value((yield from asked(f"/{number}")))

    assert face.take(flow()) == ["/0", "/1", "/2"]


def test_an_abandoned_stream_stops_its_flow_and_what_that_started(face: Face) -> None:
    cleaned: list[str] = []
    woken = threading.Event()

    def sleeper() -> Flow[None]:
        try:
            yield from sleep_for(60)
        finally:
            woken.set()

    def flow() -> Flow[None]:
        try:
            yield from start_task(sleeper())
            yield from sleep_for(0.02)
            for number in range(100):
                yield from emit_value(number)
        finally:
            cleaned.append("flow")

    assert face.take(flow(), 2) == [0, 1]
    assert cleaned == ["flow"]
    assert woken.wait(20)


def test_what_a_flow_started_and_never_joined_ends_with_it(face: Face) -> None:
    woken = threading.Event()

    def sleeper() -> Flow[None]:
        try:
            yield from sleep_for(60)
        finally:
            woken.set()

    def flow() -> Flow[str]:
        yield from start_task(sleeper())
        yield from sleep_for(0.02)
        return "done"

    assert face.run(flow()) == "done"
    assert woken.wait(20)


def test_a_request_on_its_way_is_not_waited_for(wire: FakeWire) -> None:
    wire.seconds = 2

    def flow() -> Flow[None]:
        yield from start_task(asked("/slow"))
        yield from sleep_for(0.02)

    began = time.perf_counter()
    SyncDriver(wire).run(flow())
    assert time.perf_counter() - began < 1.5


def test_a_giving_flow_is_no_plain_flow(face: Face) -> None:
    with pytest.raises(TypeError):
        face.run(emit_value(1))


def test_an_unknown_effect_is_refused(face: Face) -> None:
    def flow() -> Any:
        yield "what?"

    with pytest.raises(TypeError):
        face.run(flow())


def test_alone_is_alone_in_threads_and_loops_together(wire: FakeWire) -> None:
    inside, most = 0, 0
    lock = threading.Lock()

    def critical() -> Flow[None]:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        yield from run_blocking(lambda: time.sleep(0.0005))
        yield from sleep_for(0.0005)
        with lock:
            inside -= 1

    def threads() -> None:
        for _ in range(5):
            SyncDriver(wire).run(run_exclusive("k", critical()))

    async def tasks() -> None:
        # More tasks than there are worker threads, and each needs one while it is inside.
        await asyncio.gather(*(AsyncDriver(wire).run(run_exclusive("k", critical())) for _ in range(60)))

    workers = [threading.Thread(target=threads) for _ in range(10)]
    workers += [threading.Thread(target=lambda: asyncio.run(tasks())) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
        assert not worker.is_alive(), "deadlock"
    assert most == 1
    assert not FLOW_LOCK._waiting


async def test_sync_code_that_would_stop_its_own_loop_for_ever_is_told(
    wire: FakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "_STUCK_AFTER", 0.05)
    task = asyncio.create_task(AsyncDriver(wire).run(run_exclusive("k", sleep_for(0.01))))
    await asyncio.sleep(0.001)
    with pytest.raises(LockTimeout, match="async methods"):
        SyncDriver(wire).run(run_exclusive("k", sleep_for(0)))
    await task
    assert SyncDriver(wire).run(run_exclusive("k", return_value("free"))) == "free"


def test_alone_is_left_when_its_flow_fails(face: Face) -> None:
    for _ in range(2):
        with pytest.raises(ValueError):
            face.run(run_exclusive("k", failing(ValueError("x"))))
    assert not FLOW_LOCK._waiting


async def test_cancelling_a_task_that_waits_for_its_turn_lets_the_others_in(wire: FakeWire) -> None:
    driver = AsyncDriver(wire)
    first = asyncio.create_task(driver.run(run_exclusive("k", sleep_for(0.1))))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(driver.run(run_exclusive("k", sleep_for(60))))
    third = asyncio.create_task(driver.run(run_exclusive("k", sleep_for(0.01))))
    await asyncio.sleep(0.01)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    await asyncio.wait_for(asyncio.gather(first, third), 20)
    assert not FLOW_LOCK._waiting


async def test_cancelling_a_run_leaves_nothing_running(wire: FakeWire) -> None:
    wire.seconds = 5
    cleaned: list[int] = []

    def one(number: int) -> Flow[None]:
        try:
            yield from send_request(get(f"/{number}"))
        finally:
            cleaned.append(number)

    before = asyncio.all_tasks()
    task = asyncio.create_task(AsyncDriver(wire).run(gather_flows([one(number) for number in range(6)], limit=3)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(cleaned) == [0, 1, 2]
    assert wire.at_once == 0
    assert len(wire.calls) == 3
    assert asyncio.all_tasks() == before


async def test_a_blocking_function_is_finished_before_a_cancel_passes(wire: FakeWire) -> None:
    finished: list[bool] = []
    begun, released = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        released.wait(20)
        finished.append(True)

    task = asyncio.create_task(AsyncDriver(wire).run(run_blocking(slow)))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    task.cancel()
    asyncio.get_running_loop().call_later(0.05, released.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert finished == [True]


def test_an_interrupt_stops_what_runs_beside(wire: FakeWire) -> None:
    woken = threading.Event()

    def sleeper() -> Flow[None]:
        try:
            yield from sleep_for(60)
        finally:
            woken.set()

    def interrupted() -> Flow[None]:
        yield from sleep_for(0.02)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SyncDriver(wire).run(gather_flows([interrupted(), sleeper()], limit=2))
    assert woken.wait(20)


variable: ContextVar[str] = ContextVar("variable", default="unset")


def test_what_runs_beside_sees_the_callers_context(face: Face) -> None:
    def reading() -> Flow[str]:
        yield from sleep_for(0.001)
        return variable.get()

    def flow() -> Flow[list[str]]:
        variable.set("set")
        task = yield from start_task(reading())
        outcomes = yield from gather_flows([reading(), reading()], limit=2)
        return [(yield from join_task(task)), *(outcome.value for outcome in outcomes if isinstance(outcome, Success))]

    token = variable.set("outer")
    try:
        assert face.run(flow()) == ["set", "set", "set"]
    finally:
        variable.reset(token)


def test_a_sync_stream_may_be_read_by_several_threads_in_turn(wire: FakeWire) -> None:
    def flow() -> Flow[None]:
        for number in range(4):
            task = yield from start_task(asked(f"/{number}"))
            yield from emit_value((yield from join_task(task)))

    stream = SyncDriver(wire).stream(flow())
    values: list[str] = []

    def read(source: Iterator[str]) -> None:
        values.append(next(source))

    for _ in range(4):
        thread = threading.Thread(target=read, args=(stream,))
        thread.start()
        thread.join()
    stream.close()
    assert values == ["/0", "/1", "/2", "/3"]


def test_a_failed_run_holds_nothing_in_a_cycle(wire: FakeWire) -> None:
    class Marker(Exception):
        pass

    def flow() -> Flow[HttpResponse]:
        yield from sleep_for(0.0001)
        try:
            yield from run_blocking(lambda: (_ for _ in ()).throw(ValueError("inner")))
        except ValueError:
            raise Marker from None
        raise AssertionError

    gc.collect()
    gc.disable()
    try:
        with suppress(Marker):
            SyncDriver(wire).run(flow())
        held = sum(isinstance(thing, Marker) for thing in gc.get_objects())
    finally:
        gc.enable()
    assert held == 0


def test_an_interrupt_of_one_flow_in_turn_closes_those_that_did_not_begin(wire: FakeWire) -> None:
    def interrupted() -> Flow[None]:
        yield from sleep_for(0)
        raise KeyboardInterrupt

    waiting = sleep_for(60)
    with pytest.raises(KeyboardInterrupt):
        SyncDriver(wire).run(gather_flows([interrupted(), waiting], limit=1))
    assert waiting.gi_frame is None


def test_to_gather_nothing_sends_no_effect() -> None:
    with pytest.raises(StopIteration) as end:
        next(gather_flows([], limit=4))
    assert end.value.value == []
