from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from kommo_orm.errors import AccountBlocked, ConfigurationError, TransportError, UncertainWrite
from kommo_orm.transport.circuit_breaker import CircuitBreaker
from kommo_orm.transport.flow import Flow, Sleep, send_request
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat
from kommo_orm.transport.retry import RetryPolicy, is_block_page, parse_retry_after, retry_requests

READ = HttpRequest("GET", "/api/v4/leads")
CHANGE = HttpRequest("PATCH", "/api/v4/leads/5", json={"price": 1})
BATCH = HttpRequest("PATCH", "/api/v4/leads", json=[{"id": 1}, {"id": 2}])
BATCH_OF_ONE = HttpRequest("PATCH", "/api/v4/leads", json=[{"id": 1}])
DELETION = HttpRequest("DELETE", "/api/v4/webhooks", json={"destination": "x"})
LINK = HttpRequest("POST", "/api/v4/leads/5/link", json=[{}], repeat=Repeat.SAFE)
CREATE = HttpRequest("POST", "/api/v4/leads", json=[{}], repeat=Repeat.CREATES, purpose="create 1 lead")
JSON = {"content-type": "application/json"}

Outcome = int | Exception | tuple[int, bytes, dict[str, str]]


class Run:
    """The layer driven by hand: outcomes go in, what it sent and how long it waited come out."""

    def __init__(self, call: HttpRequest, *outcomes: Outcome, policy: RetryPolicy | None = None) -> None:
        self.sent: list[HttpRequest] = []
        self.waits: list[float] = []
        self.brake = CircuitBreaker(lambda: 0.0)
        self._outcomes = list(outcomes)
        self._flow = retry_requests(self._ask, policy or RetryPolicy(), self.brake)(call)

    def _ask(self, call: HttpRequest) -> Flow[HttpResponse]:
        return (yield from send_request(call))

    def result(self) -> HttpResponse:
        step: Callable[[], Any] = lambda: next(self._flow)
        while True:
            try:
                effect = step()
            except StopIteration as end:
                answer: HttpResponse = end.value
                return answer
            if isinstance(effect, Sleep):
                self.waits.append(effect.seconds)
                step = lambda: self._flow.send(None)
            else:
                step = self._reply(effect.request)

    def _reply(self, call: HttpRequest) -> Callable[[], Any]:
        self.sent.append(call)
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            return lambda: self._flow.throw(outcome)
        status, content, headers = outcome if isinstance(outcome, tuple) else (outcome, b"", JSON)
        answer = HttpResponse(status, content, call, headers=headers, attempts=call.attempt)
        return lambda: self._flow.send(answer)


@pytest.mark.parametrize("call", [READ, CHANGE, DELETION, LINK, BATCH_OF_ONE], ids=str)
@pytest.mark.parametrize(
    "failure", [429, 502, 503, 504, TransportError("reset"), TransportError("refused", applied=False)], ids=str
)
def test_what_is_the_same_the_second_time_is_sent_again(call: HttpRequest, failure: Outcome) -> None:
    run = Run(call, failure, failure, 200)
    assert run.result().status == 200
    assert [sent.attempt for sent in run.sent] == [1, 2, 3]
    assert len(run.waits) == 2


@pytest.mark.parametrize("failure", [429, 503, TransportError("refused", applied=False)], ids=str)
def test_a_create_is_sent_again_if_it_surely_did_nothing(failure: Outcome) -> None:
    assert Run(CREATE, failure, 200).result().status == 200


@pytest.mark.parametrize("failure", [500, 502, 504, TransportError("ReadTimeout: slow")], ids=str)
def test_a_create_of_which_nobody_knows_is_not_sent_again(failure: Outcome) -> None:
    run = Run(CREATE, failure)
    with pytest.raises(UncertainWrite) as caught:
        run.result()
    assert "create 1 lead (POST /api/v4/leads)" in str(caught.value)
    assert len(run.sent) == 1


def test_the_cause_of_an_uncertain_write_is_kept() -> None:
    failure = TransportError("reset")
    with pytest.raises(UncertainWrite) as caught:
        Run(CREATE, failure).result()
    assert caught.value.__cause__ is failure


def test_a_create_that_was_told_to_wait_and_then_is_lost_is_uncertain() -> None:
    run = Run(CREATE, 429, TransportError("reset"))
    with pytest.raises(UncertainWrite):
        run.result()


def test_a_create_cut_off_in_its_answer_is_uncertain() -> None:
    run = Run(CREATE, (200, b'{"_embedded": {"le', JSON))
    with pytest.raises(UncertainWrite):
        run.result()
    assert len(run.sent) == 1


@pytest.mark.parametrize("call", [READ, CHANGE], ids=str)
def test_an_answer_cut_off_is_asked_again(call: HttpRequest) -> None:
    run = Run(call, (200, b'{"_embedded": {"le', JSON), (200, b"{}", JSON))
    assert run.result().json() == {}


def test_an_answer_cut_off_every_time_is_a_transport_error() -> None:
    with pytest.raises(TransportError, match="cut off"):
        Run(READ, *[(200, b"{cut", JSON)] * 5).result()


def test_what_does_not_claim_to_be_json_is_not_looked_into() -> None:
    assert Run(CREATE, (202, b"Accepted", {"content-type": "text/html"})).result().text == "Accepted"


def test_a_batch_that_took_too_long_is_not_sent_again_as_it_is() -> None:
    run = Run(BATCH, 504)
    assert run.result().status == 504
    assert len(run.sent) == 1


def test_a_batch_is_sent_again_for_other_reasons() -> None:
    assert Run(BATCH, 502, TransportError("reset"), 200).result().status == 200


