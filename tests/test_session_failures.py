"""What goes wrong in a session: failures, lost answers, interruptions, and whose session it is."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from kommo_orm import (
    BadRequest,
    ConfigurationError,
    Contact,
    FlushError,
    Kommo,
    Lead,
    Session,
)
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, ids_of, kommo, sandbox

__all__ = ["kommo", "sandbox"]  # fixtures


def lead_of(sandbox: Sandbox, name: str = "Roof", **values: Any) -> int:
    return int(sandbox.add("leads", name=name, **values)["id"])


# ---- failures
def test_what_failed_stays_pending_and_the_next_flush_sends_only_that(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    fine, wrong = session.get(Lead, lead_of(sandbox)), session.get(Lead, lead_of(sandbox))
    fine.price, wrong.responsible_user_id = 5, 999
    with pytest.raises(FlushError) as failed:
        session.commit()
    report = failed.value.report
    assert report is session.report
    assert ([one.object for one in report.failed], report.updated) == ([wrong], [fine])
    assert isinstance(report.failed[0].error, BadRequest)
    assert session.dirty == [wrong]
    wrong.responsible_user_id = 1001
    wrong.name = "Right"
    session.commit()
    assert bodies(sandbox)[-1] == {"name": "Right"}


def test_an_uncertain_creation_waits_for_a_decision_while_the_rest_goes_on(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    lost, lead = Contact(name="Ann"), Lead(name="Roof")
    lead.contacts.add(lost)
    session.add(lead)
    sandbox.faults.next(method="POST", path="/api/v4/contacts", drop_after=True)
    with pytest.raises(FlushError) as failed:
        session.flush()
    assert session.uncertain == [lost]
    assert [id(model) for model in session.new] == [id(lead)]
    assert "waits for new Contact 'Ann'" in str(failed.value.report.failed[0].error)
    twin = Contact(name="Ann")  # equal to the lost one, and another person
    session.add(twin)
    with pytest.raises(FlushError) as again:
        session.flush()
    assert again.value.report.created == [twin]
    assert len(sandbox.rows("contacts")) == 2
    lost.resolve(created_id=sandbox.rows("contacts")[0]["id"])
    assert session.uncertain == []
    session.commit()
    assert ids_of(sandbox, "leads", lead.id, "contacts") == [lost.id]
    assert len(sandbox.rows("contacts")) == 2


@pytest.mark.parametrize(("answer", "rows"), [({"retry": True}, 2), ({"drop": True}, 1)], ids=repr)
def test_an_uncertain_creation_is_sent_again_or_given_up(kommo: Kommo, sandbox: Sandbox, answer, rows):
    session = Session(kommo)
    lead = Lead(name="Roof")
    session.add(lead)
    sandbox.faults.next(method="POST", drop_after=True)
    with pytest.raises(FlushError):
        session.flush()
    lead.resolve(**answer)
    assert session.uncertain == []
    session.commit()
    assert len(sandbox.rows("leads")) == rows
    assert (lead in session) is False


def test_an_interrupt_between_batches_keeps_what_was_answered(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo, batch_size=10, concurrency=1)
    leads = [Lead(name=str(number)) for number in range(30)]
    session.add(*leads)
    seen: list[int] = []

    def interrupt(request: Any) -> bool:
        seen.append(1)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return False

    sandbox.faults.next(method="POST", when=interrupt, times=None, delay=0)
    with pytest.raises(KeyboardInterrupt):
        session.flush()
    sandbox.faults.clear()
    assert len(session.report.created) == 10
    assert len(session.uncertain) == 10
    assert len(session.new) == 10
    for lead in session.uncertain:
        lead.resolve(retry=True)
    session.commit()
    assert len(sandbox.rows("leads")) == 30
    assert all(lead.pk for lead in leads)


async def test_a_cancelled_flush_leaves_the_session_consistent(sandbox: Sandbox):
    async with sandbox.connect() as kommo:
        session = Session(kommo, batch_size=10, concurrency=2)
        leads = [Lead(name=str(number)) for number in range(50)]
        session.add(*leads)
        sandbox.latency = 0.3
        task = asyncio.create_task(session.aflush())
        while len(sandbox.log) < 4:  # two batches were answered, two are on their way
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        report = session.report
        assert len(report.created) == 20
        assert len(report.uncertain) == 20
        assert all(lead.pk for lead in report.created)


# ---- whose session
def test_a_session_of_another_thread_is_refused(kommo: Kommo):
    session = Session(kommo)
    session.add(Lead(name="x"))
    refused: list[Exception] = []

    def work() -> None:
        try:
            session.flush()
        except ConfigurationError as error:
            refused.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "A Session belongs to one thread or task; this is another one" in str(refused[0])


async def test_a_session_of_another_task_is_refused(sandbox: Sandbox):
    async def meddling(session: Session) -> None:
        session.add(Lead(name="y"))

    async with sandbox.connect() as kommo:
        session = Session(kommo)
        session.add(Lead(name="x"))
        with pytest.raises(ConfigurationError, match="belongs to one thread or task"):
            await asyncio.create_task(meddling(session))
        await session.acommit()


async def test_a_flush_may_run_in_a_task_of_its_own_but_not_twice_at_once(sandbox: Sandbox):
    async with sandbox.connect() as kommo:
        session = Session(kommo)
        session.add(Lead(name="x"))
        await asyncio.wait_for(session.aflush(), 5)
        session.add(Lead(name="y"))
        sandbox.latency = 0.05
        sandbox.log.clear()
        first = asyncio.create_task(session.aflush())
        while not sandbox.log:  # it is on its way
            await asyncio.sleep(0.001)
        with pytest.raises(ConfigurationError, match="is being flushed already"):
            await session.aflush()
        assert len((await first).created) == 1


def test_a_session_filled_outside_a_loop_can_be_flushed_in_one(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    session.add(Lead(name="x"))
    assert len(asyncio.run(session.aflush()).created) == 1


async def test_a_task_that_has_ended_gives_the_session_back(sandbox: Sandbox):
    async def filled(session: Session) -> None:
        session.add(Lead(name="x"))

    async with sandbox.connect() as kommo:
        session = Session(kommo)
        await asyncio.create_task(filled(session))
        session.add(Lead(name="y"))
        assert len((await session.acommit()).created) == 2


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"batch_size": 251}, {"concurrency": 0}], ids=repr)
def test_senseless_options_are_refused(kommo: Kommo, options):
    with pytest.raises(ConfigurationError, match="batch_size is from 1 to 250|concurrency is at least 1"):
        Session(kommo, **options)


def test_progress_is_told_after_each_batch(kommo: Kommo, sandbox: Sandbox):
    told: list[tuple[int, int]] = []
    with Session(kommo, batch_size=10, progress=lambda done, total: told.append((done, total))) as session:
        session.add(*(Lead(name=str(number)) for number in range(30)))
    assert told[-1] == (30, 30)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_session_prints_what_it_holds(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    session.add(Lead(name="x"))
    assert repr(session) == "<Session 1 new, 0 dirty, 0 to delete, 0 uncertain>"
