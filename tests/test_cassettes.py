"""Whole conversations with the HTTP sandbox, recorded once and replayed with the network off.

They hold the wire itself still: methods, addresses, queries and bodies that change by accident are not found on the tape.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from kommo_orm import BadRequest, Company, Contact, Lead, MultiSelect, NotFound, Number, Phone, Session, custom
from kommo_orm.sandbox import Sandbox
from tests.recording import Cassette

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Deal(Lead):
    budget: Number = custom(code="BUDGET_X")
    regions: MultiSelect = custom(code="REGIONS_X")


class Person(Contact):
    phone: Phone = custom(code="PHONE")


def furnished(sandbox: Sandbox) -> None:
    sandbox.add_field("leads", "Budget", "numeric", code="BUDGET_X")
    sandbox.add_field("leads", "Regions", "multiselect", code="REGIONS_X", enums=["EU", "US"])
    for number in range(3):
        sandbox.add("leads", name=f"Lead {number}", price=100 * number)


def test_a_walk_with_a_filter(cassette: Cassette) -> None:
    cassette.prepare(furnished)
    with cassette.connect(page_size=2):
        found = [(lead.name, lead.price) for lead in Lead.objects.filter(Lead.price >= 50).order_by("-id")]
    assert found == [("Lead 2", Decimal(200)), ("Lead 1", Decimal(100))]


def test_a_change_sends_only_itself(cassette: Cassette) -> None:
    cassette.prepare(furnished)
    with cassette.connect():
        deal = Deal.objects.filter(name="Lead 1").one()
        deal.budget = 12.5
        deal.regions.append("EU")
        deal.save()
        deal.refresh()
        assert (deal.budget, list(deal.regions), deal.changes) == (Decimal("12.5"), ["EU"], {})


def test_a_session_creates_in_the_right_order(cassette: Cassette) -> None:
    cassette.prepare(furnished)
    with cassette.connect() as kommo:
        with Session(kommo) as session:
            deal = Deal(name="New", price=10)
            deal.company = Company(name="Olive")
            deal.contacts.add(Person(name="Ann", phone="+15550001"), main=True)
            session.add(deal)
        stored = Deal.objects.filter(id=deal.id).include("contacts", "company").one()
        assert stored.company is not None
        assert stored.company.name == "Olive"
        assert [person.phone for person in stored.contacts.of(Person)] == ["+15550001"]


def test_a_refusal_names_the_field(cassette: Cassette) -> None:
    cassette.prepare(furnished)
    with cassette.connect():
        lead = Lead(name="X", status_id=99_999_999)
        with pytest.raises(BadRequest) as refused:
            lead.save()
    (problem,) = refused.value.items
    assert (problem.object, problem.field, problem.code) == (lead, "status_id", "NotSupportedChoice")
    assert lead.is_new


def test_nothing_found_is_no_error_but_a_missing_row_is(cassette: Cassette) -> None:
    cassette.prepare(furnished)
    with cassette.connect():
        assert Lead.objects.filter(id=1).list() == []
        with pytest.raises(NotFound):
            Lead.objects.get(1)


async def test_async_code_reads_the_same(cassette: Cassette) -> None:
    cassette.prepare(furnished)
    async with cassette.connect():
        lead = await Lead.objects.filter(name="Lead 2").aone()
        lead.price += 1
        lead.tags.add("vip")
        await lead.asave()
        await lead.arefresh()
        assert (lead.price, lead.tags.names) == (Decimal(201), ("vip",))
