"""What a user writes, and what the checkers say about it. Never run.

A line that must be an error carries `# type: ignore[code]`, with mypy's code; every other line must be none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, assert_type

from kommo_orm import (
    LOST,
    WON,
    ChangeWalk,
    Company,
    Contact,
    Date,
    Failed,
    FlushError,
    ItemError,
    Kommo,
    Lead,
    LossReason,
    MultiSelect,
    Number,
    Option,
    Phone,
    Phones,
    PhoneValue,
    Report,
    Select,
    Session,
    Tag,
    Text,
    aload,
    custom,
    load,
)
from kommo_orm.entities.leads.lead import LeadQuery
from kommo_orm.entities.lists.element_links import ElementLink
from kommo_orm.entities.shared.entity import Editable
from kommo_orm.model.condition import Assignment, Condition
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.query.query import ResultPage
from kommo_orm.unit.plan import Plan, Planned


class Deal(Lead):
    budget: Number = custom(551)
    source: Select = custom(name="Source")
    regions: MultiSelect = custom(553)
    signed: Date = custom(code="SIGNED_ON")
    remark: Text = custom(name="Remark")


class Person(Contact):
    phone: Phone = custom(code="PHONE")


class Caller(Contact):
    phones: Phones = custom(code="PHONE")


class Big(Deal):
    """A subclass of one's own class."""

    size: Number = custom(777)


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


# ---- what attributes hold
def values(deal: Deal, person: Person, caller: Caller, big: Big) -> None:
    assert_type(deal.id, int)
    assert_type(deal.pk, int | None)
    assert_type(deal.is_new, bool)
    assert_type(deal.name, str)
    assert_type(deal.price, Decimal)
    assert_type(deal.created_at, datetime)
    assert_type(deal.closed_at, datetime | None)
    assert_type(deal.loss_reason_id, int | None)
    assert_type(deal.is_deleted, bool)
    assert_type(deal.budget, Decimal | None)
    assert_type(deal.source, Option | None)
    assert_type(deal.signed, date | None)
    assert_type(deal.remark, str | None)
    assert_type(person.phone, str | None)
    assert_type(caller.phones[0], PhoneValue)
    assert_type(big.size, Decimal | None)
    assert_type(big.budget, Decimal | None)
    if deal.budget is not None:
        assert_type(deal.budget + 1, Decimal)


def setting(deal: Deal, caller: Caller) -> None:
    deal.budget = 7
    deal.budget = 7.5
    deal.budget = Decimal(7)
    deal.budget = None
    deal.price = 100
    deal.price += 1
    deal.source = "web"
    deal.source = 9911
    deal.regions = ["EU"]
    deal.regions.append("US")
    deal.signed = date(2026, 1, 1)
    deal.closed_at = None
    caller.phones = ["+1", PhoneValue("+2", "MOB")]
    caller.phones[0].kind = "WORK"
    Deal(id=5, price=3, budget=1.5, source=9911, regions=["EU"], remark=None)


def relations_of_a_new_object(person: Person) -> None:
    made = Deal(name="Roof", contacts=[person, 5], company=Company(name="Olive"), tags=["vip"])
    made.company_id = 5
    made.company_id = None
    Contact(leads=[made], company_id=7)


def objects_as_a_whole(deal: Deal) -> None:
    assert_type(deal.changes, dict[str, tuple[Any, Any]])
    assert_type(deal.has_changes, bool)
    assert_type(deal.clone(name="x"), Deal)
    assert_type(deal.to_payload(), dict[str, Any])
    assert_type(deal.extra, dict[str, Any])
    assert_type(deal.account_name, str | None)
    assert_type(deal.model_dump(), dict[str, Any])
    assert_type(Deal.model_validate({}), Deal)
    assert_type(deal.model_copy(), Deal)
    assert_type(deal.custom_fields.get(551, Number), Decimal | None)
    assert_type(deal.custom_fields.get("Remark", Text), str | None)
    deal.custom_fields["Source"] = "web"
    deal.save(only=["price"], refresh=True, if_unmodified=True)
    deal.refresh(keep_changes=True)
    deal.revert()
    deal.resolve(created_id=5)


