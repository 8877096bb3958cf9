"""Sessions where several things go wrong at once: each object has one fate, and a second flush sends only what is left."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from kommo_orm import (
    BadRequest,
    Catalog,
    CatalogElement,
    ConfigurationError,
    Contact,
    FlushError,
    Kommo,
    Lead,
    Pipeline,
    QueryError,
    Session,
    Status,
    Task,
)
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, bodies, ids_of, sent


def contact(sandbox: Sandbox, name: str = "Ann") -> int:
    return int(sandbox.add("contacts", name=name)["id"])


def lead(sandbox: Sandbox, **values: object) -> int:
    return int(sandbox.add("leads", **{"name": "Roof", **values})["id"])


def refused(session: Session) -> FlushError:
    with pytest.raises(FlushError) as error:
        session.flush()
    return error.value


# ---- links have fates of their own
def test_a_link_that_was_made_is_known_though_its_neighbour_waits(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    card, ann = session.get(Lead, lead(sandbox)), session.get(Contact, contact(sandbox))
    bad = Contact(name="Bob", responsible_user_id=999)
    card.contacts.add(ann, bad)
    assert "wait for objects that were not saved" in str(refused(session).report.failed[-1].error)
    card.contacts.remove(ann)
    bad.responsible_user_id = 1001
    session.flush()
    assert ids_of(sandbox, "leads", card.id, "contacts") == [bad.id]


def test_a_link_that_was_made_is_not_made_again(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    card, ann = session.get(Lead, lead(sandbox)), contact(sandbox)
    card.contacts.add(ann, 424_242)
    error = refused(session).report.failed[0].error
    assert isinstance(error, BadRequest)
    assert [(item.object, item.field) for item in error.items] == [(card, "contacts")]
    sandbox.log.clear()
    refused(session)
    assert [[row["to_entity_id"] for row in body] for body in bodies(sandbox, "POST")] == [[424_242]]


def test_one_bad_link_of_many_fails_alone(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    cards = [session.get(Lead, lead(sandbox)) for _ in range(20)]
    for number, card in enumerate(cards):
        card.contacts.add(contact(sandbox) if number != 7 else 424_242)
    sandbox.log.clear()
    failed = refused(session).report
    assert [one.object for one in failed.failed] == [cards[7]]
    assert (len(failed.updated), failed.requests) == (19, 2)


# ---- interruptions
def test_an_interruption_while_settling_doubles_nothing(kommo: Kommo, sandbox: Sandbox):
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    session = Session(kommo, progress=interrupt)
    session.add(*(Contact(name=str(number)) for number in range(10)))
    with pytest.raises(KeyboardInterrupt):
        session.flush()
    session.progress = None
    assert (len(session.new), len(session.uncertain)) == (0, 0)
    session.flush()
    assert len(sandbox.rows("contacts")) == 10


async def test_links_that_were_answered_before_a_cancellation_are_reported(sandbox: Sandbox):
    async with sandbox.connect() as kommo:
        session = Session(kommo, batch_size=10, concurrency=1)
        cards = [await session.aget(Lead, lead(sandbox)) for _ in range(30)]
        for card in cards:
            card.contacts.add(contact(sandbox))
        sandbox.latency = 0.4
        sandbox.log.clear()
        task = asyncio.create_task(session.aflush())
        while len(sandbox.log) < 2:  # the first batch was answered, the second is on its way
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(session.report.updated) == 10
        sandbox.latency = 0
        sandbox.log.clear()
        await session.aflush()
        assert sum(len(body) for body in bodies(sandbox, "POST")) == 20


# ---- whose account, whose session
def test_saving_an_object_of_a_session_writes_into_the_sessions_account(kommo: Kommo, sandbox: Sandbox):
    other = Sandbox(subdomain="other")
    session = Session(kommo)
    card = Lead(name="x")
    session.add(card)
    with other.connect():
        card.save()
    assert (len(sandbox.rows("leads")), len(other.rows("leads"))) == (1, 0)
    assert card in session
    assert session.new == []


def test_a_session_keeps_the_account_that_was_current_first(kommo: Kommo, sandbox: Sandbox):
    other = Sandbox(subdomain="other")
    session = Session()
    session.query(Lead).list()
    session.add(Lead(name="x"))
    with other.connect():
        session.flush()
    assert len(sandbox.rows("leads")) == 1


def test_what_is_created_through_a_session_is_in_it(kommo: Kommo, sandbox: Sandbox):
    with Session(kommo) as session:
        card = session.query(Lead).create(name="x")
        assert session.get(Lead, card.id) is card
        card.name = "y"
    assert sandbox.rows("leads")[0]["name"] == "y"
    session = Session(kommo)
    made = [Lead(name="a"), Lead(name="b")]
    session.add(*made)
    Lead.objects.bulk_create(made)
    assert session.new == []
    assert session.get(Lead, made[0].id) is made[0]


def test_one_row_changed_in_two_classes_is_not_saved_singly_either(kommo: Kommo, sandbox: Sandbox):
    session, pk = Session(kommo), lead(sandbox)
    one, two = session.get(Lead, pk), session.get(Deal, pk)
    one.price, two.name = 5, "z"
    with pytest.raises(ConfigurationError, match="read as two classes"):
        one.save()
    with pytest.raises(QueryError, match="given twice"):
        Lead.objects.bulk_update([Lead(id=pk, price=1), Lead(id=pk, price=2)])


def test_expunge_is_for_its_own_objects(kommo: Kommo, sandbox: Sandbox):
    one, two = Session(kommo), Session(kommo)
    card = one.get(Lead, lead(sandbox))
    with pytest.raises(ConfigurationError, match="in another session"):
        two.expunge(card)
    assert card in one


# ---- uncertain objects
def test_an_object_given_up_is_not_created_for_its_relations(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    card, ann = session.get(Lead, lead(sandbox)), Contact(name="Ann")
    card.contacts.add(ann)
    sandbox.faults.next(drop_after=True, method="POST", path="/api/v4/contacts")
    refused(session)
    ann.resolve(drop=True)
    session.flush()
    assert len(sandbox.rows("contacts")) == 1
    ann.save()  # said aloud, it is created
    assert len(sandbox.rows("contacts")) == 2


def test_a_resolved_object_takes_the_place_of_one_that_was_read(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    card = Lead(name="Once")
    session.add(card)
    sandbox.faults.next(drop_after=True, method="POST")
    refused(session)
    found = session.query(Lead).filter(name="Once").one()
    card.resolve(created_id=found.id)
    assert session.get(Lead, card.id) is card
    assert found not in session


def test_leaving_on_an_error_tells_what_was_sent_and_what_nobody_knows(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(FlushError) as error, Session(kommo) as session:
        session.add(Lead(name="one"))
        session.flush()
        session.flush()
        session.add(Contact(name="Ann"))
        sandbox.faults.next(drop_after=True, method="POST")
        session.flush()
    notes = " ".join(error.value.__notes__)
    assert "flushed before, and stored: Lead" in notes
    assert "Nobody knows whether new Contact 'Ann' was created" in notes
    assert [one.name for one in session.uncertain] == ["Ann"]


# ---- refusals
def test_a_fault_of_the_service_under_a_refusal_proves_nothing(kommo: Kommo, sandbox: Sandbox):
    body = '{"title":"Bad Request","status":400,"detail":"A system error, please repeat"}'
    sandbox.faults.next(status=400, body=body, applied=True, method="POST")
    session = Session(kommo)
    session.add(Lead(name="a"), Lead(name="b"))
    assert len(refused(session).report.uncertain) == 2
    assert len(sandbox.requests("POST")) == 1


def test_refused_options_ask_for_the_definitions_once(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    deals = [session.get(Deal, lead(sandbox)) for _ in range(30)]
    deals[0].source = "web"
    session.flush()
    field = next(row for row in sandbox.account.store.iter_rows("custom_fields") if row["name"] == "Source")
    field["enums"] = [{**option, "id": option["id"] + 500} for option in field["enums"]]
    sandbox.account.clear_definition_cache()
    for deal in deals[1:]:
        deal.source = "call"
    sandbox.log.clear()
    assert len(session.flush().updated) == 29
    assert [method for method, _, _ in sent(sandbox)].count("PATCH") == 2
    assert len(sandbox.requests("GET")) == 1


def test_a_gateway_that_never_answers_ends_the_flush(sandbox: Sandbox):
    kommo = sandbox.connect(backoff=0.001, retries=2)
    session = Session(kommo, concurrency=1)
    leads = [session.get(Lead, lead(sandbox)) for _ in range(32)]
    for card in leads:
        card.price = 5
    sandbox.log.clear()
    sandbox.faults.next(status=504, method="PATCH", times=500)
    report = refused(session).report
    assert len(report.failed) == 32
    assert report.requests < 20


# ---- deletions
def test_deletions_go_in_order(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    pipeline = Pipeline.objects.create("Old")
    stages = [Status.objects.of(pipeline).create("one", sort=10), Status.objects.of(pipeline).create("two", sort=20)]
    things = Catalog.objects.create("Things")
    elements = [CatalogElement.objects.of(things).create(str(number)) for number in range(3)]
    session.delete(pipeline, things, *stages, *elements)
    report = session.flush()
    assert len(report.deleted) == 7


def test_a_deletion_whose_answer_was_lost_is_done(sandbox: Sandbox):
    kommo = sandbox.connect(backoff=0.001)
    with kommo.use():
        pipeline = Pipeline.objects.create("Old")
    session = Session(kommo)
    session.delete(pipeline)
    sandbox.faults.next(drop_after=True, method="DELETE")
    assert session.flush().deleted == [pipeline]
    kommo.close()


def test_kommos_own_stages_are_refused_when_marked(kommo: Kommo):
    pipeline = Pipeline.objects.create("New")
    won = Status.objects.of(pipeline).get(142)
    with pytest.raises(ConfigurationError):
        Session(kommo).delete(won)


# ---- much at once
def test_a_report_tells_ids_in_the_order_given(kommo: Kommo, sandbox: Sandbox):
    leads = [Lead(name=str(number)) for number in range(60)]
    with Session(kommo, batch_size=10) as session:
        session.add(*leads)
    assert session.report.ids == [card.id for card in leads]


def test_long_chains_of_new_objects_are_no_reason_to_fail(kommo: Kommo):
    first = Lead(name="0")
    card = first
    for number in range(1500):
        ann, following = Contact(name=str(number)), Lead(name=str(number))
        card.contacts.add(ann)
        ann.leads.add(following)
        card = following
    session = Session(kommo)
    session.add(first)
    assert len(session.new) == 3001


def test_a_task_whose_card_was_given_up_waits(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    card = Lead(name="x")
    task = Task(text="Call", complete_till=datetime.now(UTC) + timedelta(days=1), entity=card)
    session.add(task)
    sandbox.faults.next(drop_after=True, method="POST", path="/api/v4/leads")
    refused(session)
    card.resolve(drop=True)
    assert "waits for new Lead 'x'" in str(refused(session).report.failed[0].error)
    assert sandbox.rows("tasks") == []
