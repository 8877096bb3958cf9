"""Logic without I/O: a flow is a generator that yields what it wants done and is sent what came of it.

Everything that talks to Kommo is written once as a flow. Only the two drivers (`drivers.py`) know threads, clocks,
event loops and sockets; a test drives a flow by hand. Raw `yield` stands in this file alone: flows use
`yield from send(...)`. Two rules: a flow never catches `GeneratorExit`, and it never blocks by itself (use `blocking`
for files and locks).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

T = TypeVar("T")


def _unheard() -> None:
    return None


@dataclass(frozen=True, slots=True)
class SendRequest:
    """Put one prepared call on the wire (innermost effect: no retry, no pace, no token).

    `left` is called when the request really leaves, which is later than the effect if a connection must be made first.
    It may be called again: the last time counts.
    """

    call: HttpRequest
    left: Callable[[], None] = field(default=_unheard, compare=False)


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait so many seconds without using the processor."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RunExclusive:
    """Run a flow while no other flow of this process runs one with the same key, in whatever thread or loop."""

    key: str
    flow: Flow[Any]


@dataclass(frozen=True, slots=True)
class RunBlocking:
    """Call a function that may block (file, lock, database): directly in a thread, off the loop in async."""

    function: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class StartTask:
    """Start a flow beside this one; answers with a `Task` to `join` or `cancel` later."""

    flow: Flow[Any]


@dataclass(frozen=True, slots=True)
class JoinTask:
    """Wait for a started flow: its result, or its exception raised here."""

    task: Task[Any]


@dataclass(frozen=True, slots=True)
class CancelTask:
    """Give a started flow up. What it already sent may have been applied."""

    task: Task[Any]


@dataclass(frozen=True, slots=True)
class GatherFlows:
    """Run flows side by side, at most `limit` at once. Answers one `Done` or `Broken` a flow, in their order."""

    flows: tuple[Flow[Any], ...]
    limit: int


@dataclass(frozen=True, slots=True)
class EmitValue:
    """Hand a value to whoever consumes this flow as a stream (`stream`/`astream` of the drivers)."""

    value: Any


class Task(Generic[T]):
    """Handle of a started flow; the driver that made it keeps its own thing in `handle`."""

    __slots__ = ("handle",)

    def __init__(self, handle: Any) -> None:
        self.handle = handle


@dataclass(frozen=True, slots=True)
class Success(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class Failure:
    error: Exception


Effect: TypeAlias = (
    SendRequest | Sleep | RunExclusive | RunBlocking | StartTask | JoinTask | CancelTask | GatherFlows | EmitValue
)
Flow: TypeAlias = Generator[Effect, Any, T]
RequestHandler: TypeAlias = Callable[[HttpRequest], Flow[HttpResponse]]
Sender: TypeAlias = Callable[[HttpRequest, Callable[[], None]], Flow[HttpResponse]]


def send_request(call: HttpRequest, left: Callable[[], None] = _unheard) -> Flow[HttpResponse]:
    answer: HttpResponse = yield SendRequest(call, left)
    return answer


def sleep_for(seconds: float) -> Flow[None]:
    if seconds > 0:
        yield Sleep(seconds)


def run_exclusive(key: str, flow: Flow[T]) -> Flow[T]:
    result: T = yield RunExclusive(key, flow)
    return result


def run_blocking(function: Callable[[], T]) -> Flow[T]:
    result: T = yield RunBlocking(function)
    return result


def start_task(flow: Flow[T]) -> Flow[Task[T]]:
    task: Task[T] = yield StartTask(flow)
    return task


def join_task(task: Task[T]) -> Flow[T]:
    result: T = yield JoinTask(task)
    return result


def cancel_task(task: Task[Any]) -> Flow[None]:
    yield CancelTask(task)


def gather_flows(flows: Iterable[Flow[T]], limit: int) -> Flow[list[Success[T] | Failure]]:
    outcomes: list[Success[T] | Failure] = yield GatherFlows(tuple(flows), limit)
    return outcomes


def emit_value(value: Any) -> Flow[None]:
    yield EmitValue(value)


def return_value(value: T) -> Flow[T]:
    """A flow that wants nothing and answers `value`."""
    return value
    yield  # pragma: no cover  # makes this a generator


def transform_values(inner: Flow[T], turned: Callable[[Any], Flow[Any]]) -> Flow[T]:
    """Run a giving flow inside another one, turning each value it gives by a flow."""

    def again(effect: Effect) -> Flow[Any]:
        if isinstance(effect, EmitValue):
            effect = EmitValue((yield from turned(effect.value)))
        return (yield effect)

    return (yield from intercept_effects(inner, again))


def collect_values(inner: Flow[Any]) -> Flow[list[Any]]:
    """All values that a giving flow gives, as a list."""
    values: list[Any] = []

    def kept(effect: Effect) -> Flow[Any]:
        if isinstance(effect, EmitValue):
            values.append(effect.value)
            return None
        return (yield effect)

    yield from intercept_effects(inner, kept)
    return values


def intercept_effects(inner: Flow[T], perform: Callable[[Effect], Flow[Any]]) -> Flow[T]:
    """Run a flow to its end, each of its effects by way of `perform`."""
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
