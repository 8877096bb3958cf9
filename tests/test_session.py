"""The unit of work: change objects as plain Python, and one commit turns that into the fewest requests."""

from __future__ import annotations

import gc
import sys
import time
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

import pytest

from kommo_orm import (
    Call,
    Company,
    ConfigurationError,
    Contact,
    IncomingLead,
    Kommo,
    Lead,
    LossReason,
    NotFound,
    QueryError,
    Session,
)
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, Person, asked, bodies, ids_of, kommo, sandbox, sent

__all__ = ["kommo", "sandbox"]  # fixtures

T = TypeVar("T")


def lead_of(sandbox: Sandbox, name: str = "Roof", **values: Any) -> int:
    return int(sandbox.add("leads", name=name, **values)["id"])


# ---- the main job
def test_one_commit_writes_what_was_made_and_changed(kommo: Kommo, sandbox: Sandbox):
    pks = [lead_of(sandbox, f"Lead {number}", price=5) for number in range(3)]
    with Session(kommo) as session:
        deal = Deal(name="New deal", price=10, budget=500)
        deal.company = Company(name="Romashka")
        deal.contacts.add(Person(name="Ann", phone="+1555000100"), main=True)
        session.add(deal)
        for lead in session.query(Deal).filter(price=5).iterate():
            lead.created_by = 0
        assert sent(sandbox) == []
    assert [(method, path, len(body)) for method, path, body in sent(sandbox)] == [
        ("POST", "/api/v4/companies", 1),
        ("POST", "/api/v4/contacts", 1),
        ("POST", "/api/v4/leads", 1),
        ("PATCH", "/api/v4/leads", 3),
    ]
    assert [item["id"] for item in bodies(sandbox)[0]] == pks
    assert ids_of(sandbox, "leads", deal.id, "contacts") == [next(iter(deal.contacts)).id]
    report = session.report
    assert (len(report.created), len(report.updated), report.requests) == (3, 3, 4)


def test_leaving_on_an_exception_writes_nothing_and_gives_loaded_values_back(kommo: Kommo, sandbox: Sandbox):
    lead: Lead | None = None
    with pytest.raises(RuntimeError, match="stop") as stopped, Session(kommo) as session:
        lead = session.get(Lead, lead_of(sandbox))
        lead.name = "Wall"
        lead.tags.add("vip")
        lead.contacts.add(Contact(name="Ann"))
        session.add(Lead(name="New"))
        raise RuntimeError("stop")
    assert lead is not None
    assert (lead.name, lead.changes) == ("Roof", {})
    assert sent(sandbox) == []
    assert not hasattr(stopped.value, "__notes__")


