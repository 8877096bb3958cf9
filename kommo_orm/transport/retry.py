"""What may be sent again. This file knows what each kind of failure means; `retry_schedule.py` knows when.

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
from typing import TYPE_CHECKING, Any, cast

from kommo_orm.errors import ConfigurationError, KommoError, TransportError, UncertainWrite, UnexpectedResponse
from kommo_orm.transport.circuit_breaker import CircuitBreaker
from kommo_orm.transport.flow import Flow, RequestHandler, sleep_for
from kommo_orm.transport.http_messages import SUCCESSES, HttpRequest, HttpResponse
from kommo_orm.transport.request_log import log_retry

if TYPE_CHECKING:
    from kommo_orm.transport.retry_schedule import RetrySchedule

_BUSY = (429, 503)  # refused before any work: the same for creates
_GATEWAY = (502, 504)


def _never_transient(response: HttpResponse) -> bool:
    return False


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long: `attempts` in all, the first wait and the longest one in seconds."""

    attempts: int = 5
    first: float = 1.0
    longest: float = 30.0
    block: float = 60.0  # seconds for which nothing is sent after a block
    is_transient: Callable[[HttpResponse], bool] = (
        _never_transient  # a refusal that hides a passing fault of the service
    )

    def __post_init__(self) -> None:
        if isinstance(self.attempts, bool) or self.attempts < 1:
            raise ConfigurationError(f"retries={self.attempts!r} is no number of attempts: give 1 or more")
        if not (0 <= self.first < math.inf and 0 <= self.longest < math.inf):
            raise ConfigurationError(f"backoff={self.first!r} is no wait: give a number of seconds from 0 on")

    def make_schedule(self) -> RetrySchedule:
        """The schedule of a request whose first attempt failed."""
        from kommo_orm.transport.retry_schedule import (
            RetrySchedule,  # tenacity, which a program without failures spares
        )

        return RetrySchedule(self.attempts, self.first, self.longest)


class _Retryable(Exception):
    """An attempt that may be repeated. `ending` is how the request ends if it is not repeated."""

    def __init__(self, ending: HttpResponse | KommoError, reason: str, asked_wait: float = 0.0) -> None:
        super().__init__(reason)
        self.ending = ending
        self.reason = reason
        self.asked_wait = asked_wait  # seconds that the service asks to wait


def retry_requests(send: RequestHandler, policy: RetryPolicy, breaker: CircuitBreaker) -> RequestHandler:
    """Repeat what may be repeated.

    The flow ends with the last response, refusals included. It raises `TransportError`, `UncertainWrite`.
    """

    def send_with_retries(request: HttpRequest) -> Flow[HttpResponse]:
        schedule: RetrySchedule | None = None
        while True:
            try:
                response = yield from send(request)
            except TransportError as error:
                failure = _judge_lost_request(request, error.with_traceback(None))  # the frames below say nothing new
            else:
                if (found := _find_failure(request, response, policy)) is None:
                    if response.status == 403 and "://" not in request.path and is_block_page(response):
                        breaker.block(policy.block)  # another host (files) has a gate of its own
                    return response
                failure = found
            schedule = schedule or policy.make_schedule()
            seconds = schedule.find_next_wait(failure.asked_wait)
            if seconds is None:
                return _end_request(failure)
            _report_retry(request, failure, seconds, breaker)
            yield from sleep_for(seconds)
            request = replace(request, attempt=schedule.attempt)

    return send_with_retries


def _end_request(failure: _Retryable) -> HttpResponse:
    if isinstance(failure.ending, HttpResponse):
        return failure.ending
    raise failure.ending from failure.ending.__cause__


def _report_retry(request: HttpRequest, failure: _Retryable, seconds: float, breaker: CircuitBreaker) -> None:
    if isinstance(failure.ending, HttpResponse) and failure.ending.status == 429:
        breaker.hold(seconds)
    log_retry(request, seconds, failure.reason)


def _find_failure(request: HttpRequest, response: HttpResponse, policy: RetryPolicy) -> _Retryable | None:
    """Why this attempt may be repeated; None for a final response. Raises `UncertainWrite`."""
    status = response.status
    if status in SUCCESSES:
        return _check_json(response)
    if status not in _BUSY:
        if request.may_create and status >= 500:
            known = f" (request id {response.request_id})" if response.request_id else ""
            raise UncertainWrite(_explain_uncertain_write(request, f"the service answered {status}{known}"))
        if not _is_transient(request, response, policy):
            return None
    return _Retryable(response, f"the service answered {status}", parse_retry_after(response) or 0.0)


def _is_transient(request: HttpRequest, response: HttpResponse, policy: RetryPolicy) -> bool:
    """Whether a refusal is a passing one for a request that can be repeated."""
    if response.status == 504 and _is_batch(request):
        return False  # the batch is too large: the same again would fail the same way
    if response.status == 500:
        return request.is_read
    if response.status == 400:
        return not request.may_create and policy.is_transient(response)
    return response.status in _GATEWAY


def _is_batch(request: HttpRequest) -> bool:
    items: Any = request.json
    is_change = request.method == "PATCH" or (request.method == "POST" and not request.may_create)
    return request.many or (is_change and isinstance(items, (list, tuple)) and len(cast("list[Any]", items)) > 1)


def _check_json(response: HttpResponse) -> _Retryable | None:
    """A success that names JSON as its type must hold it: otherwise it was cut off on the way."""
    content_type = response.headers.get("content-type", "")
    if "json" not in content_type.lower() or response.empty or not response.media_type.endswith(("/json", "+json")):
        return None
    try:
        response.decode()
    except UnexpectedResponse as error:
        cut = TransportError(f"{error.message}. The body was cut off or garbled on the way")
        return _Retryable(cut, "the body of the answer is incomplete")
    return None


def _judge_lost_request(request: HttpRequest, error: TransportError) -> _Retryable:
    """Why a request without an answer may be repeated. Raises `UncertainWrite` for one that may have created a row."""
    if error.applied is not False and request.may_create:
        raise UncertainWrite(_explain_uncertain_write(request, error.message)) from error
    return _Retryable(error, "no usable answer")


def _explain_uncertain_write(request: HttpRequest, reason: str) -> str:
    return (
        f"{request.summary}: {reason}. Nobody knows if it was applied, so it is not sent again. "
        "Look in the account for what it may have created, then decide"
    )


def is_block_page(response: HttpResponse) -> bool:
    """True for the 403 of the gate in front of the API, which is a web page; refusals of the API are JSON."""
    return response.status == 403 and not response.parse_object()


def parse_retry_after(response: HttpResponse) -> float | None:
    """The seconds that a refusal asks to wait, from its body or its header."""
    for value in (response.parse_object().get("retry_after"), response.headers.get("retry-after")):
        if (seconds := _parse_seconds(value)) is not None:
            return seconds
    return None


def _parse_seconds(value: object) -> float | None:
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return _parse_moment(value)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _parse_moment(value: object) -> float | None:
    """The seconds until a moment: the other form of the header."""
    try:
        moment = parsedate_to_datetime(str(value))
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
