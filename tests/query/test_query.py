"""`Lead.objects`: lazy and immutable; what it asks is compared as the URL that arrives, which a strict account accepts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import unquote

import pytest

from kommo_orm import LOST, WON, Company, ConfigurationError, Contact, Kommo, Lead, NotFound, QueryError, Tag
from kommo_orm.query.query import Query
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, Person, asked, field_id, option_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = 1767225600
Made = Callable[[], Any]


def url_of(sandbox: Sandbox, query: Query[Any], path: str = "") -> str:
    """The query string of the first page; the account must have taken it."""
    sandbox.log.clear()
    query.list()
    entries = [entry for entry in sandbox.log if path in entry.path]
    assert {entry.status for entry in entries} <= {200, 204}
    return unquote(entries[-1].query)


LEADS = "with=contacts&{}order[id]=asc&page=1&limit=250"
CARDS = "{}order[id]=asc&page=1&limit=250"

COMMON: list[tuple[dict[str, Any], str]] = [
    ({"id": 5}, "filter[id][]=5"),
    ({"id__in": [5, 6]}, "filter[id][]=5&filter[id][]=6"),
    ({"id__in": range(5, 7)}, "filter[id][]=5&filter[id][]=6"),
    ({"name": "Roof & Co"}, "filter[name][]=Roof & Co"),
    ({"name__in": ["a", "b"]}, "filter[name][]=a&filter[name][]=b"),
    ({"created_by": 0}, "filter[created_by][]=0"),
    ({"created_by__in": [0, 1]}, "filter[created_by][]=0&filter[created_by][]=1"),
    ({"updated_by": 7}, "filter[updated_by][]=7"),
    ({"updated_by__in": [7]}, "filter[updated_by][]=7"),
    ({"responsible_user_id": 7}, "filter[responsible_user_id][]=7"),
    ({"responsible_user_id__in": [7, 8]}, "filter[responsible_user_id][]=7&filter[responsible_user_id][]=8"),
    *(
        (lookup, written)
        for name in ("created_at", "updated_at", "closest_task_at")
        for lookup, written in [
            ({f"{name}__gte": NOW}, f"filter[{name}][from]={STAMP}"),
            ({f"{name}__lte": NOW}, f"filter[{name}][to]={STAMP}"),
            ({f"{name}__range": (NOW, NOW)}, f"filter[{name}][from]={STAMP}&filter[{name}][to]={STAMP}"),
        ]
    ),
]
OF_LEADS: list[tuple[dict[str, Any], str]] = [
    ({"price": 5}, "filter[price]=5"),
    ({"price": Decimal("5.50")}, "filter[price]=5.5"),
    ({"price": 0}, "filter[price]=0"),
    ({"price": Decimal("1E+3")}, "filter[price]=1000"),
    ({"price__gte": 5}, "filter[price][from]=5"),
    ({"price__lte": 0.1}, "filter[price][to]=0.1"),
    ({"price__range": (1, 5)}, "filter[price][from]=1&filter[price][to]=5"),
    ({"pipeline_id": 7}, "filter[pipeline_id][]=7"),
    ({"pipeline_id__in": [7, 8]}, "filter[pipeline_id][]=7&filter[pipeline_id][]=8"),
    ({"pipeline_id": 7, "status_id": 11}, "filter[statuses][0][pipeline_id]=7&filter[statuses][0][status_id]=11"),
    (
        {"pipeline_id__in": [7, 8], "status_id": WON},
        "filter[statuses][0][pipeline_id]=7&filter[statuses][0][status_id]=142"
        "&filter[statuses][1][pipeline_id]=8&filter[statuses][1][status_id]=142",
    ),
    ({"status_id": LOST}, "filter[statuses][0][status_id]=143"),
    (
        {"status__in": [(7, 142), (8, 11)]},
        "filter[statuses][0][pipeline_id]=7&filter[statuses][0][status_id]=142"
        "&filter[statuses][1][pipeline_id]=8&filter[statuses][1][status_id]=11",
    ),
    ({"closed_at__gte": NOW}, f"filter[closed_at][from]={STAMP}"),
    ({"closed_at__lte": NOW}, f"filter[closed_at][to]={STAMP}"),
    ({"closed_at__range": (NOW, NOW)}, f"filter[closed_at][from]={STAMP}&filter[closed_at][to]={STAMP}"),
    ({"price__gte": 5, "name": "x"}, "filter[price][from]=5&filter[name][]=x"),
]


@pytest.mark.parametrize(
    ("cls", "frame", "lookups", "written"),
    [
        *((Lead, LEADS, *case) for case in [*COMMON, *OF_LEADS]),
        *((Contact, CARDS, *case) for case in COMMON),
        *((Company, CARDS, *case) for case in COMMON),
    ],
    ids=lambda part: part.__name__ if isinstance(part, type) else repr(part) if isinstance(part, dict) else "",
)
def test_every_filter_is_written_as_the_service_reads_it(kommo: Kommo, sandbox: Sandbox, cls, frame, lookups, written):
    assert url_of(sandbox, cls.objects.filter(**lookups)) == frame.format(f"{written}&")


@pytest.mark.parametrize(
    ("made", "same"),
    [
        (lambda: Lead.id == 5, {"id": 5}),
        (lambda: Lead.id.in_(5, 6), {"id__in": [5, 6]}),
        (lambda: Lead.name == "x", {"name": "x"}),
        (lambda: Lead.price >= 5, {"price__gte": 5}),
        (lambda: Lead.price <= 5, {"price__lte": 5}),
        (lambda: Lead.price == 5, {"price": 5}),
        (lambda: Lead.price.between(1, 5), {"price__range": (1, 5)}),
        (lambda: Lead.updated_at >= NOW, {"updated_at__gte": NOW}),
        (lambda: Lead.closed_at.between(NOW, NOW), {"closed_at__range": (NOW, NOW)}),
        (lambda: Lead.pipeline_id == 7, {"pipeline_id": 7}),
    ],
    ids=range(10),
)
def test_an_expression_is_the_same_filter(kommo: Kommo, sandbox: Sandbox, made: Made, same: dict[str, Any]):
    assert url_of(sandbox, Lead.objects.filter(made())) == url_of(sandbox, Lead.objects.filter(**same))


@pytest.mark.parametrize(
    ("made", "key", "written"),
    [
        (lambda: Deal.objects.filter(Deal.budget >= 100), "Budget", "[from]=100"),
        (lambda: Deal.objects.filter(Deal.budget <= 0.5), "Budget", "[to]=0.5"),
        (lambda: Deal.objects.filter(Deal.budget == 7), "Budget", "[]=7"),
        (lambda: Deal.objects.filter(Deal.budget.between(1, 2)), "Budget", "[from]=1&{}[to]=2"),
        (lambda: Deal.objects.filter(Deal.budget.in_(1, 2)), "Budget", "[]=1&{}[]=2"),
        (lambda: Deal.objects.filter(Deal.source == "web"), "Source", "[]=<web>"),
        (lambda: Deal.objects.filter(Deal.source.in_("web", "call")), "Source", "[]=<web>&{}[]=<call>"),
        (lambda: Deal.objects.filter(Deal.remark == "x y"), "Remark", "[]=x y"),
        (lambda: Deal.objects.filter(Deal.signed >= date(2026, 7, 1)), "Signed on", "[from]=1782860400"),
        (lambda: Deal.objects.filter(Deal.signed <= date(2026, 7, 1)), "Signed on", "[to]=1782946799"),
    ],
    ids=range(10),
)
def test_custom_fields_are_filtered_by_id_whatever_they_are_mapped_by(
    kommo: Kommo, sandbox: Sandbox, made: Made, key, written
):
    filtered = f"filter[custom_fields_values][{field_id(sandbox, key)}]"
    for option in ("web", "call"):
        written = written.replace(f"<{option}>", str(option_id(sandbox, "Source", option)))
    url = url_of(sandbox, made(), "/api/v4/leads")
    assert url == LEADS.format(f"{filtered}{written.format(filtered)}&")


@pytest.mark.parametrize(
    ("lookups", "same"),
    [
        ({"budget__gte": 100}, lambda: Deal.budget >= 100),
        ({"budget": 7}, lambda: Deal.budget == 7),
        ({"budget__in": [1, 2]}, lambda: Deal.budget.in_(1, 2)),
        ({"budget__range": (1, 2)}, lambda: Deal.budget.between(1, 2)),
        ({"budget__lte": 2}, lambda: Deal.budget <= 2),
        ({"source": "web"}, lambda: Deal.source == "web"),
    ],
    ids=range(6),
)
def test_custom_fields_have_lookups_too(kommo: Kommo, sandbox: Sandbox, lookups: dict[str, Any], same: Made):
    by_lookup = Deal.objects.filter(**lookups)  # checkers do not know them, apply() is for them
    assert url_of(sandbox, by_lookup, "/leads") == url_of(sandbox, Deal.objects.filter(same()), "/leads")


def test_names_and_options_are_asked_before_the_list_and_a_wrong_one_is_refused_without_it(
    kommo: Kommo, sandbox: Sandbox
):
    Deal.objects.filter(Deal.source == "web").list()
    assert asked(sandbox) == ["/api/v4/leads/custom_fields", "/api/v4/leads"]
    with pytest.raises(
        QueryError,
        match="Cannot filter Deal by source: 'wep' is not an option of custom field 'Source'; did you mean 'web'?",
    ):
        Deal.objects.filter(Deal.source == "wep").list()
    assert len(asked(sandbox)) == 2


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
        (lambda: Lead.objects.filter(id__in=[]), "no values given; Kommo would answer with the whole list"),
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


# ---- untyped lookups
@pytest.mark.parametrize(
    ("given", "same"),
    [
        ({"price__gte": "1000"}, {"price__gte": 1000}),
        ({"id__in": "1, 2"}, {"id__in": [1, 2]}),
        ({"id__in": ["1", 2]}, {"id__in": [1, 2]}),
        ({"price__range": "1,5"}, {"price__range": (1, 5)}),
        ({"name": "x"}, {"name": "x"}),
        ({"updated_at__gte": "2026-01-01T00:00:00Z"}, {"updated_at__gte": NOW}),
        ({"updated_at__gte": str(STAMP)}, {"updated_at__gte": NOW}),
        ({"pipeline_id": "7", "status_id": "11"}, {"pipeline_id": 7, "status_id": 11}),
        ({"status__in": [["7", "142"]]}, {"status__in": [(7, 142)]}),
        ({"budget__gte": "5.5"}, {"budget__gte": Decimal("5.5")}),
        ({"source": "web"}, {"source": "web"}),
        ({"source__in": "web,call"}, {"source__in": ["web", "call"]}),
        ({"regions": "EU"}, {"regions": "EU"}),
        ({"regions__in": "EU,US"}, {"regions__in": ["EU", "US"]}),
        ({"signed__gte": "2026-07-01"}, {"signed__gte": date(2026, 7, 1)}),
        ({"remark": "x"}, {"remark": "x"}),
    ],
    ids=repr,
)
def test_a_query_string_makes_the_same_query(kommo: Kommo, sandbox: Sandbox, given, same):
    applied = Deal.objects.apply(given)
    assert url_of(sandbox, applied, "/leads") == url_of(sandbox, Deal.objects.filter(**same), "/leads")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"prise": "1"}, 'unknown filter "prise" of Deal; did you mean "price"?'),
        ({"price__gte": "many"}, "filter 'price__gte' of Deal: 'many' does not fit"),
        ({"id__in": "1,x"}, "filter 'id__in' of Deal"),
        ({"updated_at__gte": "2026-01-01T00:00:00"}, "has no time zone"),
        ({"id__in": ""}, "does not fit|no values given"),
        ({"budget__gte": "much"}, "filter 'budget__gte' of Deal"),
    ],
    ids=repr,
)
def test_a_query_string_is_checked_as_everything_else(kommo: Kommo, sandbox: Sandbox, given, sentence):
    with pytest.raises(QueryError, match=sentence):
        Deal.objects.apply(given)
    assert len(sandbox.log) == 0


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
    from kommo_orm.entities.status import Status  # noqa: F401

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
