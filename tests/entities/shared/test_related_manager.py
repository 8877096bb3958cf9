"""`lead.notes` and the like have the methods of a query. Iterating over them is refused."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kommo_orm import Customer, Event, Kommo, Lead, Note, NotFound, NotLoaded, Query, QueryError, Task, Transaction
from kommo_orm.entities.customers.customer_transactions import CustomerTransactions
from kommo_orm.entities.customers.transaction import TransactionQuery
from kommo_orm.entities.events.card_events import CardEvents
from kommo_orm.entities.events.event import EventQuery
from kommo_orm.entities.links.card_links import CardLinks
from kommo_orm.entities.links.link import LinkQuery
from kommo_orm.entities.notes.card_notes import CardNotes
from kommo_orm.entities.notes.note import NoteQuery
from kommo_orm.entities.pipelines.pipeline_statuses import PipelineStatuses
from kommo_orm.entities.pipelines.status import StatusQuery
from kommo_orm.entities.shared.related_manager import RelatedManager
from kommo_orm.entities.tasks.card_tasks import CardTasks
from kommo_orm.entities.tasks.task import TaskQuery
from kommo_orm.sandbox import Sandbox
from tests.account import sent

TILL = datetime(2027, 3, 1, 9, tzinfo=UTC)
ELSEWHERE = {
    *("of", "using"),  # a handle is of its object, on its account
    *("search", "deleted", "order_by"),  # where Kommo can, and then typed
    *("bulk_create", "abulk_create", "bulk_update", "abulk_update", "update", "aupdate", "delete", "adelete"),
    *("types", "atypes"),  # of the account, not of the card
    "changed_since",  # lists of one card are short
}
HANDLES: list[tuple[type[Any], type[Query[Any]]]] = [
    (CardNotes, NoteQuery),
    (CardTasks, TaskQuery),
    (CardEvents, EventQuery),
    (CustomerTransactions, TransactionQuery),
    (PipelineStatuses, StatusQuery),
]


@pytest.mark.parametrize(("handle", "query"), HANDLES)
def test_a_handle_offers_what_its_query_offers(handle: type[Any], query: type[Query[Any]]):
    public = {name for name, _ in inspect.getmembers(query, inspect.isfunction) if not name.startswith("_")}
    assert {name for name in public - ELSEWHERE if not hasattr(handle, name)} == set()
    assert hasattr(handle, "order_by") == bool(query._orders and handle is not PipelineStatuses)
    for name in public & set(vars(handle)) - ELSEWHERE - {"create", "acreate"}:
        mine, its = (inspect.signature(getattr(cls, name)).parameters for cls in (handle, query))
        assert [*mine] == [*its], name


def test_the_links_of_a_card_are_filtered(kommo: Kommo, sandbox: Sandbox):
    assert {"filter", "list", "alist", "all"} <= {*dir(CardLinks)}
    lead = Lead.objects.create(name="Roof")
    assert isinstance(lead.links.filter(to_entity_type="contacts"), LinkQuery)
    assert lead.links.filter(to_entity_type="contacts").list() == lead.links.list("contacts") == []
    with pytest.raises(QueryError, match="goes together"):
        lead.links.filter(to_entity_id=5)


def test_notes(kommo: Kommo, sandbox: Sandbox):
    lead, other = Lead.objects.create(name="Roof"), Lead.objects.create(name="Wall")
    first, second = (lead.notes.create(text) for text in ("one", "two"))
    foreign = other.notes.create("three")
    notes = lead.notes
    assert {note.id for note in notes.list()} == {first.id, second.id}
    assert [note.id for note in notes.order_by("-id")] == [second.id, first.id]
    assert [note.id for note in notes.filter(note_type="common").order_by("id")] == [first.id, second.id]
    assert (notes.get(first.id).text, notes.get_or_none(foreign.id)) == ("one", None)
    assert {*notes.in_bulk([first.id, foreign.id])} == {first.id}
    assert (notes.exists(), other.notes.one().id) == (True, foreign.id)
    assert [*notes.limit(1)] == [*notes[:1]] == [notes.first()]
    assert len(notes.page(1, 1)) == 1
    assert [len(page) for page in notes.pages()] == [2]
    assert len([*notes.iterate()]) == 2
    assert [note.id for note in notes.apply({"id": str(second.id)})] == [second.id]
    assert notes.include("is_pinned").list()[0].is_pinned is False
    with pytest.raises(NotFound):
        notes.get(foreign.id)
    with pytest.raises(QueryError, match="no totals"):
        notes.count()


def test_new_ones_belong_to_the_object(kommo: Kommo, sandbox: Sandbox):
    lead = Lead.objects.create(name="Roof")
    lead.notes.bulk_create([Note(params="one"), Note(params="two")])
    report = lead.tasks.bulk_create(Task(text=text, complete_till=TILL) for text in "ab")
    assert {(task.entity_type, task.entity_id) for task in report.created} == {("leads", lead.id)}
    assert (len(lead.notes.list()), len(lead.tasks.list())) == (2, 2)
    assert len(lead.tasks.update(is_completed=True).updated) == 2
    assert not lead.tasks.filter(is_completed=False).exists()


def test_handles_of_new_objects_and_plain_loops_refuse(kommo: Kommo, sandbox: Sandbox):
    lead = Lead.objects.create(name="Roof")
    sandbox.log.clear()
    for handle in (lead.notes, lead.tasks, lead.events):
        assert isinstance(handle, RelatedManager)
        for use in (lambda one=handle: list(one), lambda one=handle: len(one), lambda one=handle: bool(one)):
            with pytest.raises(NotLoaded, match=r"(list|exists)\(\) reads them"):
                use()
    with pytest.raises(Exception, match=r"save\(\) it first"):
        Lead(name="New").notes.filter(note_type="common")
    assert sent(sandbox) == []


async def test_all_of_it_for_async_code(sandbox: Sandbox):
    async with sandbox.connect() as kommo:
        lead = await Lead.objects.acreate(name="Roof")
        note = await lead.notes.acreate("one")
        await lead.notes.abulk_create([Note(params="two")])
        await lead.tasks.abulk_create([Task(text="Call", complete_till=TILL + timedelta(days=1))])
        assert len(await lead.notes.alist()) == len([one async for one in lead.notes.aiterate()]) == 2
        assert [len(page) async for page in lead.notes.apages()] == [2]
        assert ((await lead.notes.aget(note.id)).id, await lead.notes.aget_or_none(999)) == (note.id, None)
        assert await lead.notes.aexists()
        assert (await lead.notes.apage(1, 1)).has_next
        assert {*await lead.notes.ain_bulk([note.id])} == {note.id}
        assert (await lead.tasks.aone()).text == "Call"
        assert len((await lead.tasks.aupdate(text="Write")).updated) == 1
        event = await lead.events.filter(type="lead_added").aone()
        assert (await lead.events.aget(event.id)).id == event.id
        assert isinstance(await lead.events.afirst(), Event)
        with pytest.raises(NotLoaded, match=r"alist\(\) reads them"):
            _ = [one async for one in lead.notes]
        assert kommo.name


def test_purchases_and_stages():
    with Sandbox(customers_mode="segments").connect() as kommo:
        shop, other = Customer.objects.create(name="Shop"), Customer.objects.create(name="Other")
        mine, foreign = shop.transactions.create(5), other.transactions.create(7)
        assert [one.id for one in shop.transactions.filter(id__in=[mine.id])] == [mine.id]
        assert shop.transactions.get_or_none(foreign.id) is None
        assert len(shop.transactions.bulk_create([Transaction(price=9)]).created) == 1
        assert sorted(int(one.price) for one in shop.transactions.list()) == [5, 9]
        assert kommo.name


def test_stages_are_read_anew(kommo: Kommo, sandbox: Sandbox):
    from kommo_orm import Pipeline

    pipeline = Pipeline.objects.all().first()
    assert pipeline is not None
    held = [stage.id for stage in pipeline.statuses]
    sandbox.log.clear()
    assert [stage.id for stage in pipeline.statuses.list()] == held
    assert pipeline.statuses.get(held[0]).id == held[0]
    assert pipeline.statuses.include("descriptions").first() is not None
    assert len(sandbox.log) == 3
    assert [stage.id for stage in pipeline.statuses] == held
    assert len(sandbox.log) == 3
