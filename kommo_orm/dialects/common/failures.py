"""The meaning of the service's errors, in the words that both APIs use.

Source: Kommo API v4, "HTTP status codes and error messages"; Kommo API v2, "Error codes".
"""

from __future__ import annotations

from collections.abc import Mapping

from kommo_orm.errors import (
    BadRequest,
    GatewayTimeout,
    ItemError,
    KommoError,
    NotFound,
    ResponseError,
    ServerError,
    TransportError,
    UncertainWrite,
    UnexpectedResponse,
)
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.failure import Failure, FailureKind
from kommo_orm.transport.http_messages import HttpResponse

BY_POSITION = ("link", "unlink", "update")  # sent without request ids: the service numbers their items
UNKNOWN_CHOICE = "NotSupportedChoice"
TOO_LARGE = 413
REFUSED_BEFORE_ANY_WORK = 503


def classify_failure(batch: Batch, error: KommoError) -> Failure:
    """Say what an error means for a batch, and which of its items the service names."""
    if not isinstance(error, BadRequest):
        return Failure(_classify_error(batch, error), error)
    problems = group_problems(batch, error)
    stale = {
        item.request_id
        for item in batch.items
        if item.uses_definitions and _names_unknown_choice(problems.get(item.request_id, ()))
    }
    return Failure(_classify_bad_request(batch, error), error, problems, frozenset(stale))


def _classify_bad_request(batch: Batch, error: BadRequest) -> FailureKind:
    if batch.verb == "delete" and any(names_missing_row(problem) for problem in error.items):
        return FailureKind.GONE
    return FailureKind.FAULT if is_service_fault(f"{error.detail} {error.title}") else FailureKind.INVALID


# By class of error, the special ones first.
KINDS: tuple[tuple[type[KommoError], FailureKind], ...] = (
    (UncertainWrite, FailureKind.UNCERTAIN),
    (GatewayTimeout, FailureKind.TIMED_OUT),
    (ServerError, FailureKind.LOST),
    (TransportError, FailureKind.LOST),
    (UnexpectedResponse, FailureKind.LOST),
)


def _classify_error(batch: Batch, error: KommoError) -> FailureKind:
    if isinstance(error, NotFound) and batch.verb == "delete":
        return FailureKind.GONE
    if isinstance(error, ResponseError) and error.status == TOO_LARGE:
        return FailureKind.TOO_LARGE
    if isinstance(error, TransportError) and error.applied is False:
        return FailureKind.REFUSED
    return next((kind for cls, kind in KINDS if isinstance(error, cls)), FailureKind.REFUSED)


def group_problems(batch: Batch, error: BadRequest) -> Mapping[str, tuple[ItemError, ...]]:
    """The service's words by request id. A single item is always meant."""
    if len(batch) == 1:
        return {batch.items[0].request_id: error.items}
    named: dict[str, list[ItemError]] = {}
    for problem in error.items:
        named.setdefault(str(problem.request_id), []).append(problem)
    keys = {
        str(place) if batch.verb in BY_POSITION else item.request_id: item.request_id
        for place, item in enumerate(batch.items)
    }
    return {request_id: tuple(named[key]) for key, request_id in keys.items() if key in named}


def _names_unknown_choice(problems: tuple[ItemError, ...]) -> bool:
    return any(problem.code == UNKNOWN_CHOICE for problem in problems)


def names_missing_row(problem: ItemError) -> bool:
    """Whether the service says that the row itself does not exist."""
    return problem.code == UNKNOWN_CHOICE and problem.path in ("id", "status_id")


def is_row_missing(error: KommoError) -> bool:
    """Whether an error says that a row does not exist."""
    return isinstance(error, NotFound) or (
        isinstance(error, BadRequest) and any(names_missing_row(problem) for problem in error.items)
    )


def is_service_fault(text: str) -> bool:
    """Whether a refusal is a fault of the service itself, which does not say what it stored."""
    return "system error" in text.lower()


def is_transient(answer: HttpResponse) -> bool:
    """Whether a 400 is a passing fault of the service, which asks to send the same again."""
    text = answer.text.lower()
    return is_service_fault(text) and "repeat" in text


def is_result_unknown(answer: HttpResponse) -> bool:
    """Whether an answer leaves open what was stored: a fault of the service, under the status of a refusal, too."""
    if answer.status == 400:
        return is_service_fault(answer.text)
    return answer.status >= 500 and answer.status != REFUSED_BEFORE_ANY_WORK
