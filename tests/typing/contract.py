"""What a user writes, and what the checkers say about it. Never run.

A line that must be an error carries `# type: ignore[code]`, with mypy's code; every other line must be none.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import assert_type

from kommo_orm import Company, Contact, Date, Kommo, Lead, MultiSelect, Number, Phone, Select, Session, Text, custom


class Deal(Lead):
    budget: Number = custom(551)
    source: Select = custom(name="Source")
    regions: MultiSelect = custom(553)
    signed: Date = custom(code="SIGNED_ON")
    remark: Text = custom(name="Remark")


class Person(Contact):
    phone: Phone = custom(code="PHONE")


def main_job() -> None:
    """The code of the README."""
    with Kommo("acme", token="...") as kommo:
        since = datetime.now(UTC) - timedelta(days=1)
        query = Deal.objects.filter(Deal.price >= 1000, pipeline_id=7, updated_at__gte=since)
        for deal in query.include("contacts").order_by("-updated_at").iterate():
            assert_type(deal, Deal)
            deal.regions.append("EU")
            deal.price += 100
            deal.save()

        with Session(kommo) as session:
            deal = Deal(name="New deal", price=10, budget=500)
            deal.company = Company(name="Romashka")
            deal.contacts.add(Person(name="Ann", phone="+1555000100"), main=True)
            session.add(deal)
            for lead in session.query(Deal).filter(pipeline_id=7).iterate():
                assert_type(lead, Deal)
                lead.responsible_user_id = 42


async def main_job_async() -> None:
    """The same, awaited."""
    async with Kommo("acme", token="...") as kommo:
        async for deal in Deal.objects.filter(Deal.price >= 1000):
            assert_type(deal, Deal)
            await deal.asave()
        async with Session(kommo) as session:
            session.add(Deal(name="New deal"))


def values(deal: Deal, person: Person) -> None:
    """What attributes hold."""
    assert_type(deal.id, int)
    assert_type(deal.pk, int | None)
    assert_type(deal.price, Decimal)
    assert_type(deal.budget, Decimal | None)
    assert_type(deal.signed, date | None)
    assert_type(deal.remark, str | None)
    assert_type(person.phone, str | None)
    assert_type(Deal.objects.get(5), Deal)
    assert_type(Deal.objects.first(), Deal | None)
    if deal.budget is not None:
        assert_type(deal.budget + 1, Decimal)
    deal.budget = 7
    deal.budget = None


def wrong(deal: Deal) -> None:
    """One mistake a line."""
    Lead.objects.filter(prise=1)  # type: ignore[call-arg]
    Lead.objects.filter(price__gte="1")  # type: ignore[arg-type]
    Lead.objects.filter(True)  # type: ignore[arg-type]
    Lead.objects.include("contcts")  # type: ignore[arg-type]
    Deal.budget >= "x"  # type: ignore[operator]
    Person.objects.filter(Person.phone == "x")  # type: ignore[arg-type, comparison-overlap]
    Deal.nothing  # type: ignore[attr-defined]
    Deal(budget="5")  # type: ignore[arg-type]
    Deal(bugdet=5)  # type: ignore[call-arg]
    deal.budget = "7"  # type: ignore[assignment]
    deal.budget + 1  # type: ignore[operator]
