"""What errors mean for a batch, and which of its items the service names."""

from __future__ import annotations

import pytest

from kommo_orm import Lead
from kommo_orm.dialects.common.failures import is_transient
from kommo_orm.dialects.v4 import V4
from kommo_orm.errors import (
    BadRequest,
    Forbidden,
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
from kommo_orm.interface.batch import Batch, BatchItem, Verb
from kommo_orm.interface.failure import FailureKind
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse


def make_batch(verb: Verb, count: int = 2, *, uses_definitions: bool = False) -> Batch:
    pk = None if verb == "create" else 7
    items = (BatchItem(Lead(), f"r{place}", {}, pk, uses_definitions=uses_definitions) for place in range(count))
    return Batch(verb, "leads", tuple(items))


@pytest.mark.parametrize(
    ("verb", "error", "kind"),
    [
        ("update", BadRequest("refused"), FailureKind.INVALID),
        ("update", BadRequest("refused", detail="System error, please repeat"), FailureKind.FAULT),
        ("delete", NotFound("gone", status=404), FailureKind.GONE),
        ("delete", BadRequest("gone", items=(ItemError(code="NotSupportedChoice", path="id"),)), FailureKind.GONE),
        ("update", NotFound("gone", status=404), FailureKind.REFUSED),
        ("create", ResponseError("too large", status=413), FailureKind.TOO_LARGE),
        ("update", GatewayTimeout("slow", status=504), FailureKind.TIMED_OUT),
        ("update", ServerError("broken", status=500), FailureKind.LOST),
        ("update", UnexpectedResponse("no JSON"), FailureKind.LOST),
        ("update", TransportError("lost"), FailureKind.LOST),
        ("update", TransportError("not sent", applied=False), FailureKind.REFUSED),
        ("create", UncertainWrite("lost"), FailureKind.UNCERTAIN),
        ("update", Forbidden("no right", status=403), FailureKind.REFUSED),
    ],
)
def test_each_error_has_a_kind(verb: Verb, error: KommoError, kind: FailureKind) -> None:
    assert V4.classify_failure(make_batch(verb), error).kind is kind


@pytest.mark.parametrize(("verb", "named", "request_id"), [("create", "r1", "r1"), ("update", "1", "r1")])
def test_creations_are_named_by_request_id_and_updates_by_their_number(verb: Verb, named: str, request_id: str) -> None:
    problem = ItemError(code="InvalidType", detail="a number", path="price", request_id=named)
    failure = V4.classify_failure(make_batch(verb), BadRequest("refused", items=(problem,)))
    assert failure.problems == {request_id: (problem,)}


def test_a_single_item_is_always_the_one_that_is_meant() -> None:
    failure = V4.classify_failure(make_batch("create", 1), BadRequest("refused"))
    assert failure.problems == {"r0": ()}


def test_a_refused_option_is_stale_only_where_definitions_were_used() -> None:
    problem = ItemError(code="NotSupportedChoice", path="custom_fields_values.0.values.0.enum_id", request_id="1")
    error = BadRequest("refused", items=(problem,))
    assert V4.classify_failure(make_batch("update", uses_definitions=True), error).stale_options == {"r1"}
    assert V4.classify_failure(make_batch("update"), error).stale_options == frozenset()


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("Internal system error, please repeat", True),
        ("System error", False),
        ("Please repeat the value", False),
    ],
)
def test_a_fault_of_the_service_that_asks_for_a_repetition_is_transient(detail: str, *, expected: bool) -> None:
    response = HttpResponse(400, detail.encode(), HttpRequest("GET", "/api/v4/leads"))
    assert is_transient(response) is expected
