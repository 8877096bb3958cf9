"""Logic without I/O: a flow is a generator that yields effects, what it wants done, and is sent their results.

Everything that uses the network is written once as a flow. Only the two drivers (`drivers.py`) know threads, clocks,
event loops and sockets; a test drives a flow by hand. Flows use `yield from` with the functions of this file; only the
innermost layer of a request yields its effect itself. Two rules: a flow never catches `GeneratorExit`, and it never
blocks (use `run_blocking` for files and locks).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct

from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

T = TypeVar("T")


def ignore_departure() -> None:
    return None


class SendRequest(Struct, frozen=True):
    """Put one prepared request on the wire (no retry, no rate limit, no token).

    `on_sent` is called when the request really leaves, which is later than the effect if a connection must be made
    first. It may be called again: the last time counts.
    """

    request: HttpRequest
    on_sent: Callable[[], None] = ignore_departure


class Sleep(Struct, frozen=True):
    """Wait so many seconds without using the processor."""

    seconds: float


class RunExclusive(Struct, frozen=True):
    """Run a flow while no other flow of this process runs one with the same key, in whatever thread or loop."""

    key: str
    flow: Flow[Any]


class RunBlocking(Struct, frozen=True):
    """Call a function that may block (file, lock, database): directly in a thread, off the loop in async."""

    function: Callable[[], Any]


class StartTask(Struct, frozen=True):
    """Start a flow beside this one; the result is a `Task` to join or cancel later."""

    flow: Flow[Any]


class JoinTask(Struct, frozen=True):
    """Wait for a started flow: its result, or its exception raised here."""

    task: Task[Any]


class CancelTask(Struct, frozen=True):
    """Give a started flow up. What it already sent may have been applied."""

    task: Task[Any]


class GatherFlows(Struct, frozen=True):
    """Run flows side by side, at most `limit` at once. The result is a `Success` or `Failure` a flow, in their order."""

    flows: tuple[Flow[Any], ...]
    limit: int


class EmitValue(Struct, frozen=True):
    """Hand a value to whoever consumes this flow as a stream (`stream` of the drivers)."""

    value: Any


class Task(Generic[T]):
    """Handle of a started flow; the driver that made it keeps its own object in `handle`."""

    __slots__ = ("handle",)

    def __init__(self, handle: Any) -> None:
        self.handle = handle


class Success(Struct, Generic[T], frozen=True):
    """A gathered flow ended with this value."""

    value: T


class Failure(Struct, frozen=True):
    """A gathered flow ended with this error."""

    error: Exception


Effect: TypeAlias = (
    SendRequest | Sleep | RunExclusive | RunBlocking | StartTask | JoinTask | CancelTask | GatherFlows | EmitValue
)
Flow: TypeAlias = Generator[Effect, Any, T]
RequestHandler: TypeAlias = Callable[[HttpRequest], Flow[HttpResponse]]


def send_request(request: HttpRequest, on_sent: Callable[[], None] = ignore_departure) -> Flow[HttpResponse]:
    """Put one prepared request on the wire."""
    response: HttpResponse = yield SendRequest(request, on_sent)
    return response


def sleep_for(seconds: float) -> Flow[None]:
    """Wait, if it is more than 0 seconds."""
    if seconds > 0:
        yield Sleep(seconds)


def run_exclusive(key: str, flow: Flow[T]) -> Flow[T]:
    """Run a flow while no other one of the process runs with this key."""
    result: T = yield RunExclusive(key, flow)
    return result


def run_blocking(function: Callable[[], T]) -> Flow[T]:
    """Call a function that may block."""
    result: T = yield RunBlocking(function)
    return result


def start_task(flow: Flow[T]) -> Flow[Task[T]]:
    """Start a flow beside this one."""
    task: Task[T] = yield StartTask(flow)
    return task


def join_task(task: Task[T]) -> Flow[T]:
    """The result of a started flow, or its exception."""
    result: T = yield JoinTask(task)
    return result


def cancel_task(task: Task[Any]) -> Flow[None]:
    """Give a started flow up."""
    yield CancelTask(task)


def gather_flows(flows: Iterable[Flow[T]], limit: int) -> Flow[list[Success[T] | Failure]]:
    """Run flows side by side and keep each outcome. Without flows nothing is yielded."""
    flows = tuple(flows)
    if not flows:
        return []
    outcomes: list[Success[T] | Failure] = yield GatherFlows(flows, limit)
    return outcomes


def emit_value(value: Any) -> Flow[None]:
    """Hand a value to the consumer of the stream."""
    yield EmitValue(value)


def return_value(value: T) -> Flow[T]:
    """A flow that does nothing and ends with `value`."""
    return value
    yield  # pragma: no cover  # makes this a generator


def transform_values(inner: Flow[T], transform: Callable[[Any], Flow[Any]]) -> Flow[T]:
    """Run a flow that emits values inside another one; each value is transformed by a flow."""

    def perform_effect(effect: Effect) -> Flow[Any]:
        if isinstance(effect, EmitValue):
            effect = EmitValue((yield from transform(effect.value)))
        return (yield effect)

    return (yield from intercept_effects(inner, perform_effect))


def collect_values(inner: Flow[Any]) -> Flow[list[Any]]:
    """All values that a flow emits, as a list."""
    values: list[Any] = []

    def perform_effect(effect: Effect) -> Flow[Any]:
        if isinstance(effect, EmitValue):
            values.append(effect.value)
            return None
        return (yield effect)

    yield from intercept_effects(inner, perform_effect)
    return values


def intercept_effects(inner: Flow[T], perform: Callable[[Effect], Flow[Any]]) -> Flow[T]:
    """Run a flow to its end; `perform` is asked to perform each of its effects."""
    reply: Any = None
    failure: Exception | None = None
    try:
        while True:
            try:
                effect = inner.throw(failure) if failure is not None else inner.send(reply)
            except StopIteration as stop:
                result: T = stop.value
                return result
            reply, failure = None, None
            try:
                reply = yield from perform(effect)
            except Exception as error:  # noqa: BLE001  # handed to the flow
                failure = error
    finally:
        inner.close()
