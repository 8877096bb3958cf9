"""Whether an attempt was lost: only then does a refusal of the next one say what the first has done."""

from __future__ import annotations

import pytest

from kommo_orm.dialects.failures import is_result_unknown
from kommo_orm.errors import TransportError
from kommo_orm.transport.flow import Flow, send_request
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.unit.delivery import DeliveryTracker

CLOSE = HttpRequest("POST", "/api/v4/talks/7/close")
TOKEN = HttpRequest("POST", "/oauth2/access_token", authorised=False)


def lost_after(call: HttpRequest, outcome: HttpResponse | Exception) -> bool:
    """Whether a journey takes the attempt for lost, by what became of it."""

    def tried() -> Flow[None]:
        yield from send_request(call)

    journey = DeliveryTracker(is_result_unknown)
    flow = journey.watch_flow(tried())
    next(flow)
    with pytest.raises((StopIteration, TransportError)):
        flow.throw(outcome) if isinstance(outcome, Exception) else flow.send(outcome)
    return journey.was_lost


def answer(status: int, content: bytes = b"{}") -> HttpResponse:
    return HttpResponse(status, content, CLOSE)


@pytest.mark.parametrize("outcome", [TransportError("cut"), answer(500), answer(502), answer(504)])
def test_lost(outcome: HttpResponse | Exception) -> None:
    assert lost_after(CLOSE, outcome)


def test_a_fault_of_the_service_under_the_status_of_a_refusal() -> None:
    assert lost_after(CLOSE, answer(400, b'{"detail": "System error, please repeat"}'))


@pytest.mark.parametrize(
    "outcome",
    [TransportError("refused", applied=False), *(answer(status) for status in (202, 400, 401, 404, 422, 429, 503))],
)
def test_not_lost(outcome: HttpResponse | Exception) -> None:
    assert not lost_after(CLOSE, outcome)


def test_a_lost_request_for_a_token_is_another_matter() -> None:
    assert not lost_after(TOKEN, TransportError("cut"))
