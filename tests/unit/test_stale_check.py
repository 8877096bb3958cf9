"""Before a flush: what others changed since it was loaded is not overwritten, and the rest is saved."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime

import pytest

from kommo_orm import Contact, FlushError, Lead, LossReason, NotFound, Pipeline, QueryError, Session, StaleObject, Task
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, asked, bodies, furnished, sent


class Clock:
    def __init__(self) -> None:
        self.now = 1_770_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return furnished(clock=clock)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_stale_objects_fail_and_the_others_are_saved(sandbox: Sandbox, clock: Clock) -> None:
    ids = [sandbox.add("leads", name=f"Lead {number}")["id"] for number in range(3)]
    with sandbox.connect() as kommo:
        session = kommo.session(check_stale=True)
        mine, theirs, other = session.query(Deal).order_by("id").list()
        mine.price = theirs.price = other.price = 5
        loaded = clock.now
        clock.now += 60
        sandbox.change("leads", theirs.id, name="Theirs", price=900)
        with pytest.raises(FlushError, match="1 of 3 objects failed") as failed:
            session.flush()
        report = failed.value.report
        assert report.updated == [mine, other]
        ((model, error),) = report.failed
        assert model is theirs
        assert isinstance(error, StaleObject)
        assert error.object is theirs
        assert isinstance(error.stored, Deal)
        assert error.stored is not theirs
        assert (error.stored.name, error.stored.price, theirs.price) == ("Theirs", 900, 5)
        assert error.stored not in session
        assert (error.loaded_at, error.stored_at) == (moment(loaded), moment(clock.now))
        assert [row["id"] for row in bodies(sandbox)[0]] == [ids[0], ids[2]]
        assert session.dirty == [theirs]
        theirs.refresh(keep_changes=True)
        session.commit()
    assert bodies(sandbox)[1:] == [{"price": 5}]
    row = sandbox.row("leads", ids[1])
    assert row is not None
    assert (row["name"], row["price"]) == ("Theirs", 5)


def test_rows_are_read_in_bulk_by_kind_and_only_those_that_changed(sandbox: Sandbox) -> None:
    for number in range(300):
        sandbox.add("leads", name=f"Lead {number}")
    contact = sandbox.add("contacts", name="Ann")["id"]
    with sandbox.connect() as kommo, Session(kommo, check_stale=True) as session:
        leads = session.query(Lead).list()
        ann = session.get(Contact, contact)
        for lead in leads[:251]:
            lead.price = 5
        ann.name = "Anna"
        sandbox.log.clear()
        session.flush()
        assert asked(sandbox) == ["/api/v4/leads"] * 2 + [f"/api/v4/contacts/{contact}"]
        sandbox.log.clear()
        session.flush()
    assert not sandbox.log


async def test_async_sessions_check_too(sandbox: Sandbox, clock: Clock) -> None:
    pk = sandbox.add("leads", name="Roof")["id"]
    async with sandbox.connect() as kommo:
        session = kommo.session(check_stale=True)
        lead = await session.aget(Lead, pk)
        lead.price = 5
        clock.now += 60
        sandbox.change("leads", pk, name="Theirs")
        with pytest.raises(FlushError) as failed:
            await session.aflush()
        (error,) = [failed.error for failed in failed.value.report.failed]
        assert isinstance(error, StaleObject)
        with pytest.raises(StaleObject) as single:
            await lead.asave(if_unmodified=True)
        assert single.value.stored.name == "Theirs"
    assert not sent(sandbox)


def test_own_saves_are_no_changes_of_others(sandbox: Sandbox, clock: Clock) -> None:
    pk = sandbox.add("leads", name="Roof")["id"]
    with sandbox.connect() as kommo:
        session = kommo.session(check_stale=True)
        lead = session.get(Lead, pk)
        for price in (5, 6):
            clock.now += 60
            lead.price = price
            session.flush()
    assert bodies(sandbox) == [{"price": 5}, {"price": 6}]


def test_one_object_is_read_by_its_address(sandbox: Sandbox) -> None:
    pk = sandbox.add("leads", name="Roof")["id"]
    with sandbox.connect():
        lead = Lead.objects.get(pk)
        lead.save(if_unmodified=True)
        assert asked(sandbox) == [f"/api/v4/leads/{pk}"], "nothing changed, no request"
        lead.price = 5
        lead.save(if_unmodified=True)
    assert asked(sandbox) == [f"/api/v4/leads/{pk}"] * 2


def test_nothing_that_only_a_stale_object_needs_is_created(sandbox: Sandbox, clock: Clock) -> None:
    pk = sandbox.add("leads", name="Roof")["id"]
    with sandbox.connect():
        lead = Lead.objects.get(pk)
        lead.contacts.add(Contact(name="Ann"))
        clock.now += 60
        sandbox.change("leads", pk, name="Theirs")
        with pytest.raises(StaleObject):
            lead.save(if_unmodified=True)
        assert not sent(sandbox)
        lead.refresh(keep_changes=True)
        lead.save(if_unmodified=True)
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/contacts", f"/api/v4/leads/{pk}/link"]


def test_rows_that_are_gone_fail_as_not_found(sandbox: Sandbox) -> None:
    ids = [sandbox.add("leads", name=f"Lead {number}")["id"] for number in range(3)]
    with sandbox.connect() as kommo:
        session = kommo.session(check_stale=True)
        leads = session.query(Lead).order_by("id").list()
        for lead in leads:
            lead.price = 5
        sandbox.trash("leads", ids[1])
        with pytest.raises(FlushError) as failed:
            session.flush()
        report = failed.value.report
        assert [(one.object.id, type(one.error)) for one in report.failed] == [(ids[1], NotFound)]
        assert len(report.updated) == 2


def test_accounts_without_filters_are_read_one_by_one(clock: Clock) -> None:
    sandbox = furnished(clock=clock, filters_enabled=False)
    ids = [sandbox.add("leads", name=f"Lead {number}")["id"] for number in range(4)]
    with sandbox.connect() as kommo:
        session = kommo.session(check_stale=True)
        leads = session.query(Lead).order_by("id").list()[:3]
        for lead in leads:
            lead.price = 5
        clock.now += 60
        sandbox.change("leads", ids[1], name="Theirs")
        with pytest.raises(FlushError) as failed:
            session.flush()
        assert [one.object.id for one in failed.value.report.failed] == [ids[1]]
    assert {f"/api/v4/leads/{pk}" for pk in ids[:3]} <= set(asked(sandbox))


def test_kinds_whose_lists_know_no_ids_are_read_one_by_one(sandbox: Sandbox, clock: Clock) -> None:
    with sandbox.connect() as kommo:
        session = kommo.session(check_stale=True)
        reasons = [sandbox.add("loss_reasons", name=name)["id"] for name in ("Dear", "Late")]
        mine, theirs = (session.get(LossReason, pk) for pk in reasons)
        mine.name, theirs.name = "Too dear", "Too late"
        clock.now += 60
        sandbox.change("loss_reasons", theirs.id, name="Very late")
        with pytest.raises(FlushError) as failed:
            session.flush()
        (error,) = [one.error for one in failed.value.report.failed]
        assert isinstance(error, StaleObject)
        assert error.stored.name == "Very late"
    assert [body["name"] for body in bodies(sandbox)] == ["Too dear"]


def test_kinds_without_updated_at_are_refused_by_name(sandbox: Sandbox) -> None:
    lead = sandbox.add("leads", name="Roof")["id"]
    with sandbox.connect() as kommo:
        session = kommo.session(check_stale=True)
        pipeline = session.query(Pipeline).list()[0]
        pipeline.name = "Retail"
        session.get(Lead, lead).price = 5
        with pytest.raises(QueryError, match="Kommo keeps no updated_at of pipelines"):
            session.flush()
        with pytest.raises(QueryError, match=f"Pipeline {pipeline.id} cannot be checked"):
            pipeline.save(if_unmodified=True)
    assert not sent(sandbox)


def test_references_know_no_time_and_are_refused(sandbox: Sandbox) -> None:
    pk = sandbox.add("leads", name="Roof")["id"]
    with sandbox.connect() as kommo:
        session = kommo.session(check_stale=True)
        session.add(Lead(id=pk, price=5), Lead(name="New"))
        with pytest.raises(QueryError, match=rf"Lead {pk} does not know its updated_at; refresh\(\) it"):
            session.flush()
    assert not sent(sandbox)


def test_other_kinds_are_checked_under_their_parents(sandbox: Sandbox, clock: Clock) -> None:
    pk = sandbox.add("leads", name="Roof")["id"]
    with sandbox.connect() as kommo:
        lead = Lead.objects.get(pk)
        notes = [lead.notes.create(f"Note {number}") for number in range(2)]
        task = Task.objects.create(text="Call", complete_till=moment(clock.now + 3600), entity=lead)
        session = kommo.session(check_stale=True)
        stored = [*session.query(type(notes[0])).of(lead).list(), session.get(Task, task.id)]
        clock.now += 60
        sandbox.change("notes", notes[0].id, note_type="common", params={"text": "Theirs"})
        sandbox.change("tasks", task.id, text="Theirs")
        for note in stored[:2]:
            note.params.text = "Mine"
        stored[2].text = "Mine"
        with pytest.raises(FlushError) as failed:
            session.flush()
        kinds = {(type(one.object).__name__, one.object.id) for one in failed.value.report.failed}
        assert kinds == {("Note", notes[0].id), ("Task", task.id)}
        assert [one.id for one in failed.value.report.updated] == [notes[1].id]


def test_the_error_can_be_pickled_and_copied(sandbox: Sandbox) -> None:
    error = StaleObject("changed", object=Lead(id=5), stored=Lead(id=5), loaded_at=moment(1), stored_at=moment(2))
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert twin.message == "changed"
        assert (twin.object.id, twin.stored.id, twin.loaded_at, twin.stored_at) == (5, 5, moment(1), moment(2))
