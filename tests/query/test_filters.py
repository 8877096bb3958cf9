"""Every filter as the URL that arrives, which a strict account accepts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest

from kommo_orm import LOST, WON, Company, Contact, Kommo, Lead, QueryError
from kommo_orm.query.query import Query
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, asked, field_id, option_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = 1767225600
Made = Callable[[], Any]

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