# ---- expressions and queries
def expressions() -> None:
    assert_type(Deal.price >= 100, Condition)
    assert_type(Deal.price == Decimal(5), Condition)
    assert_type(Deal.price.between(1, 5), Condition)
    assert_type(Deal.id.in_(1, 2), Condition)
    assert_type(Deal.budget >= 100, Condition)
    assert_type(Deal.source == "web", Condition)
    assert_type(Deal.source.in_("web", 9911), Condition)
    assert_type(Deal.regions == "EU", Condition)
    assert_type(Deal.remark == "x", Condition)
    assert_type(Deal.signed >= date(2026, 1, 1), Condition)
    assert_type(Big.budget <= 5, Condition)
    assert_type(Deal.updated_at.between(datetime.now(UTC), datetime.now(UTC)), Condition)
    assert_type(Deal.budget.set(500), Assignment)
    assert_type(Deal.regions.set(["EU"]), Assignment)


def building(kommo: Kommo, since: datetime) -> None:
    query = Deal.objects.all()
    assert_type(query, LeadQuery[Deal])
    assert_type(query.filter(Deal.price >= 1, id__in=[1, 2], updated_at__range=(since, since)), LeadQuery[Deal])
    assert_type(query.filter(status__in=[(7, WON), (8, LOST)], status_id=142, pipeline_id__in={7}), LeadQuery[Deal])
    assert_type(query.order_by("-updated_at").include("contacts", "loss_reason").limit(5)[:3], LeadQuery[Deal])
    assert_type(query.search("roof").using(kommo).deleted().apply({"price__gte": "5"}), LeadQuery[Deal])
    Contact.objects.order_by("name").include("leads", "company")
    Company.objects.filter(name__in=["a"]).include("contacts")
    Tag.objects.of(Lead).filter(name="vip")


def reading() -> None:
    assert_type(Deal.objects.get(5), Deal)
    assert_type(Deal.objects.get_or_none(5), Deal | None)
    assert_type(Deal.objects.first(), Deal | None)
    assert_type(Deal.objects.one(), Deal)
    assert_type(Deal.objects.exists(), bool)
    assert_type(Deal.objects.list(), list[Deal])
    assert_type(Deal.objects.in_bulk([1]), dict[int, Deal])
    assert_type(Deal.objects.iterate(), Iterator[Deal])
    assert_type(Deal.objects.pages(), Iterator[list[Deal]])
    assert_type(Deal.objects.page(2, size=50), ResultPage[Deal])
    assert_type(Deal.objects.page(2).items, list[Deal])
    assert_type([deal.budget for deal in Deal.objects.all()], list[Decimal | None])
    assert_type(Person.objects.get(5).phone, str | None)
    assert_type(LossReason.objects.list(), list[LossReason])
    assert_type(Tag.objects.of(Contact).first(), Tag | None)
    assert_type(Lead.objects.get(id=5), Lead)
    assert_type(Deal.objects.get(Deal.budget == 5, name="Roof"), Deal)
    assert_type(Deal.objects.get_or_none(name="Roof"), Deal | None)
    assert_type(Lead.objects.filter(Lead.id.in_([1, 2])).none().list(), list[Lead])
    Lead.objects.filter(Lead.id.in_(pk for pk in (1, 2)))
    Lead.objects.filter(id__in=[])


def writing(deals: list[Deal]) -> None:
    assert_type(Deal.objects.create(name="x", price=5), Deal)
    assert_type(Deal.objects.bulk_create(deals), Report)
    assert_type(Deal.objects.bulk_update(deals), Report)
    assert_type(Deal.objects.all().update(Deal.budget.set(5), price=1), Report)
    assert_type(LossReason.objects.all().delete(), Report)