def test_leaving_on_an_exception_says_what_had_been_sent_before(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(RuntimeError) as stopped, Session(kommo) as session:
        session.add(Lead(name="New"))
        session.flush()
        raise RuntimeError("stop")
    assert stopped.value.__notes__ == [
        "The session was rolled back; flushed before, and stored: Lead 1001 in 1 request."
    ]
    assert len(sandbox.rows("leads")) == 1


def test_a_session_uses_the_current_account_when_none_is_given(kommo: Kommo, sandbox: Sandbox):
    with Session() as session:
        session.add(Lead(name="New"))
    with kommo.session() as session:
        session.add(Lead(name="Other"))
    assert len(sandbox.rows("leads")) == 2


def test_nothing_changed_nothing_sent(kommo: Kommo, sandbox: Sandbox):
    pk = lead_of(sandbox)
    with Session(kommo) as session:
        lead = session.get(Lead, pk)
        lead.name = "Wall"
        lead.name = "Roof"
        assert session.dirty == []
        assert str(session.plan()) == "nothing to send"
    assert sent(sandbox) == []
    assert session.report.requests == 0


# ---- one row is one object
def test_one_row_is_one_object_however_it_arrived(kommo: Kommo, sandbox: Sandbox):
    ann = sandbox.add("contacts", name="Ann")["id"]
    pk = lead_of(sandbox, contacts=[ann])
    with Session(kommo) as session:
        lead = session.get(Lead, pk)
        assert session.get(Lead, pk) is lead
        assert session.query(Lead).get(pk) is lead
        assert next(iter(session.query(Lead).include("contacts"))) is lead
        contact = session.get(Contact, ann)
        assert lead.contacts[0] is contact
        assert session.query(Contact).in_bulk([ann])[ann] is contact
        made = Lead(name="New")
        session.add(made)
        session.flush()
        assert session.get(Lead, made.id) is made
        assert lead in session
        assert contact in session
    assert lead not in session
    assert Lead(name="x") not in session


def test_a_known_object_is_not_read_again(kommo: Kommo, sandbox: Sandbox):
    pk = lead_of(sandbox)
    session = Session(kommo)
    lead = session.get(Lead, pk)
    before = len(asked(sandbox))
    assert session.get(Lead, pk) is lead
    assert len(asked(sandbox)) == before
    with pytest.raises(NotFound):
        session.get(Lead, 999)
    with pytest.raises(QueryError, match="an id is a positive whole number"):
        session.get(Lead, 0)


def test_a_row_met_again_brings_news_and_never_overwrites_pending_changes(kommo: Kommo, sandbox: Sandbox):
    pk = lead_of(sandbox, price=1)
    session = Session(kommo)
    lead = session.get(Lead, pk)
    sandbox.change("leads", pk, price=2)
    session.query(Lead).list()
    assert lead.price == 2
    lead.name = "Mine"
    sandbox.change("leads", pk, price=3, name="Theirs")
    session.query(Lead).list()
    assert lead.name == "Mine"
    assert lead.changes == {"name": ("Theirs", "Mine")}
    assert lead.price == 3
    session.commit()
    assert bodies(sandbox) == [{"name": "Mine"}]


def test_an_include_reaches_an_object_that_has_pending_changes(kommo: Kommo, sandbox: Sandbox):
    reason = sandbox.add("loss_reasons", name="Too dear")["id"]
    ann = sandbox.add("contacts", name="Ann")["id"]
    pk = lead_of(sandbox, status_id=143, loss_reason_id=reason, contacts=[ann])
    session = Session(kommo)
    lead = session.get(Lead, pk)
    lead.name = "Mine"
    lead.contacts.add(bob := Contact(name="Bob"))
    session.query(Lead).include("loss_reason", "contacts").list()
    assert lead.loss_reason is not None
    assert lead.loss_reason.name == "Too dear"
    assert [contact.name for contact in lead.contacts] == ["Ann", "Bob"]
    assert lead.contacts[1] is bob
    assert lead.name == "Mine"


def test_an_unchanged_object_may_go_and_a_changed_one_is_held(kommo: Kommo, sandbox: Sandbox):
    one, two = lead_of(sandbox), lead_of(sandbox)
    session = Session(kommo)
    unchanged, changed = session.get(Deal, one), session.get(Deal, two)
    changed.regions.append("EU")
    gone, held = weakref.ref(unchanged), weakref.ref(changed)
    del unchanged, changed
    gc.collect()
    assert gone() is None
    assert held() is not None
    session.commit()
    assert len(bodies(sandbox)) == 1
    assert [model.regions for model in session.report.updated] == [["EU"]]
    session.commit()  # another report
    gc.collect()
    assert held() is None


@pytest.mark.parametrize(
    "change",
    [
        lambda deal: setattr(deal, "name", "Wall"),
        lambda deal: deal.regions.append("EU"),
        lambda deal: deal.tags.add("vip"),
        lambda deal: deal.contacts.add(Contact(name="Ann")),
        lambda deal: setattr(deal, "company", Company(name="Olive")),
        lambda deal: deal.custom_fields.__setitem__("Notice", "x"),
        lambda deal: deal.catalog_elements.add(5, catalog_id=7),
    ],
    ids=["set", "in place", "tag", "relation", "company", "undeclared", "element"],
)
def test_every_way_to_change_holds_the_object(kommo: Kommo, sandbox: Sandbox, change):
    session = Session(kommo)
    change(session.get(Deal, lead_of(sandbox)))
    gc.collect()
    assert len(session.dirty) == 1
    assert session.dirty[0].has_changes


@pytest.mark.parametrize("look", [repr, Deal.model_dump, lambda deal: deal == deal.__copy__()])
def test_a_list_that_is_changed_after_the_object_was_shown_is_written(
    kommo: Kommo, sandbox: Sandbox, look: Callable[[Deal], object]
):
    pk = lead_of(sandbox)
    with Session(kommo) as session:
        deal = session.get(Deal, pk)
        look(deal)
        deal.regions.append("EU")
    assert Deal.objects.get(pk).regions == ["EU"]


def test_two_changed_objects_of_one_row_are_refused(kommo: Kommo, sandbox: Sandbox):
    pk = lead_of(sandbox)
    session = Session(kommo)
    lead, deal = session.get(Lead, pk), session.get(Deal, pk)
    assert lead is not deal
    lead.name, deal.price = "Wall", 5
    with pytest.raises(
        ConfigurationError, match=rf"Lead {pk} and Deal {pk} are the same row, read as two classes, and both changed"
    ):
        session.flush()
    assert sent(sandbox) == []
    session.expunge(lead)
    session.flush()
    assert bodies(sandbox) == [{"price": 5}]


# ---- joining and leaving
def test_only_what_was_read_or_added_through_it_belongs(kommo: Kommo, sandbox: Sandbox):
    pk = lead_of(sandbox)
    with Session(kommo) as session:
        outside = Lead.objects.get(pk)
        outside.name = "Outside"
        inside = Lead.objects.using(session).get(pk)
        assert outside not in session
        assert inside in session
        inside.name = "Inside"
    assert bodies(sandbox) == [{"name": "Inside"}]
    assert outside.has_changes


def test_a_stored_object_can_be_added_and_changed_before_or_after(kommo: Kommo, sandbox: Sandbox):
    one, two = Lead.objects.get(lead_of(sandbox)), Lead.objects.get(lead_of(sandbox))
    one.name = "One"
    with Session(kommo) as session:
        session.add(one, two)
        two.name = "Two"
        assert session.dirty == [one, two]
    assert [item["name"] for item in bodies(sandbox)[0]] == ["One", "Two"]


def test_adding_cascades_to_new_related_objects(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    lead = Lead(name="Roof")
    lead.contacts.add(ann := Contact(name="Ann"))
    ann.company = (olive := Company(name="Olive"))
    session.add(lead)
    assert [id(model) for model in session.new] == [id(olive), id(ann), id(lead)]
    lead.contacts.add(late := Contact(name="Late"))
    session.commit()
    assert all(model.pk for model in (lead, ann, olive, late))


def test_an_object_is_in_one_session_at_a_time(kommo: Kommo, sandbox: Sandbox):
    one, other = Session(kommo), Session(kommo)
    lead = one.get(Lead, lead_of(sandbox))
    with pytest.raises(ConfigurationError, match=rf"Lead {lead.id} is in another session; expunge\(\) it there first"):
        other.add(lead)
    one.expunge(lead)
    other.add(lead)
    assert lead in other


def test_a_second_object_of_a_row_is_not_added(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    lead = session.get(Lead, lead_of(sandbox))
    with pytest.raises(ConfigurationError, match=rf"Lead {lead.id} is in this session already, as another object"):
        session.add(Lead(id=lead.id, price=5))


def test_expunged_objects_leave_with_their_changes(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    lead, new = session.get(Lead, lead_of(sandbox)), Lead(name="New")
    session.add(new)
    lead.name = "Wall"
    session.expunge(lead)
    assert (lead.has_changes, lead in session) == (True, False)
    session.expunge()
    assert session.new == []
    session.commit()
    assert sent(sandbox) == []
    lead.save()
    assert bodies(sandbox) == [{"name": "Wall"}]


def test_commit_forgets_and_the_objects_stay_usable(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    lead = Lead(name="New")
    session.add(lead)
    session.commit()
    assert lead not in session
    lead.price = 5
    assert session.dirty == []
    lead.save()
    assert bodies(sandbox) == [{"price": 5}]


def test_save_of_an_object_in_a_session_is_a_save_within_it(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    lead, new = session.get(Lead, lead_of(sandbox)), Lead(name="New")
    session.add(new)
    lead.name = "Wall"
    lead.save()
    new.save()
    assert (session.new, session.dirty) == ([], [])
    assert session.get(Lead, new.id) is new
    session.commit()
    assert len(sent(sandbox)) == 2


def test_rollback_gives_loaded_values_back_and_forgets_the_new(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    lead, new = session.get(Deal, lead_of(sandbox)), Lead(name="New")
    session.add(new)
    lead.name = "Wall"
    lead.regions.append("EU")
    lead.contacts.add(new_contact := Contact(name="Ann"))
    session.rollback()
    assert (lead.name, lead.regions, lead.changes) == ("Roof", [], {})
    assert (session.new, session.dirty, new in session, new_contact in session) == ([], [], False, False)
    assert lead in session
    lead.name = "Door"
    session.commit()
    assert bodies(sandbox) == [{"name": "Door"}]


def test_load_brings_related_objects_into_the_session(kommo: Kommo, sandbox: Sandbox):
    ann = sandbox.add("contacts", name="Ann")["id"]
    lead_of(sandbox, contacts=[ann])
    with Session(kommo) as session:
        leads = session.query(Lead).list()
        session.load(leads, "contacts")
        leads[0].contacts[0].name = "Anna"
        assert session.dirty == [leads[0].contacts[0]]
    assert bodies(sandbox) == [{"name": "Anna"}]


# ---- deletes
def test_deletes_are_written_last(kommo: Kommo, sandbox: Sandbox):
    reasons = [LossReason.objects.create(name) for name in ("a", "b")]
    sandbox.log.clear()
    with Session(kommo) as session:
        session.delete(*reasons)
        assert session.deleted == reasons
        session.add(Lead(name="New"))
        assert reasons[0] in session
    assert [method for method, _, _ in sent(sandbox)] == ["POST", "DELETE", "DELETE"]
    assert len(session.report.deleted) == 2
    assert reasons[0] not in session
    assert not [row for row in sandbox.rows("loss_reasons") if row["name"] in "ab"]


def test_what_the_api_cannot_delete_is_refused_when_it_is_marked(kommo: Kommo, sandbox: Sandbox):
    lead = Lead.objects.get(lead_of(sandbox))
    assert not hasattr(lead, "delete")
    with pytest.raises(
        QueryError, match=rf"Kommo's API cannot delete leads: Lead {lead.id} stays. See kommo_orm.unofficial"
    ):
        Session(kommo).delete(lead)


def test_what_is_declined_is_not_deleted(kommo: Kommo):
    with pytest.raises(QueryError, match=r"IncomingLead a91f stays. decline\(\) puts its lead into the trash"):
        Session(kommo).delete(IncomingLead(id="a91f"))
    with pytest.raises(QueryError, match=r"cannot delete calls: Call 5 stays\. \(docs"):
        Session(kommo).delete(Call(id=5))


def test_deleting_a_new_object_only_forgets_it(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    reason = LossReason(name="New")
    session.add(reason)
    session.delete(reason)
    session.commit()
    assert sent(sandbox) == []


def test_rollback_forgets_deletions(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    reason = LossReason.objects.create("a")
    session.delete(reason)
    session.rollback()
    session.commit()
    assert [method for method, _, _ in sent(sandbox)] == ["POST"]


# ---- large ones
def count_calls(action: Callable[[], T]) -> tuple[T, int]:
    """The result of an action, and how many Python functions it called."""
    calls = 0

    def note(_frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        result = action()
        return result, calls
    finally:
        sys.setprofile(before)


@pytest.mark.slow
def test_ten_thousand_touched_but_unchanged_objects_cost_nothing(kommo: Kommo, sandbox: Sandbox):
    sandbox.seed(leads=1)
    with Session(kommo) as session:
        rows = [{"id": number, "name": "x", "price": 5, "custom_fields_values": None} for number in range(1, 10_001)]
        leads = session.unit.admit_rows(Deal, rows, kommo, frozenset())
        for lead in leads:
            lead.regions.append("EU")
            lead.regions.pop()
            lead.price = 6
            lead.price = 5
        sandbox.log.clear()
        report, calls = count_calls(session.flush)
    assert report.requests == 0
    assert len(sandbox.log) == 0
    assert calls <= 40 * len(rows)  # each object is compared once


def test_independent_batches_go_side_by_side(sandbox: Sandbox):
    with sandbox.connect() as kommo, Session(kommo, batch_size=1, concurrency=7) as session:
        session.add(*(Lead(name=str(number)) for number in range(14)))
        sandbox.latency = 0.3
        began = time.monotonic()
        session.flush()
        assert time.monotonic() - began < 14 * 0.3 / 2
    assert len(sandbox.rows("leads")) == 14


async def test_the_same_in_async_code(sandbox: Sandbox):
    pk = lead_of(sandbox)
    async with sandbox.connect() as kommo:
        async with Session(kommo) as session:
            lead = await session.aget(Lead, pk)
            assert await session.aget(Lead, pk) is lead
            lead.name = "Wall"
            session.add(new := Lead(name="New"))
            new.contacts.add(Contact(name="Ann"))
            async for other in session.query(Lead):
                assert other is lead
            await session.aload([lead], "contacts")
        assert len(bodies(sandbox, "POST")) == 2
        with pytest.raises(RuntimeError):
            async with Session(kommo) as session:
                session.add(Lead(name="Never"))
                raise RuntimeError("stop")
    assert {row["name"] for row in sandbox.rows("leads")} == {"Wall", "New"}
