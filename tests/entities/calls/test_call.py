"""Calls: logged one by one or by the hundred, each with its own fate; never read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import (
    BadRequest,
    Call,
    CallIn,
    Company,
    ConfigurationError,
    FlushError,
    Kommo,
    Lead,
    NotFound,
    Phone,
    QueryError,
    Session,
    UncertainWrite,
    custom,
)
from kommo_orm.dialects.v4 import V4
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.sandbox import Sandbox
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from tests.account import Person, sent

CALLS = "/api/v4/calls"
NUMBER = "+34600111222"
MOMENT = datetime(2026, 11, 2, 10, tzinfo=UTC)


class Firm(Company):
    phone: Phone = custom(code="PHONE")


def call(**values: Any) -> Call:
    return Call(**{"direction": "inbound", "duration": 95, "source": "pbx", "phone": NUMBER, **values})


@pytest.fixture
def ann(kommo: Kommo) -> Person:
    ann = Person(name="Ann", phone=NUMBER)
    ann.save()
    return ann


def test_a_call_is_a_note_of_whom_it_was_with(kommo: Kommo, sandbox: Sandbox, ann: Person):
    made = call(
        uniq="k-77",
        link="https://rec.example/77.mp3",
        call_result="Agreed",
        call_status=4,
        call_responsible="Sam",
        responsible_user_id=sandbox.users[0]["id"],
        created_by=0,
        created_at=MOMENT,
    )
    made.save()
    method, path, [body] = sent(sandbox)[-1]
    assert (method, path) == ("POST", CALLS)
    assert body == {
        "direction": "inbound",
        "duration": 95,
        "source": "pbx",
        "phone": NUMBER,
        "uniq": "k-77",
        "link": "https://rec.example/77.mp3",
        "call_result": "Agreed",
        "call_status": 4,
        "call_responsible": "Sam",
        "responsible_user_id": sandbox.users[0]["id"],
        "created_by": 0,
        "created_at": int(MOMENT.timestamp()),
        "request_id": "0",
    }
    assert (made.entity_type, made.entity_id) == ("contact", ann.id)
    assert made.entity == Person(id=ann.id) or made.entity.pk == ann.id  # type: ignore[union-attr]
    assert made.changes == {}
    note = made.note
    assert note is not None
    note.refresh()
    assert isinstance(note.params, CallIn)
    assert (note.params.uniq, note.params.duration, note.id) == ("k-77", 95, made.id)


def test_it_is_logged_in_the_only_open_lead(kommo: Kommo, sandbox: Sandbox, ann: Person):
    lead = Lead(name="Open")
    lead.contacts.add(ann)
    lead.save()
    made = Call.objects.create(direction="outbound", duration=0, source="pbx", phone="0034 600-111-222")
    assert made.entity == Lead(id=lead.id)
    [event] = lead.events.all().filter(type="outgoing_call")
    assert event.created_by == 0


def test_firms_have_numbers_too(kommo: Kommo, sandbox: Sandbox):
    sandbox.define(Firm)
    firm = Firm(name="Olive", phone="+34 911 222 333")
    firm.save()
    assert call(phone="911222333").is_new
    made = call(phone="0034911222333")
    made.save()
    assert (made.entity_type, made.entity_id) == ("company", firm.id)
    assert made.note is not None
    assert made.note.entity_type == "companies"


def test_a_number_that_nobody_has(kommo: Kommo, sandbox: Sandbox):
    made = call(phone="+1 500 555 0006")
    with pytest.raises(NotFound, match="not saved: Entity not found") as caught:
        made.save()
    assert caught.value.code == "263"
    assert made.is_new
    assert not made.__kommo_state__.is_uncertain


def test_the_others_of_a_batch_are_stored(kommo: Kommo, sandbox: Sandbox, ann: Person):
    made = [call(phone=NUMBER if number % 2 else f"+1500555000{number}", uniq=str(number)) for number in range(6)]
    with pytest.raises(FlushError) as caught:
        Call.objects.bulk_create(made)
    report: Any = caught.value
    assert report.report.created == made[1::2]
    assert [failed.object for failed in report.report.failed] == made[0::2]
    assert all(isinstance(failed.error, NotFound) for failed in report.report.failed)
    assert report.report.uncertain == []
    assert report.report.requests == 1


def test_a_session_logs_them_after_who_they_are_about(kommo: Kommo, sandbox: Sandbox):
    with Session(kommo) as session:
        for number in range(251):
            session.add(call(uniq=str(number)))
        session.add(Person(name="Ann", phone=NUMBER))
        report = session.flush()
    assert [len(body) for _, path, body in sent(sandbox) if path == CALLS] == [250, 1]
    assert len(report.created) == 252


def test_a_lost_answer_leaves_it_uncertain(kommo: Kommo, sandbox: Sandbox, ann: Person):
    sandbox.faults.next(path=CALLS, status=502, applied=True)
    made = call()
    with pytest.raises(UncertainWrite):
        made.save()
    assert [path for _, path, _ in sent(sandbox)].count(CALLS) == 1
    made.resolve(drop=True)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"direction": "sideways"}, "'inbound' or 'outbound'"),
        ({"duration": -1}, "0 seconds or more"),
        ({"duration": "long"}, "whole number"),
        ({"phone": "unknown"}, "has none"),
        ({"call_status": 9}, "from 1"),
        ({"call_responsible": 1.5}, "whole number"),
        ({"created_at": datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001
        ({"entity_id": 5}, "read-only"),
        ({"phones": "x"}, "did you mean 'phone'"),
    ],
)
def test_nonsense_is_refused_at_once(values: dict[str, Any], told: str):
    with pytest.raises(ValidationError, match=told):
        call(**values)


def test_what_is_needed_is_asked_for(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match="without direction, phone"):
        Call(duration=1, source="pbx").save()  # type: ignore[call-arg]
    assert sent(sandbox) == []


def test_calls_cannot_be_read_or_changed(kommo: Kommo, sandbox: Sandbox, ann: Person):
    made = call()
    made.save()
    count = len(sandbox.log)
    with pytest.raises(QueryError, match="is a note of its card"):
        Call.objects.list()
    with pytest.raises(QueryError, match="is a note of its card"):
        Call.objects.get(made.id)
    with pytest.raises(QueryError, match="cannot read calls"):
        made.refresh()
    made.duration = 5
    with pytest.raises(ConfigurationError, match="at creation only"):
        made.save()
    assert len(sandbox.log) == count


# ---- what the answer may look like


def refused(errors: Any, *stored: str, calls: Any = None) -> dict[str, str]:
    """What is said to be refused of a batch of three."""
    batch = Batch("create", "calls", tuple(BatchItem(call(), str(mark), {}) for mark in range(3)))
    rows = [{"id": 5 + number, "request_id": mark} for number, mark in enumerate(stored)]
    body = {"errors": errors, "_embedded": {"calls": rows if calls is None else calls}}
    answer = HttpResponse(200, __import__("json").dumps(body).encode(), HttpRequest("POST", CALLS))
    assert set(V4.parse_stored_rows(batch, answer)) == set(stored)
    return {mark: refusal.detail for mark, refusal in V4.parse_refusals(batch, answer).items()}


LOST = {"title": "Entity not found", "status": 263}


@pytest.mark.parametrize(
    ("errors", "stored", "told"),
    [
        ([{**LOST, "request_id": "1"}], ("0", "2"), {"1": "Entity not found"}),
        ([{**LOST, "request_id": 1, "detail": "no"}], ("0", "2"), {"1": "Entity not found: no"}),
        ([LOST], ("0", "2"), {"1": "Entity not found"}),
        ([LOST, LOST], ("0",), {"1": "Entity not found", "2": "Entity not found"}),
        ([LOST], ("0",), {}),
        ({"1": LOST}, ("0", "2"), {"1": "Entity not found"}),
        ({"1": "gone"}, ("0", "2"), {"1": "gone"}),
        ([{"request_id": "1", "errors": [{"detail": "no", "code": "X"}]}], ("0", "2"), {"1": "no"}),
        (["gone"], ("0", "2"), {"1": "gone"}),
        ([], ("0", "1", "2"), {}),
        ([{**LOST, "request_id": "0"}], ("0", "1", "2"), {}),
    ],
)
def test_errors_come_in_many_shapes(errors: Any, stored: tuple[str, ...], told: dict[str, str]):
    assert refused(errors, *stored) == told


@pytest.mark.parametrize("embedded", [[], {"calls": []}, {}, None])
def test_nothing_stored_at_all(kommo: Kommo, sandbox: Sandbox, embedded: Any):
    body = {"_total_items": 0, "errors": [{**LOST, "request_id": "0"}], "_embedded": embedded}
    sandbox.faults.next(path=CALLS, body=body)
    with pytest.raises(NotFound):
        call().save()


def test_another_error_is_no_missing_number(kommo: Kommo, sandbox: Sandbox):
    body = {"errors": [{"title": "Bad", "detail": "too old", "status": 400, "request_id": "0"}], "_embedded": {}}
    sandbox.faults.next(path=CALLS, body=body)
    with pytest.raises(BadRequest, match="Bad: too old") as caught:
        call().save()
    assert caught.value.items[0].code == "400"


def test_what_nobody_speaks_of_is_uncertain(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(path=CALLS, body={"errors": [LOST], "_embedded": {"calls": []}})
    made = [call(), call()]
    with pytest.raises(FlushError) as caught:
        Call.objects.bulk_create(made)
    report: Any = caught.value
    assert report.report.uncertain == made


def test_the_card_of_a_call_may_be_missing_in_the_answer(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(
        path=CALLS, body={"_embedded": {"calls": [{"id": "7", "entity_type": "leads", "entity_id": "5"}]}}
    )
    made = call()
    made.save()
    assert made.id == 7
    assert made.entity == Lead(id=5)
    sandbox.faults.next(path=CALLS, body={"_embedded": {"calls": [{"id": 8, "entity_type": "ships", "entity_id": 5}]}})
    other = call()
    other.save()
    assert (other.entity, other.note) == (None, None)


@pytest.mark.anyio
async def test_calls_for_async_code(sandbox: Sandbox):
    async with sandbox.connect(backoff=0):
        await Person(name="Ann", phone=NUMBER).asave()
        made = await Call.objects.acreate(direction="inbound", duration=1, source="pbx", phone=NUMBER)
        assert made.id
        await call().asave()
        assert len((await Call.objects.abulk_create([call(), call()])).created) == 2
        with pytest.raises(NotFound):
            await call(phone="+15005550006").asave()