async def asynchronous(deal: Deal) -> None:
    assert_type(await Deal.objects.aget(5), Deal)
    assert_type(await Deal.objects.afirst(), Deal | None)
    assert_type(await Deal.objects.alist(), list[Deal])
    assert_type(await Deal.objects.ain_bulk([1]), dict[int, Deal])
    assert_type(Deal.objects.aiterate(), AsyncIterator[Deal])
    assert_type(await Deal.objects.apage(1), ResultPage[Deal])
    assert_type(await Deal.objects.acreate(name="x"), Deal)
    assert_type(await Deal.objects.filter(id=5).aupdate(price=1), Report)
    assert_type([found.price async for found in Deal.objects.all()], list[Decimal])
    await deal.asave(only=["price"])
    await deal.arefresh()
    await aload([deal], "contacts")


# ---- relations
def relations(deal: Deal, person: Person) -> None:
    assert_type(deal.contacts, RelatedObjects[Contact])
    assert_type(deal.contacts.of(Person), RelatedObjects[Person])
    assert_type([one.phone for one in deal.contacts.of(Person)], list[str | None])
    assert_type(deal.contacts.ids, tuple[int, ...])
    assert_type(deal.contacts.main, Contact | None)
    assert_type(deal.company, Company | None)
    assert_type(deal.company_id, int | None)
    assert_type(deal.tags.names, tuple[str, ...])
    assert_type(next(iter(deal.tags)), Tag)
    assert_type(deal.loss_reason, LossReason | None)
    assert_type(deal.catalog_elements.links, list[ElementLink])
    assert_type([lead.price for lead in person.leads], list[Decimal])
    deal.contacts.add(person, 5, main=True)
    deal.contacts.remove(5)
    deal.contacts.set([person])
    deal.contacts.clear()
    deal.contacts = [person, 5]
    deal.company = Company(name="x")
    deal.company = 5
    deal.company = None
    deal.tags.add("vip", 5, Tag(id=7))
    deal.tags = ["vip"]
    deal.tags = ("vip", 5)
    deal.tags.set({"vip", "roof"})
    deal.tags.set(name for name in ("vip", "roof"))
    deal.catalog_elements.add(880, catalog_id=3005, quantity=2.5)
    load([deal], "contacts", "company")


# ---- sessions
def sessions(kommo: Kommo, deal: Deal) -> None:
    session = Session(kommo, batch_size=100, concurrency=2, progress=lambda done, total: None, check_stale=True)
    assert_type(session.query(Deal), LeadQuery[Deal])
    walk = session.query(Deal).changed_since(datetime.now(UTC))
    assert_type((walk, walk.watermark), tuple[ChangeWalk[Deal], datetime])
    assert_type((next(iter(walk)), next(walk.pages())), tuple[Deal, list[Deal]])
    assert_type(session.query(Deal).filter(pipeline_id=7).first(), Deal | None)
    assert_type(session.get(Deal, 5), Deal)
    assert_type(session.new, list[Editable])
    assert_type(session.plan(), Plan)
    assert_type(session.plan()[0], Planned)
    assert_type(session.flush(), Report)
    assert_type(session.commit(), Report)
    assert_type(deal in session, bool)
    session.add(deal)
    session.load([deal], "contacts")
    session.expunge(deal)
    session.rollback()
    deal.save(using=session)
    assert_type(Deal.objects.using(session).get(5), Deal)
    report = session.report
    assert_type(report.created, list[Any])
    assert_type(report.failed, list[Failed])
    assert_type((report.requests, report.seconds), tuple[int, float])
    try:
        session.flush()
    except FlushError as error:
        assert_type(error.report, Any)


async def asynchronous_sessions(kommo: Kommo) -> None:
    async with kommo.session() as session:
        assert_type(await session.aget(Deal, 5), Deal)
        assert_type(await session.aflush(), Report)
        async for deal in session.query(Deal):
            assert_type(deal, Deal)


