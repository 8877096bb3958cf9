"""What may be sent again, and when. tenacity counts, waits and stops; this file knows what each way of failing means.

A read, a change or a deletion is the same the second time. A create is not: it is sent again only if the first one
surely did nothing (never left, 429, 503). In every other case nobody knows, and that is `UncertainWrite`, for the
caller to decide.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

import tenacity

from kommo_orm.errors import ConfigurationError, KommoError, TransportError, UncertainWrite, UnexpectedResponse
from kommo_orm.transport import request_log
from kommo_orm.transport.circuit_breaker import CircuitBreaker
from kommo_orm.transport.flow import Flow, RequestHandler, sleep_for
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

_BUSY = (429, 503)  # refused before any work: the same for creates
_GATEWAY = (502, 504)
_LONGEST_WAIT = 600.0  # seconds that a service may ask for; beyond that it is better to say so


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long: `attempts` in all, the first wait and the longest one in seconds."""

    attempts: int = 5
    first: float = 1.0
    longest: float = 30.0
    block: float = 60.0  # seconds for which nothing is sent after a block

    def __post_init__(self) -> None:
        if isinstance(self.attempts, bool) or self.attempts < 1:
            raise ConfigurationError(f"retries is how often a request is tried, at least once; not {self.attempts!r}.")
        if not (0 <= self.first < math.inf and 0 <= self.longest < math.inf):
            raise ConfigurationError("backoff is a number of seconds from 0 on.")

    def build_retrying(self) -> tenacity.Retrying:
        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts) | _asks_too_long,
            wait=_Wait(tenacity.wait_exponential(self.first, max=self.longest) + tenacity.wait_random(0, self.first)),
            retry=tenacity.retry_if_exception_type(_Again),
            reraise=True,
        )


class _Again(Exception):
    """An attempt that may be repeated. What it was is `ending`: how the whole call ends if it is not repeated."""

    def __init__(self, ending: HttpResponse | KommoError, why: str, asked: float | None = None) -> None:
        super().__init__(why)
        self.ending = ending
        self.why = why
        self.asked = asked


def retry_requests(ask: RequestHandler, patience: RetryPolicy, brake: CircuitBreaker) -> RequestHandler:
    """Repeat what may be repeated. Answers what the service said last, refusals included; raises `TransportError`."""
    policy = patience.build_retrying()

    def asking(call: HttpRequest) -> Flow[HttpResponse]:
        retrying = policy.copy()  # its state is per thread, and many flows share one
        retrying.begin()
        state = tenacity.RetryCallState(retrying, None, (), {})
        while True:
            try:
                do = retrying.iter(state)
            except _Again as last:
                return _finally(last)
            if isinstance(do, tenacity.DoAttempt):
                call = replace(call, attempt=state.attempt_number)
                yield from _attempt(ask, call, state)
            elif isinstance(do, tenacity.DoSleep):
                _before_waiting(call, state, float(do), brake)
                state.prepare_for_next_attempt()
                yield from sleep_for(float(do))
            else:
                answer: HttpResponse = do
                if "://" not in call.path and is_block_page(answer):  # another host (files) has a gate of its own
                    brake.block(patience.block)
                return answer

    return asking


def _attempt(ask: RequestHandler, call: HttpRequest, state: tenacity.RetryCallState) -> Flow[None]:
    try:
        state.set_result(_judged(call, (yield from ask(call))))
    except TransportError as error:
        failure = _lost(call, error)
        state.set_exception((type(failure), failure, failure.__traceback__))
    except Exception as error:  # noqa: BLE001  # tenacity decides about each of them
        state.set_exception((type(error), error, error.__traceback__))


def _finally(last: _Again) -> HttpResponse:
    if isinstance(last.ending, HttpResponse):
        return last.ending
    raise last.ending from last.ending.__cause__


def _before_waiting(call: HttpRequest, state: tenacity.RetryCallState, seconds: float, brake: CircuitBreaker) -> None:
    again = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(again, _Again):
        return
    if isinstance(again.ending, HttpResponse) and again.ending.status == 429:
        brake.hold(seconds)
    request_log.log_retry(call, seconds, again.why)


def _judged(call: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """The answer, if it is the last word. Raises `_Again` or `UncertainWrite`."""
    if answer.succeeded:
        return _readable(call, answer)
    if answer.status in _BUSY:
        raise _Again(answer, f"the service answered {answer.status}", parse_retry_after(answer))
    if call.may_create and answer.status >= 500:
        raise UncertainWrite(_uncertain(call, f"the service answered {answer.status}"))
    if _passes(call, answer):
        raise _Again(answer, f"the service answered {answer.status}", parse_retry_after(answer))
    return answer


def _passes(call: HttpRequest, answer: HttpResponse) -> bool:
    """Whether a refusal is a passing one for a call that can be repeated."""
    if answer.status == 504 and _is_batch(call):
        return False  # the batch is too large: the same again would fail the same way
    if answer.status == 500:
        return call.is_read
    if answer.status == 400:
        # A backend fault under a misleading status: "system error, please repeat".
        text = answer.text.lower()
        return not call.may_create and "system error" in text and "repeat" in text
    return answer.status in _GATEWAY


def _is_batch(call: HttpRequest) -> bool:
    items: Any = call.json
    changes = call.method == "PATCH" or (call.method == "POST" and not call.may_create)
    return call.many or (changes and isinstance(items, (list, tuple)) and len(cast("list[Any]", items)) > 1)


def _readable(call: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """A success that says it is JSON must be: otherwise it was cut off on the way."""
    if answer.empty or not answer.media_type.endswith(("/json", "+json")):
        return answer
    try:
        answer.json()
    except UnexpectedResponse as error:
        cut = TransportError(f"{error} The body was cut off or garbled on the way.")
        raise _Again(cut, "the body of the answer is not whole") from None
    return answer


def _lost(call: HttpRequest, error: TransportError) -> KommoError | _Again:
    if error.applied is not False and call.may_create:
        uncertain = UncertainWrite(_uncertain(call, str(error).rstrip(".")))
        uncertain.__cause__ = error
        return uncertain
    return _Again(error, "no usable answer")


def _uncertain(call: HttpRequest, what: str) -> str:
    return (
        f"{call.summary}: {what}. Nobody knows if it was applied, so it is not sent again. "
        "Look in the account for what it may have created, then decide."
    )


def is_block_page(answer: HttpResponse) -> bool:
    """True for the 403 of the gate in front of the API, which is a web page; refusals of the API are JSON."""
    return answer.status == 403 and not answer.parse_object()


def parse_retry_after(answer: HttpResponse) -> float | None:
    """The seconds that a refusal asks to wait, from its body or its header."""
    for value in (answer.parse_object().get("retry_after"), answer.headers.get("retry-after")):
        if (seconds := _seconds(value)) is not None:
            return seconds
    return None


def _seconds(value: object) -> float | None:
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return _until(value)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(value: object) -> float | None:
    """The other form of the header: a moment."""
    try:
        moment = parsedate_to_datetime(str(value))
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


class _Wait:
    """What was asked for, or the policy's own wait if that is longer."""

    def __init__(self, own: Callable[[tenacity.RetryCallState], float]) -> None:
        self._own = own

    def __call__(self, state: tenacity.RetryCallState) -> float:
        return max(self._own(state), _asked(state) or 0.0)


def _asked(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error.asked if isinstance(error, _Again) else None


class _AsksTooLong(tenacity.stop.stop_base):
    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        return (_asked(retry_state) or 0.0) > _LONGEST_WAIT


_asks_too_long = _AsksTooLong()
