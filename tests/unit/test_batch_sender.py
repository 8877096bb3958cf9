"""How many batches of a flush are under way at once, and what becomes of those that wait when it stops."""

from __future__ import annotations

import json
import threading

import httpx
import pytest

from kommo_orm import FlushError, Kommo, Lead, PaymentRequired, Session


class CreatingService:
    """Creates leads, and keeps each request until so many are under way (or a second has passed)."""

    def __init__(self, waits_for: int) -> None:
        self.waits_for, self.under_way, self.most, self.next_id = waits_for, 0, 0, 1
        self.changed = threading.Condition()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.changed:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.most >= self.waits_for, 1)
            rows = [
                {"id": self.next_id + place, "request_id": row["request_id"]}
                for place, row in enumerate(json.loads(request.content))
            ]
            self.next_id += len(rows)
            self.under_way -= 1
        return httpx.Response(200, json={"_embedded": {"leads": rows}})


def flush_leads(service: CreatingService, **options: int | None) -> None:
    with Kommo("acme", token="x", transport=httpx.MockTransport(service), rate=1000) as kommo:
        with Session(kommo, batch_size=1, **options) as session:  # type: ignore[arg-type]
            session.add(*[Lead(name=str(number)) for number in range(20)])
            session.commit()
            assert len(session.report.created) == 20


def test_batches_are_as_many_at_once_as_the_rate_can_use() -> None:
    service = CreatingService(16)
    flush_leads(service)
    assert service.most >= 16


def test_the_concurrency_of_the_user_is_a_hard_limit() -> None:
    service = CreatingService(3)
    flush_leads(service, concurrency=3)
    assert service.most == 3


def test_batches_that_wait_for_their_turn_do_not_leave_when_the_flush_has_stopped() -> None:
    """All ten are under way by then, and nine of them wait for the rate limit."""
    sent: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(402, json={"title": "Payment required", "status": 402})

    with Kommo("acme", token="x", transport=httpx.MockTransport(refuse), rate=10) as kommo:
        session = Session(kommo, batch_size=1)
        session.add(*[Lead(name=str(number)) for number in range(10)])
        with pytest.raises(FlushError) as failed:
            session.commit()
    report = failed.value.report
    assert len(sent) == report.requests < 4
    assert len(report.failed) == 10
    assert {type(one.error) for one in report.failed} == {PaymentRequired}
    assert report.uncertain == []
