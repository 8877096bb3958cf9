"""`Lead.objects`: lazy and immutable; what it asks is compared as the URL that arrives, which a strict account accepts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import unquote

import pytest

from kommo_orm import Company, ConfigurationError, Contact, Kommo, Lead, NotFound, QueryError, Tag
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, Person, asked
from tests.query.test_filters import CARDS, LEADS, url_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = 1767225600
Made = Callable[[], Any]


# ---- refused when built
@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: Lead.objects.filter(prise=1), 'unknown filter "prise" of Lead; did you mean "price"?'),
        (lambda: Lead.objects.filter(price__get=1), 'unknown filter "price__get" of Lead; did you mean "price__gte"?'),
        (lambda: Lead.objects.filter(zzzzz=1), 'unknown filter "zzzzz" of Lead; it has closed_at__gte'),
        (lambda: Lead.objects.filter(closed_at=NOW), "did you mean|it can by"),
        (lambda: Lead.objects.filter(score=1), "cannot filter Lead by score|did you mean"),
        (lambda: Lead.objects.filter(labor_cost=1), "Kommo cannot filter Lead by labor_cost"),
        (lambda: Lead.objects.filter(price__in=[1]), "did you mean|it can by"),
        (lambda: Contact.objects.filter(price=1), 'unknown filter "price" of Contact'),
        (lambda: Lead.objects.filter(price="5"), "Cannot filter Lead by price: expected a number, got '5'"),
        (lambda: Lead.objects.filter(id__in=5), "expected several values, got 5"),
        (lambda: Lead.objects.filter(name__in="abc"), "expected several values, got 'abc'"),
        (lambda: Lead.objects.filter(price__range=(1,)), "Cannot filter Lead by price"),
        (lambda: Lead.objects.filter(price__range=5), "Cannot filter Lead by price"),
        (lambda: Lead.objects.filter(updated_at__gte=datetime(2026, 1, 1)), "has no time zone"),  # noqa: DTZ001
        (lambda: Lead.objects.filter(True), r"filter\(\) takes conditions such as Lead.id == 5, not True"),
        (
            lambda: Lead.objects.filter(Contact.id == 5).filter(Contact.name == "x", Person.is_unsorted == 1),
            "cannot filter|no field",
        ),
        (lambda: Lead.objects.filter(Deal.budget >= 5), "Deal.budget is no field of Lead"),
        (
            lambda: Lead.objects.filter(status__in=[5]),
            r"a stage is a pair \(pipeline_id, status_id\) or a Status, not 5",
        ),
        (lambda: Lead.objects.filter(status_id="won"), "a status id is a whole number, not 'won'"),
        (
            lambda: Lead.objects.order_by("prise"),
            "Kommo cannot order Lead by 'prise' .*; it orders by id, created_at, updated_at",
        ),
        (lambda: Lead.objects.order_by("-update_at"), "did you mean 'updated_at'?"),
        (lambda: Contact.objects.order_by("created_at"), "Kommo cannot order Contact by 'created_at'"),
        (lambda: Lead.objects.include("contcts"), "Lead cannot include 'contcts'; did you mean 'contacts'?"),
        (lambda: Lead.objects.include("zzz"), "it can include contacts, company"),
        (lambda: Lead.objects.include("only_deleted"), "Lead cannot include 'only_deleted'"),
        (lambda: Lead.objects.search(" "), r"search\(\) needs a text"),
        (lambda: Lead.objects.limit(-1), r"limit\(\) takes a whole number from 0 on, not -1"),
        (lambda: Lead.objects.limit(True), r"limit\(\) takes a whole number"),
        (lambda: Lead.objects[1:5], r"query\[:n\] limits"),
        (lambda: Lead.objects[5], r"query\[:n\] limits"),
        (lambda: Lead.objects[::2], r"query\[:n\] limits"),
        (lambda: Lead.objects[-5:], r"query\[:n\] limits"),
        (lambda: len(Lead.objects), r"len\(\): Kommo gives no totals. Use .exists\(\), or count while iterating"),
        (lambda: Lead.objects.count(), r"count\(\): Kommo gives no totals"),
        (lambda: bool(Lead.objects), r"A query has no truth value: use .exists\(\)"),
        (lambda: Lead.objects.page(0), "pages are numbered from 1 and hold 1 to 250 rows; got page 0 of size 50"),
        (lambda: Lead.objects.page(1, size=251), "got page 1 of size 251"),
        (lambda: Lead.objects.get(0), "an id is a positive whole number, not 0"),
        (lambda: Lead.objects.get("5"), "an id is a positive whole number, not '5'"),
        (lambda: Lead.objects.get(True), "an id is a positive whole number, not True"),
        (lambda: Lead.objects.in_bulk([5, -1]), "an id is a positive whole number, not -1"),
        (
            lambda: Tag.objects.list(),
            r"Tag lives under another entity: say which with .of\(...\) \(one of leads, contacts",
        ),
        (lambda: Tag.objects.of(Tag), "Tag lives under leads, contacts"),
        (lambda: Tag.objects.of(Lead).deleted(), "Kommo does not list deleted Tag rows"),
        (
            lambda: Lead.objects.filter(status_id=11).list(),
            r"Filter by status_id together with its pipeline_id \(only 142 and 143",
        ),
        (
            lambda: Lead.objects.filter(id=5).filter(id=6),
            r"Lead is filtered by id twice \(id=5 and id=6\): Kommo would not take both",
        ),
        (lambda: Lead.objects.filter(Lead.price >= 5, price__range=(1, 2)), "Lead is filtered by price twice"),
        (lambda: Deal.objects.filter(Deal.budget <= 5, Deal.budget <= 6), "Deal is filtered by budget twice"),
        (lambda: Lead.objects.filter(status_id=11).filter(status_id=12), "Lead is filtered by status_id twice"),
        (lambda: Lead.objects.filter(status_id=142, status__in=[(7, 143)]).list(), "Lead is filtered by status twice"),
        (lambda: Lead.objects.filter(name="x").deleted().list(), r".deleted\(\) combines with filters by id alone"),
    ],
    ids=count(),
)
def test_what_kommo_cannot_do_is_refused_in_a_sentence_and_nothing_is_asked(
    kommo: Kommo, sandbox: Sandbox, build: Made, sentence: str
):
    with pytest.raises(QueryError, match=sentence):
        build()
    assert len(sandbox.log) == 0


def test_objects_belongs_to_the_class():
    with pytest.raises(AttributeError, match="Lead.objects belongs to the class, not to an object of it"):
        Lead(id=5).objects  # noqa: B018


# ---- lazy and immutable
def test_building_asks_nothing_and_changes_nothing(kommo: Kommo, sandbox: Sandbox):
    base = Lead.objects.all()
    before = copy.copy(vars(base))
    narrowed = base.filter(id=5).order_by("-id").include("contacts").limit(3).search("x").using(kommo)
    assert vars(base) == before
    assert narrowed is not base
    assert base[:5] is not base
    base.deleted()
    assert vars(base) == before
    assert len(sandbox.log) == 0
    assert repr(base) == "<Lead query all>"
    assert repr(narrowed) == "<Lead query id=5 search='x' limit=3>"


def test_results_are_not_cached(kommo: Kommo, sandbox: Sandbox):
    query = Lead.objects.all()
    assert query.list() == []
    sandbox.add("leads", name="Roof")
    assert len(query.list()) == 1


def test_filters_add_up(kommo: Kommo, sandbox: Sandbox):
    query = Lead.objects.filter(name="x").filter(Lead.price >= 5, pipeline_id=7)
    assert url_of(sandbox, query) == LEADS.format("filter[name][]=x&filter[price][from]=5&filter[pipeline_id][]=7&")


# ---- orders, search, includes
@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (Lead, "id"),
        (Lead, "created_at"),
        (Lead, "updated_at"),
        *((cls, name) for cls in (Contact, Company) for name in ("id", "updated_at", "name")),
    ],
    ids=lambda part: getattr(part, "__name__", part),
)
def test_orders(kommo: Kommo, sandbox: Sandbox, cls, name):
    kind = cls.__kommo_kind__
    for text in "bca":
        sandbox.add(kind, name=text)
    assert f"order[{name}]=asc" in url_of(sandbox, cls.objects.order_by(name))
    assert f"order[{name}]=desc" in url_of(sandbox, cls.objects.order_by(f"-{name}"))
    values = [getattr(model, name) for model in cls.objects.order_by(f"-{name}")]
    assert values == sorted(values, reverse=True)
    assert "order[id]=asc" in url_of(
        sandbox, cls.objects.order_by("name" if cls is not Lead else "updated_at").order_by("id")
    )


def test_search_asks_for_a_text_and_combines(kommo: Kommo, sandbox: Sandbox):
    sandbox.add(
        "contacts", name="Ann", custom_fields_values=[{"field_code": "PHONE", "values": [{"value": "+34 600 111 222"}]}]
    )
    sandbox.add("contacts", name="Bob")
    assert Contact.objects.search("600111222").one().name == "Ann"
    assert url_of(sandbox, Contact.objects.search("a b").filter(id=5)) == CARDS.format("query=a b&filter[id][]=5&")


@pytest.mark.parametrize(
    ("cls", "names", "written"),
    [
        (Lead, ("contacts",), "contacts"),
        (Lead, ("company",), "contacts"),
        (Lead, ("loss_reason", "source"), "contacts,loss_reason,source"),
        (Lead, ("source_id", "is_price_modified_by_robot"), "contacts,is_price_modified_by_robot,source_id"),
        (Contact, ("leads", "company"), "leads"),
        (Contact, ("customers",), "customers"),
        (Contact, ("social_profiles",), "social_profiles"),
        (Company, ("contacts", "leads"), "contacts,leads"),
        (Company, ("catalog_elements",), "catalog_elements"),
    ],
    ids=str,
)
def test_includes_are_asked_of_the_service_where_it_must_be(kommo: Kommo, sandbox: Sandbox, cls, names, written):
    assert url_of(sandbox, cls.objects.include(*names)).startswith(f"with={written}&order")
    assert url_of(sandbox, cls.objects.include(names[0]).include(*names)).startswith(f"with={written}&order")


# ---- reading
@pytest.fixture
def leads(kommo: Kommo, sandbox: Sandbox) -> list[int]:
    return [int(sandbox.add("leads", name=f"Lead {number}", price=number)["id"]) for number in range(10)]


def test_get_reads_one_row_and_says_when_there_is_none(kommo: Kommo, sandbox: Sandbox, leads: list[int]):
    assert Lead.objects.get(leads[3]).name == "Lead 3"
    assert asked(sandbox) == [f"/api/v4/leads/{leads[3]}"]
    with pytest.raises(
        NotFound,
        match=r"sandbox.kommo.com has no Lead 999 that this token may see; rows in the trash are listed by .deleted\(\)",
    ):
        Lead.objects.get(999)
    assert Lead.objects.get_or_none(999) is None
    assert Lead.objects.get_or_none(leads[0]) is not None


def test_get_within_a_filter_finds_only_what_the_filter_does(kommo: Kommo, sandbox: Sandbox, leads: list[int]):
    assert Lead.objects.filter(name="Lead 3").get(leads[3]).id == leads[3]
    with pytest.raises(NotFound):
        Lead.objects.filter(name="Lead 3").get(leads[4])
    assert Lead.objects.filter(name="Lead 3").get_or_none(leads[4]) is None
    assert set(Lead.objects.filter(price__gte=5).in_bulk(leads)) == set(leads[5:])
    with pytest.raises(NotFound):
        Lead.objects.search("Lead 3").get(leads[4])
    assert set(Lead.objects.filter(id__in=leads[:3]).in_bulk(leads[2:5])) == {leads[2]}
    with pytest.raises(NotFound):
        Lead.objects.filter(id=leads[0]).get(leads[1])


def test_rows_of_the_trash_are_got_by_id_too(kommo: Kommo, sandbox: Sandbox, leads: list[int]):
    sandbox.trash("leads", leads[0])
    assert Lead.objects.deleted().get(leads[0]).is_deleted is True
    assert set(Lead.objects.deleted().in_bulk(leads)) == {leads[0]}
    with pytest.raises(NotFound):
        Lead.objects.deleted().get(leads[1])


def test_first_one_and_exists_ask_for_as_little_as_they_need(kommo: Kommo, sandbox: Sandbox, leads: list[int]):
    first = Lead.objects.order_by("-id").first()
    assert first is not None
    assert first.id == leads[-1]
    assert Lead.objects.filter(price=3).one().id == leads[3]
    assert Lead.objects.filter(price=3).exists() is True
    assert Lead.objects.filter(price=99).exists() is False
    assert Lead.objects.filter(price=99).first() is None
    with pytest.raises(NotFound, match="<Lead query price=Decimal\\('99'\\)> finds nothing"):
        Lead.objects.filter(price=99).one()
    with pytest.raises(QueryError, match="finds more than one; add filters, or use first"):
        Lead.objects.one()
    assert [unquote(entry.query).rpartition("limit=")[2] for entry in sandbox.log] == [
        "1",
        "2",
        "1",
        "1",
        "1",
        "2",
        "2",
    ]
    assert Lead.objects.limit(0).first() is None
    assert not Lead.objects.limit(0).exists()


def test_limits_ask_for_no_more_and_give_no_more(kommo: Kommo, sandbox: Sandbox, leads: list[int]):
    assert [lead.id for lead in Lead.objects[:3]] == leads[:3]
    assert "page=1&limit=3" in unquote(sandbox.log[-1].query)
    assert Lead.objects.limit(0).list() == []
    assert len(sandbox.log) == 1
    assert len(Lead.objects.limit(100).list()) == 10


def test_a_limit_beyond_a_page_stops_in_the_middle_of_one(sandbox: Sandbox, leads: list[int]):
    with sandbox.connect(page_size=4):
        sandbox.log.clear()
        assert [lead.id for lead in Lead.objects.limit(6)] == leads[:6]
        assert len(sandbox.log) == 2
        assert [len(page) for page in Lead.objects.pages()] == [4, 4, 2]
        assert [[lead.id for lead in page] for page in Lead.objects.limit(5).pages()] == [leads[:4], leads[4:5]]


def test_a_page_by_its_number(kommo: Kommo, sandbox: Sandbox, leads: list[int]):
    page = Lead.objects.page(2, size=4)
    assert ([lead.id for lead in page], page.number, page.has_next, len(page)) == (leads[4:8], 2, True, 4)
    last = Lead.objects.page(3, size=4)
    assert ([lead.id for lead in last.items], last.has_next) == (leads[8:], False)
    assert Lead.objects.page(9).items == []


def test_in_bulk_asks_for_250_ids_at_a_time(kommo: Kommo, sandbox: Sandbox):
    pks = [int(sandbox.add("leads", name=str(number))["id"]) for number in range(260)]
    found = Lead.objects.in_bulk([*pks, *pks[:5], 99999])
    assert sorted(found) == pks
    assert all(lead.id == pk for pk, lead in found.items())
    assert len(sandbox.log) == 2
    assert Lead.objects.in_bulk([]) == {}
    assert len(sandbox.log) == 2
    with pytest.raises(QueryError, match="Kommo cannot list LossReason by ids"):
        from kommo_orm import LossReason

        LossReason.objects.in_bulk([1])


def test_deleted_rows_are_listed_on_request(kommo: Kommo, sandbox: Sandbox, leads: list[int]):
    for pk in leads[:2]:
        sandbox.trash("leads", pk)
    assert [lead.id for lead in Lead.objects.deleted()] == leads[:2]
    assert [lead.id for lead in Lead.objects.deleted().filter(id__in=leads[1:3])] == [leads[1]]
    assert len(Lead.objects.list()) == 8
    assert Lead.objects.deleted().limit(1).list()[0].updated_by is not None


# ---- whose
def test_a_query_may_be_kept_and_used_on_several_accounts(sandbox: Sandbox):
    other = Sandbox(subdomain="other")
    other.add("leads", name="Other")
    sandbox.add("leads", name="Mine")
    query = Lead.objects.all()
    with sandbox.connect() as one, other.connect() as two:
        assert query.using(one).one().name == "Mine"
        assert query.using(two).one().name == "Other"
        assert query.using(one).one().account_name == "sandbox.kommo.com"


def test_a_parent_must_be_stored():
    from kommo_orm.entities.pipelines.status import Status  # noqa: F401

    with pytest.raises((ConfigurationError, QueryError)):
        Tag.objects.of(Lead(name="new"))


async def test_the_same_in_async_code(sandbox: Sandbox):
    pks = [int(sandbox.add("leads", name=f"Lead {number}", price=number)["id"]) for number in range(10)]
    async with sandbox.connect(page_size=4):
        assert [lead.id async for lead in Lead.objects.all()] == pks
        assert [lead.id async for lead in Lead.objects.filter(price__gte=8).aiterate()] == pks[8:]
        assert [len(page) async for page in Lead.objects.apages()] == [4, 4, 2]
        assert len(await Lead.objects.alist()) == 10
        assert (await Lead.objects.aget(pks[3])).name == "Lead 3"
        assert await Lead.objects.aget_or_none(999) is None
        assert await Lead.objects.aget_or_none(pks[0]) is not None
        assert (await Lead.objects.filter(price=3).aone()).id == pks[3]
        first = await Lead.objects.order_by("-id").afirst()
        assert first is not None
        assert first.id == pks[-1]
        assert await Lead.objects.filter(price=99).afirst() is None
        assert await Lead.objects.aexists()
        assert set(await Lead.objects.ain_bulk(pks[:2])) == set(pks[:2])
        page = await Lead.objects.apage(2, size=4)
        assert (len(page), page.has_next) == (4, True)
        made = await Lead.objects.acreate(name="New", price=5)
        assert (await Lead.objects.aget(made.id)).price == 5
        report = await Lead.objects.filter(name="New").aupdate(price=6)
        assert (len(report.updated), (await Lead.objects.aget(made.id)).price) == (1, 6)
