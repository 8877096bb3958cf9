"""Whether an attempt was lost: only then does a refusal of the next one say what the first has done."""

from __future__ import annotations

import pytest

from kommo_orm.dialects.common.failures import is_result_unknown
from kommo_orm.errors import TransportError
from kommo_orm.transport.delivery import DeliveryTracker, send_attempt
from kommo_orm.transport.flow import SendRequest
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

CLOSE = HttpRequest("POST", "/api/v4/talks/7/close")


def deliver(outcome: HttpResponse | Exception) -> DeliveryTracker:
    """The tracker of a request after one attempt with this outcome."""
    delivery = DeliveryTracker(is_result_unknown)
    flow = send_attempt(delivery.track(CLOSE), lambda: None)
    effect = next(flow)
    assert isinstance(effect, SendRequest)
    assert not delivery.is_open
    effect.on_sent()
    assert delivery.is_open
    with pytest.raises((StopIteration, TransportError)):
        flow.throw(outcome) if isinstance(outcome, Exception) else flow.send(outcome)
    assert delivery.attempts == 1
    return delivery


def answer(status: int, content: bytes = b"{}") -> HttpResponse:
    return HttpResponse(status, content, CLOSE)


@pytest.mark.parametrize("outcome", [TransportError("cut"), answer(500), answer(502), answer(504)])
def test_an_attempt_without_a_telling_answer_is_lost(outcome: HttpResponse | Exception) -> None:
    delivery = deliver(outcome)
    assert delivery.was_lost
    assert delivery.is_open


def test_a_fault_of_the_service_under_the_status_of_a_refusal_is_a_lost_attempt() -> None:
    assert deliver(answer(400, b'{"detail": "System error, please repeat"}')).was_lost


@pytest.mark.parametrize(
    "outcome",
    [TransportError("refused", applied=False), *(answer(status) for status in (400, 401, 404, 422, 429, 503))],
)
def test_a_refusal_says_that_nothing_was_applied(outcome: HttpResponse | Exception) -> None:
    delivery = deliver(outcome)
    assert not delivery.was_lost
    assert not delivery.is_open


def test_a_success_is_open_until_it_is_dealt_with() -> None:
    delivery = deliver(answer(202))
    assert not delivery.was_lost
    assert delivery.is_open


def test_a_request_without_a_tracker_is_sent_as_it_is() -> None:
    flow = send_attempt(CLOSE, lambda: None)
    assert isinstance(next(flow), SendRequest)
    with pytest.raises(StopIteration):
        flow.send(answer(200))
