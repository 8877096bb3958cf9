"""A plan is plain values that print: what a flush would send, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kommo_orm import Company, Contact, Kommo, Lead, LossReason, Session
from kommo_orm.unit.plan import Plan, Planned, flush_rank, split_chunks
from tests.account import Deal, asked, sent

if TYPE_CHECKING:
    from kommo_orm.sandbox import Sandbox


def test_the_plan_tells_every_request_in_dependency_order(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    stored = session.get(
        Lead, sandbox.add("leads", name="Roof", contacts=[sandbox.add("contacts", name="Old")["id"]])["id"]
    )
    stored.price = 5
    stored.contacts.clear()
    stored.contacts.add(Contact(name="Linked"))
    for number in range(300):
        deal = Deal(name=f"Deal {number}")
        deal.contacts.add(ann := Contact(name=f"Ann {number}"))
        ann.company = Company(name=f"Company {number}")
        session.add(deal)
    session.delete(LossReason.objects.create("gone"))
    before = len(sandbox.log)
    plan = session.plan()
    assert str(plan).splitlines() == [
        "create   250 companies",
        "create    50 companies",
        "create   250 contacts (after companies)",
        "create    51 contacts (after companies)",
        "create   250 leads (after contacts)",
        "create    50 leads (after contacts)",
        "update     1 leads (after contacts)",
        "unlink     1 leads",
        "link     250 contacts",
        "link      50 contacts",
        "link       1 leads",
        "delete     1 loss_reasons",
    ]
    assert len(sandbox.log) == before
    sandbox.log.clear()
    report = session.flush()
    assert report.requests == len(plan) == len(sent(sandbox))
    assert session.plan().steps == ()


def test_a_plan_is_compared_as_a_value(kommo: Kommo):
    session = Session(kommo, batch_size=2)
    session.add(Lead(name="a"), Lead(name="b"), Lead(name="c"))
    plan = session.plan()
    assert plan == Plan((Planned("create", "leads", 2), Planned("create", "leads", 1)))
    assert plan[0] == Planned("create", "leads", 2)
    assert plan[1:] == (Planned("create", "leads", 1),)
    assert str(Plan(())) == "nothing to send"


def test_planning_asks_nothing_though_names_are_not_known_yet(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    session.add(Deal(name="x", remark="y", source="web"))
    assert [step.verb for step in session.plan()] == ["create"]
    assert asked(sandbox) == []


def test_what_others_point_at_comes_first():
    order = ["loss_reasons", "companies", "contacts", "leads", "tasks", "notes"]
    assert sorted(order, key=flush_rank) == order
    assert flush_rank("anything else") > flush_rank("leads")


def test_items_are_split_into_chunks():
    assert [list(part) for part in split_chunks([1, 2, 3], 2)] == [[1, 2], [3]]