def test_a_fault_of_the_service_is_asked_again_for_reads_only() -> None:
    assert Run(READ, 500, 200).result().status == 200
    assert Run(CHANGE, 500).result().status == 500


def test_a_passing_fault_under_a_misleading_status_is_asked_again() -> None:
    body = b'{"status": 400, "detail": "Internal system error, please repeat"}'
    policy = RetryPolicy(is_transient=lambda response: "repeat" in response.text)
    assert Run(CHANGE, (400, body, JSON), 200, policy=policy).result().status == 200
    assert Run(CREATE, (400, body, JSON), policy=policy).result().status == 400
    assert Run(CHANGE, (400, body, JSON)).result().status == 400


@pytest.mark.parametrize("status", [400, 401, 402, 404, 405, 422])
def test_refusals_are_final(status: int) -> None:
    run = Run(READ, status)
    assert run.result().status == status
    assert len(run.sent) == 1


def test_the_last_refusal_is_the_answer_when_no_attempt_is_left() -> None:
    run = Run(READ, *[503] * 5)
    answer = run.result()
    assert answer.status == 503
    assert answer.attempts == 5
    assert len(run.sent) == 5
    assert len(run.waits) == 4


def test_the_last_failure_is_raised_when_no_attempt_is_left() -> None:
    failure = TransportError("reset")
    with pytest.raises(TransportError) as caught:
        Run(READ, *[failure] * 3, policy=RetryPolicy(attempts=3)).result()
    assert caught.value is failure


def test_one_attempt_is_no_retry() -> None:
    run = Run(READ, 503, policy=RetryPolicy(attempts=1))
    assert run.result().status == 503
    assert run.waits == []


def test_waits_grow_and_have_an_end() -> None:
    run = Run(READ, *[503] * 9, 200, policy=RetryPolicy(attempts=10, first=1.0, longest=8.0))
    run.result()
    for number, wait in enumerate(run.waits):
        assert min(2.0**number, 8.0) <= wait <= min(2.0**number, 8.0) + 1


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        (b'{"retry_after": 12}', {}, 12),
        (b'{"retry_after": "12"}', {}, 12),
        (b"<html>", {"retry-after": "7"}, 7),
        (b'{"retry_after": 3}', {"retry-after": "7"}, 3),
        (b'{"retry_after": "soon"}', {"retry-after": "9.5"}, 9.5),
        (b"", {}, None),
        (b"[]", {"retry-after": "never"}, None),
        (b'{"retry_after": null}', {}, None),
        (b'{"retry_after": -5}', {}, 0),
        (b'{"retry_after": NaN}', {}, None),
    ],
)
def test_the_wait_that_is_asked_for(body: bytes, headers: dict[str, str], seconds: float | None) -> None:
    assert parse_retry_after(HttpResponse(429, body, READ, headers=headers)) == seconds


def test_a_moment_in_the_header_is_a_wait_too() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert parse_retry_after(HttpResponse(429, b"", READ, headers={"retry-after": until})) == pytest.approx(30, abs=2)


def test_the_wait_that_is_asked_for_is_kept_and_holds_everyone() -> None:
    run = Run(READ, (429, b'{"retry_after": 42}', JSON), 200)
    run.result()
    assert run.waits == [42]
    assert run.brake.check_pause(READ) == 42


def test_a_429_without_a_wait_holds_everyone_for_the_back_off() -> None:
    run = Run(READ, 429, 200)
    run.result()
    assert run.brake.check_pause(READ) == run.waits[0] >= 1


def test_a_503_holds_nobody_else() -> None:
    run = Run(READ, 503, 200)
    run.result()
    assert run.brake.check_pause(READ) == 0


def test_an_endless_wait_is_not_waited_for() -> None:
    run = Run(READ, (429, b'{"retry_after": 86400}', JSON))
    assert run.result().status == 429
    assert run.waits == []


@pytest.mark.parametrize("body", [b"<html>403 Forbidden</html>", b"", b"Forbidden", b'"text"'])
def test_a_403_that_is_no_json_blocks_the_account(body: bytes) -> None:
    run = Run(READ, (403, body, {}), policy=RetryPolicy(block=60))
    assert run.result().status == 403
    assert len(run.sent) == 1
    with pytest.raises(AccountBlocked) as caught:
        run.brake.check_pause(READ)
    assert "60 s" in str(caught.value)
    assert caught.value.status == 403


def test_a_403_of_the_api_blocks_nothing() -> None:
    run = Run(READ, (403, b'{"status": 403, "detail": "Invalid scope"}', JSON))
    run.result()
    assert run.brake.check_pause(READ) == 0
    assert not is_block_page(HttpResponse(404, b"<html>", READ))


def test_a_403_of_another_host_blocks_nothing() -> None:
    run = Run(replace(READ, path="https://drive-b.kommo.com/v1.0/files"), (403, b"<html>", {}))
    run.result()
    assert run.brake.check_pause(READ) == 0


def test_a_block_ends() -> None:
    now = 0.0
    brake = CircuitBreaker(lambda: now)
    brake.block(60)
    with pytest.raises(AccountBlocked):
        brake.check_pause(READ)
    now = 60.5
    assert brake.check_pause(READ) == 0


def test_errors_of_other_kinds_pass_at_once() -> None:
    run = Run(READ, AccountBlocked("stop", status=403))
    with pytest.raises(AccountBlocked):
        run.result()
    assert len(run.sent) == 1


@pytest.mark.parametrize("options", [{"attempts": 0}, {"attempts": True}, {"first": -1}, {"first": float("nan")}])
def test_impolicy_that_cannot_be_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        RetryPolicy(**options)