def errors(problem: ItemError) -> None:
    assert_type((problem.field, problem.code, problem.path), tuple[str | None, str | None, str])


# ---- mistakes, one a line
def set_wrong_relations(deal: Deal) -> None:
    deal.company_id = "x"  # type: ignore[assignment]
    deal.loss_reason = LossReason(id=5)  # type: ignore[assignment]
    Deal.objects.filter(Deal.contacts == 5)  # type: ignore[arg-type, comparison-overlap]
    Deal.objects.filter(Deal.company == 5)  # type: ignore[arg-type, comparison-overlap]
    Deal.objects.changed_since("2026-01-01")  # type: ignore[arg-type]


def wrong(deal: Deal, person: Person, session: Session, deals: Sequence[Deal]) -> None:
    Lead.objects.filter(prise=1)  # type: ignore[call-arg]
    Deal(company_id="x")  # type: ignore[arg-type]
    Deal(tags="vip")  # type: ignore[arg-type]
    Deal(contacts=5)  # type: ignore[arg-type]
    Deal(notes=[])  # type: ignore[call-arg]
    Lead.objects.filter(price__gte="1")  # type: ignore[arg-type]
    Lead.objects.filter(True)  # type: ignore[arg-type]
    Lead.objects.filter(status__in=[5])  # type: ignore[list-item]
    Contact.objects.filter(price=1)  # type: ignore[call-arg]
    Lead.objects.include("contcts")  # type: ignore[arg-type]
    Lead.objects.order_by("prise")  # type: ignore[arg-type]
    Contact.objects.order_by("created_at")  # type: ignore[arg-type]
    Lead.objects.create(prise=1)  # type: ignore[call-arg]
    Lead.objects.all().update(price="1")  # type: ignore[arg-type]
    Lead.objects.delete()  # type: ignore[attr-defined]
    Lead.objects.get("5")  # type: ignore[call-overload]
    Lead.objects.get_or_none(5, 6)  # type: ignore[call-overload]
    Lead.objects.filter(Lead.id.in_("5"))  # type: ignore[call-overload]
    Lead.objects.filter(Lead.id.in_(["5"]))  # type: ignore[list-item]
    Deal.budget >= "x"  # type: ignore[operator]
    Deal.signed >= 5  # type: ignore[operator]
    Deal.budget.set("x")  # type: ignore[arg-type]
    Person.objects.filter(Person.phone == "x")  # type: ignore[arg-type, comparison-overlap]
    Deal.price.between(1, "x")  # type: ignore[arg-type]
    Deal.nothing  # type: ignore[attr-defined]
    Deal(budget="5")  # type: ignore[arg-type]
    Deal(bugdet=5)  # type: ignore[call-arg]
    Deal(updated_at=datetime.now(UTC))  # type: ignore[arg-type]
    Deal("x")  # type: ignore[call-arg, arg-type]
    deal.nothing  # type: ignore[attr-defined]
    deal.budget = "7"  # type: ignore[assignment]
    deal.price = None  # type: ignore[assignment]
    deal.name = 5  # type: ignore[assignment]
    deal.updated_at = datetime.now(UTC)  # type: ignore[assignment]
    deal.budget + 1  # type: ignore[operator]
    deal.company = "Olive"  # type: ignore[assignment]
    deal.company_id = "x"  # type: ignore[assignment]
    deal.contacts.add("Ann")  # type: ignore[arg-type]
    deal.tags = "vip"  # type: ignore[assignment]
    deal.tags.set("vip")  # type: ignore[arg-type]
    deal.contacts.of(Deal).ids + 5  # type: ignore[operator]
    deal.delete()  # type: ignore[attr-defined]
    person.leads.prise  # type: ignore[attr-defined]
    session.get(Deal, "5")  # type: ignore[arg-type]
    session.add("x")  # type: ignore[arg-type]
    session.query(Deal).filter(prise=1)  # type: ignore[call-arg]
    deals[0].regions.append(5.5)  # type: ignore[arg-type]
