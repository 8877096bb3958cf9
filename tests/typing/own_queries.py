"""Only type-checked: query classes of one's own, and functions that take any class of models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Self, TypeVar, assert_type

from kommo_orm import (
    CatalogElement,
    CatalogElementQuery,
    Contact,
    ContactQuery,
    Lead,
    LeadQuery,
    Model,
    Note,
    NoteQuery,
    Number,
    Query,
    Session,
    Task,
    TaskQuery,
    custom,
)

M = TypeVar("M", bound=Model)
L = TypeVar("L", bound=Lead)


class DealQuery(LeadQuery["Deal"]):
    """Queries of deals."""

    def rich(self) -> Self:
        return self.filter(Deal.budget >= 1000, price__gte=100_000)

    def richest(self) -> Deal | None:
        return self.rich().order_by("-updated_at").first()


class Deal(Lead):
    """A lead with a query class of its own."""

    budget: Number = custom(551)

    objects = DealQuery.manager()


class BigDeal(Deal):
    """Has the queries of its base."""


class Person(Contact):
    """Has the queries of contacts."""


class PersonQuery(ContactQuery[Person]):
    """Queries of persons."""

    async def astream(self) -> AsyncIterator[Person]:
        async for person in self.order_by("id"):
            yield person


def stream_open(query: LeadQuery[L], pipeline: int) -> Iterator[L]:
    yield from query.filter(pipeline_id=pipeline).iterate()


def first_of(cls: type[M]) -> M | None:
    return cls.objects.first()


def query_of(cls: type[M]) -> Query[M]:
    return cls.objects


def leads_of(cls: type[L]) -> LeadQuery[L]:
    return cls.objects


def joined(session: Session, cls: type[M]) -> Query[M]:
    return session.query(cls)


def right(session: Session) -> None:
    assert_type(Deal.objects, DealQuery)
    assert_type(Deal.objects.rich(), DealQuery)
    assert_type(Deal.objects.rich().filter(price=5).include("contacts")[:5], DealQuery)
    assert_type(Deal.objects.filter(price=5).rich().all().search("x"), DealQuery)
    assert_type(Deal.objects.get(5), Deal)
    assert_type(Deal.objects.richest(), Deal | None)
    assert_type(BigDeal.objects.rich(), DealQuery)
    assert_type(session.query(Deal), DealQuery)
    assert_type(session.query(Deal).rich().list(), list[Deal])
    assert_type(session.query(Person).filter(name="Ann"), ContactQuery[Person])
    assert_type(session.query(Note), NoteQuery[Note])
    assert_type(session.query(CatalogElement).of(5), CatalogElementQuery[CatalogElement])
    assert_type(Person.objects, ContactQuery[Person])
    assert_type(Task.objects.filter(is_completed=False), TaskQuery[Task])
    assert_type(first_of(Deal), Deal | None)
    assert_type(first_of(Note), Note | None)
    assert_type(query_of(Person), Query[Person])
    assert_type(query_of(Person).in_bulk([1]), dict[int, Person])
    assert_type(leads_of(BigDeal).filter(price=5), LeadQuery[BigDeal])
    assert_type(joined(session, Task).first(), Task | None)
    for deal in stream_open(Deal.objects.rich(), 7):
        assert_type(deal, Deal)
    for lead in stream_open(Lead.objects.all(), 7):
        assert_type(lead, Lead)


def wrong(session: Session, deal: Deal) -> None:
    Deal.objects.poor()  # type: ignore[attr-defined]
    Deal.objects.rich(5)  # type: ignore[call-arg]
    Deal.objects.rich().filter(prise=5)  # type: ignore[call-arg]
    Lead.objects.rich()  # type: ignore[attr-defined]
    session.query(Lead).rich()  # type: ignore[attr-defined]
    session.query(Deal).poor()  # type: ignore[attr-defined]
    session.query(Deal).filter(name=5)  # type: ignore[arg-type]
    stream_open(Person.objects, 7)  # type: ignore[arg-type]
    first_of(int)  # type: ignore[type-var]
    deal.objects  # type: ignore[arg-type]
    Lead(name="x").objects  # type: ignore[arg-type]


def wrong_query(cls: type[M]) -> LeadQuery[Lead]:
    return cls.objects  # type: ignore[return-value]
