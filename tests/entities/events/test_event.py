"""Events: the feed, what values they tell, what it can be filtered by, and the view of one card."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kommo_orm import (
    BotChange,
    CatalogElement,
    Company,
    Contact,
    Customer,
    CustomerStatus,
    CustomerStatusChange,
    DeadlineChange,
    Event,
    EventType,
    FieldChange,
    FilterIgnored,
    Kommo,
    Lead,
    LinkChange,
    LtvChange,
    MessageChange,
    NameChange,
    NoteChange,
    NotFound,
    NotLoaded,
    PriceChange,
    QueryError,
    RatingChange,
    ResponsibleChange,
    StageChange,
    TagChange,
    Task,
    TaskTextChange,
    TaskTypeChange,
    TransactionChange,
    UnknownChange,
)
from kommo_orm.entities.events.event_changes import parse_change, parse_changes
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, option_id

EVENTS = "/api/v4/events"


def row(**values: Any) -> dict[str, Any]:
    """An event as the service sends it."""
    known = {"id": "01hzexampleexampleexample0", "type": "lead_added", "entity_id": 501, "entity_type": "lead"}
    known |= {"created_by": 0, "created_at": 1700000000, "value_before": [], "value_after": [], "account_id": 12}
    return {**known, "_embedded": {"entity": {"id": 501}}, **values}


def event(**values: Any) -> Event:
    return Event.hydrate([row(**values)])[0]


def asked(sandbox: Sandbox) -> str:
    """The last query, readable."""
    query = sandbox.requests("GET", EVENTS)[-1].query
    return query.replace("%5B", "[").replace("%5D", "]").replace("%2C", ",").removesuffix("&page=1&limit=100")


@pytest.fixture
def deal(kommo: Kommo) -> Deal:
    """A lead about which five things happened."""
    deal = Deal(name="Roof", price=5)
    deal.save()
    deal.price, deal.status_id, deal.source = Decimal(7), 142, "web"  # type: ignore[assignment]
    deal.tags.add("hot")
    deal.save()
    return deal


# ---- values


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({"note": {"id": 7}}, NoteChange(7)),
        ({"lead_status": {"id": 142, "pipeline_id": "77"}}, StageChange(142, 77)),
        ({"lead_status": {"id": 142}}, StageChange(142)),
        ({"customer_status": {"id": "5"}}, CustomerStatusChange(5)),
        ({"responsible_user": {"id": 0}}, ResponsibleChange(0)),
        ({"link": {"entity": {"type": "contact", "id": 5}}}, LinkChange("contacts", 5)),
        ({"link": {"entity": {"type": "catalog_9", "id": 5, "catalog_id": 9}}}, LinkChange("catalog_elements", 5, 9)),
        ({"tag": {"name": "hot"}}, TagChange("hot")),
        (
            {"custom_field_value": {"field_id": 5, "field_type": 8, "enum_id": None, "text": ""}},
            FieldChange(5, 8, None, ""),
        ),
        ({"custom_field_value": {"field_id": "5", "field_type": "text"}}, FieldChange(5, "text")),
        ({"sale_field_value": {"sale": "12.5"}}, PriceChange(Decimal("12.5"))),
        ({"name_field_value": {"name": "x"}}, NameChange("x")),
        ({"ltv_field_value": {"ltv": 5}}, LtvChange(Decimal(5))),
        ({"task": {"text": "x"}}, TaskTextChange("x")),
        ({"task_type": {"id": 2}}, TaskTypeChange(2)),
        (
            {"task_deadline": {"timestamp": "1700000000"}},
            DeadlineChange(datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ),
        ({"message": {"id": "1508b51c"}}, MessageChange("1508b51c")),
        ({"message": {"id": "1508b51c", "origin": "telegram", "talk_id": 5}}, MessageChange("1508b51c", "telegram", 5)),
        ({"helpbot": {"id": 5}}, BotChange(5)),
        ({"nps": {"rate": 9}}, RatingChange(9)),
        ({"transaction": {"id": 5}}, TransactionChange(5)),
        ({"zoom": {"a": 1}}, UnknownChange()),
        ({"note": {}}, UnknownChange()),
        ({"note": []}, UnknownChange()),
        ({"note": None}, UnknownChange()),
        ({"task_deadline": {"timestamp": 1e30}}, UnknownChange()),
        ({"note": {"id": 5}, "link": {}}, UnknownChange()),
        ({}, UnknownChange()),
    ],
)
def test_each_shape_has_its_class_and_keeps_all(raw: dict[str, Any], value: Any):
    read = parse_change(copy.deepcopy(raw))
    assert read == value
    assert type(read) is type(value)
    assert read.raw == raw


def test_unknown_keys_stay_in_a_value():
    read = parse_change({"message": {"id": "a", "text": "secret"}})
    assert isinstance(read, MessageChange)
    assert read.raw["message"]["text"] == "secret"
    with pytest.raises(AttributeError):
        read.id = "b"  # type: ignore[misc]


@pytest.mark.parametrize("raw", [None, [], {}, "", False, 0])
def test_no_values(raw: Any):
    assert event(value_after=raw).value_after == ()
    assert event(value_after=raw).after is None


def test_values_of_any_shape():
    found = parse_changes({"0": {"note": {"id": 1}}, "1": "x", "2": None})
    assert [type(value) for value in found] == [NoteChange, UnknownChange, UnknownChange]


# ---- rows


def test_a_row_is_read_with_nothing_lost():
    values = {"value_before": [{"tag": {"name": "a", "x": 1}}], "value_after": [{"strange": [1, 2]}], "more": 5}
    read = event(**values)
    assert (read.id, read.type, read.entity_id, read.is_by_robot) == (
        "01hzexampleexampleexample0",
        "lead_added",
        501,
        True,
    )
    assert read.entity == Lead(id=501)
    assert read.created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert read.extra == {"more": 5}
    assert read.raw == row(**values)
    dumped = read.model_dump()
    assert {key: dumped[key] for key in ("value_before", "value_after")} == {
        key: values[key] for key in ("value_before", "value_after")
    }
    assert copy.deepcopy(read).value_before == read.value_before


@pytest.mark.parametrize(
    ("kind", "told", "entity"),
    [
        ("lead", {}, Lead(id=501)),
        ("contact", {}, Contact(id=501)),
        ("companies", {}, Company(id=501)),
        ("task", {}, Task(id=501)),
        ("catalog_9", {}, CatalogElement(id=501, catalog_id=9)),
        ("catalog_element", {"catalog_id": "9"}, CatalogElement(id=501, catalog_id=9)),
        ("spaceship", {}, None),
        (None, {}, None),
    ],
)
def test_what_it_happened_to(kind: Any, told: dict[str, Any], entity: Any):
    assert event(entity_type=kind, _embedded={"entity": {"id": 501, **told}}).entity == entity


def test_events_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        Event(type="lead_added")  # type: ignore[call-arg]
    for name in ("save", "delete"):
        assert not hasattr(Event, name)
    with pytest.raises(ValueError, match="read-only"):
        event().entity_id = 5  # type: ignore[misc]


def test_which_field_was_changed():
    assert event(type="custom_field_57_value_changed").field_id == 57
    value = {"custom_field_value": {"field_id": 58}}
    assert event(type="custom_field_value_changed", value_before=[value]).field_id == 58
    assert event().field_id is None


# ---- the feed


def test_the_feed_comes_newest_first_a_hundred_a_request(kommo: Kommo, sandbox: Sandbox):
    for number in range(250):
        sandbox.add("events", type="lead_added", entity_id=number + 1, entity_type="lead")
    found = Event.objects.list()
    assert [one.entity_id for one in found] == list(range(250, 0, -1))
    assert [entry.query.split("&")[-1] for entry in sandbox.requests("GET", EVENTS)] == ["limit=100"] * 3
    assert len({one.id for one in found}) == 250
    with pytest.raises(QueryError, match="100 at most"):
        Event.objects.page(1, size=250)
    assert len(Event.objects.in_bulk([one.id for one in found])) == 250


def test_one_by_its_id(kommo: Kommo, sandbox: Sandbox, deal: Deal):
    first = Event.objects.first()
    assert first is not None
    assert Event.objects.get(first.id).type == first.type
    first.refresh()
    with pytest.raises(NotFound):
        Event.objects.get("01hznobody")
    with pytest.raises(QueryError, match="is a text"):
        Event.objects.get(5)  # type: ignore[arg-type]


def test_what_happened_to_one_card(kommo: Kommo, sandbox: Sandbox, deal: Deal):
    Lead.objects.create(name="Other")
    assert [one.type for one in deal.events.all()] == [
        "custom_field_value_changed",
        "entity_tag_added",
        "lead_status_changed",
        "sale_field_changed",
        "lead_added",
    ]
    assert asked(sandbox) == f"filter[entity][]=lead&filter[entity_id][]={deal.id}"
    [price] = deal.events.all().filter(type="sale_field_changed")
    assert (price.before, price.after) == (PriceChange(Decimal(5)), PriceChange(Decimal(7)))
    with pytest.raises(NotLoaded, match=r"deal\.events\.list\(\) reads them"):
        list(deal.events)
    with pytest.raises(QueryError, match="entity_id twice"):
        deal.events.all().filter(entity_id=5)


def test_what_happened_to_a_task(kommo: Kommo, sandbox: Sandbox):
    task = Task.objects.create(text="Call", complete_till=datetime.now(UTC) + timedelta(days=1))
    task.complete("Done")
    assert [one.type for one in task.events.all()] == ["task_completed", "task_added"]


def test_what_happened_to_a_customer():
    sandbox = Sandbox(customers_mode="periodicity")
    with sandbox.connect(backoff=0):
        stage = CustomerStatus.objects.list()[-1].id
        first = CustomerStatus.objects.list()[0].id
        olive = Customer(name="Olive", next_date=datetime.now(UTC) + timedelta(days=9), status_id=first)
        olive.save()
        olive.status_id = stage
        olive.save()
        [moved] = olive.events.all().filter(customer_status_after=stage)
        assert (moved.before, moved.after) == (CustomerStatusChange(first), CustomerStatusChange(stage))
        assert moved.entity == Customer(id=olive.id)


def test_names_come_on_request(kommo: Kommo, sandbox: Sandbox, deal: Deal):
    with pytest.raises(NotLoaded, match=r"include\('lead_name'\)"):
        _ = deal.events.all().limit(1).one().entity_name
    found = deal.events.all().include("lead_name", "note").limit(1).one()
    assert found.entity_name == "Roof"
    assert "with=lead_name,note" in asked(sandbox)
    with pytest.raises(QueryError, match="cannot include"):
        Event.objects.include("lead_names")  # type: ignore[arg-type]


def test_a_requested_name_that_is_missing_is_none():
    [event] = Event.hydrate([{"id": "x", "entity_type": "lead", "_embedded": []}], included=frozenset({"lead_name"}))
    assert event.entity_name is None


# ---- filters

MOMENT = datetime(2026, 11, 2, tzinfo=UTC)
STAMP = int(MOMENT.timestamp())


@pytest.mark.parametrize(
    ("lookups", "query"),
    [
        ({"type": "lead_added"}, "filter[type][]=lead_added"),
        ({"type__in": ["lead_added", "task_added"]}, "filter[type][]=lead_added&filter[type][]=task_added"),
        ({"id": "01hz"}, "filter[id]=01hz"),
        ({"id__in": ["01hz", "01ha"]}, "filter[id][]=01hz&filter[id][]=01ha"),
        ({"entity_type": "leads"}, "filter[entity][]=lead"),
        ({"entity_type__in": ["lead", "catalog_5"]}, "filter[entity][]=lead&filter[entity][]=catalog_5"),
        (
            {"entity_type": "contact", "entity_id__in": [1, 2]},
            "filter[entity][]=contact&filter[entity_id][]=1&filter[entity_id][]=2",
        ),
        ({"created_by": 0}, "filter[created_by][]=0"),
        ({"created_at__gte": MOMENT}, f"filter[created_at][from]={STAMP}"),
        ({"created_at__range": (MOMENT, MOMENT)}, f"filter[created_at][from]={STAMP}&filter[created_at][to]={STAMP}"),
        (
            {"status_after__in": [(77, 501), (78, None)]},
            "filter[value_after][leads_statuses][0][pipeline_id]=77&filter[value_after][leads_statuses][0][status_id]=501"
            "&filter[value_after][leads_statuses][1][pipeline_id]=78&filter[type][]=lead_status_changed",
        ),
        (
            {"status_before": (None, 142)},
            "filter[value_before][leads_statuses][0][status_id]=142&filter[type][]=lead_status_changed",
        ),
        (
            {"customer_status_after": 5},
            "filter[value_after][customers_statuses][0][status_id]=5&filter[type][]=customer_status_changed",
        ),
        (
            {"responsible_after__in": [1, 2], "type": "entity_responsible_changed"},
            "filter[value_after][responsible_user_id]=1,2&filter[type][]=entity_responsible_changed",
        ),
        (
            {"option_before": 9, "type": "custom_field_57_value_changed"},
            "filter[value_before][custom_field_values]=9&filter[type][]=custom_field_57_value_changed",
        ),
        (
            {"value_after": "Roof", "type": "name_field_changed"},
            "filter[value_after][value]=Roof&filter[type][]=name_field_changed",
        ),
    ],
)
def test_filters_as_they_are_asked(kommo: Kommo, sandbox: Sandbox, lookups: dict[str, Any], query: str):
    assert Event.objects.filter(**lookups).list() == []
    assert asked(sandbox) == query


@pytest.mark.parametrize(
    ("lookups", "told"),
    [
        ({"entity_id": 5}, "exactly one entity_type"),
        ({"entity_id": 5, "entity_type__in": ["lead", "task"]}, "exactly one entity_type"),
        ({"entity_type": "spaceship"}, "events are about a lead"),
        ({"type": "Lead added"}, "a word such as"),
        ({"type": 5}, "a word such as"),
        ({"id__in": [str(number) for number in range(101)]}, "100 values of id"),
        ({"created_by__in": range(11)}, "10 values of created_by"),
        ({"entity_type": "lead", "entity_id__in": range(1, 12)}, "10 values of entity_id"),
        ({"status_after": 142}, "a pair"),
        ({"status_after": (None, None)}, "a pair"),
        ({"status_after": ("7", 142)}, "an id"),
        ({"status_after": (7, 142), "type": "lead_added"}, "of type 'lead_status_changed' only"),
        ({"option_after": 9}, "events of one field"),
        ({"option_after": 9, "type": "custom_field_value_changed"}, "events of one field"),
        ({"option_after": "web", "type": "custom_field_57_value_changed"}, "an id"),
        ({"value_after": "x"}, "only together with a type of"),
        ({"value_after": "x", "type": "lead_added"}, "only together with a type of"),
        ({"value_after": 1.5, "type": "sale_field_changed"}, "the value itself"),
        ({"created_at": MOMENT}, "by created_at; it can by created_at__gte, created_at__lte, created_at__range"),
        ({"kind": "x"}, "unknown filter"),
    ],
)
def test_what_cannot_be_asked_is_refused(kommo: Kommo, sandbox: Sandbox, lookups: dict[str, Any], told: str):
    with pytest.raises(QueryError, match=told):
        Event.objects.filter(**lookups).list()
    assert sandbox.requests("GET", EVENTS) == []


def test_nothing_orders_events(kommo: Kommo):
    with pytest.raises(AttributeError):
        Event.objects.order_by("id")  # type: ignore[attr-defined]


def test_filters_find_matching_events(kommo: Kommo, sandbox: Sandbox, deal: Deal):
    pipeline, web = sandbox.rows("pipelines")[0]["id"], option_id(sandbox, "Source", "web")
    own = f"custom_field_{next(f['id'] for f in sandbox.rows('custom_fields') if f['name'] == 'Source')}_value_changed"

    def found(**lookups: Any) -> list[str]:
        return [one.type for one in Event.objects.filter(**lookups)]

    assert found(status_after=(pipeline, 142)) == ["lead_status_changed"]
    assert found(status_after=(pipeline, None)) == ["lead_status_changed"]
    assert found(status_after=(pipeline, 143)) == []
    assert found(type=own) == ["custom_field_value_changed"]
    assert found(type=own, option_after=web) == ["custom_field_value_changed"]
    assert found(type="sale_field_changed", value_after=7, value_before=5) == ["sale_field_changed"]
    assert Event.objects.filter(Event.type == own, Event.entity_type == "leads").one().field_id is not None
    assert Event.objects.filter(Event.type.in_("lead_added"), Event.created_by == sandbox.users[0]["id"]).exists()
    assert Event.objects.filter(Event.created_at >= MOMENT - timedelta(days=9999)).exists()


IGNORED = [
    ({"type": "lead_added"}, {"type": "lead_deleted"}),
    ({"type": "custom_field_57_value_changed"}, {"type": "custom_field_58_value_changed"}),
    (
        {"type": "custom_field_57_value_changed"},
        {"type": "custom_field_value_changed", "value_after": [{"custom_field_value": {"field_id": 58}}]},
    ),
    ({"entity_type": "contact"}, {}),
    ({"entity_type": "lead", "entity_id": 5}, {}),
    ({"created_by": 5}, {}),
    (
        {"status_after": (7, 142)},
        {"type": "lead_status_changed", "value_after": [{"lead_status": {"id": 142, "pipeline_id": 8}}]},
    ),
    (
        {"responsible_after": 5},
        {"type": "entity_responsible_changed", "value_after": [{"responsible_user": {"id": 6}}]},
    ),
    ({"type": "name_field_changed", "value_after": "x"}, {"type": "name_field_changed"}),
]


@pytest.mark.parametrize(("lookups", "values"), IGNORED)
def test_a_filter_that_was_ignored_is_noticed(kommo: Kommo, sandbox: Sandbox, lookups: Any, values: Any):
    sandbox.faults.next(path=EVENTS, body={"_embedded": {"events": [row(**values)]}})
    with pytest.raises(FilterIgnored):
        Event.objects.filter(**lookups).list()


PROVED = [
    ({"type": "custom_field_57_value_changed"}, {"type": "custom_field_value_changed"}),
    ({"type": "custom_field_value_changed"}, {"type": "custom_field_58_value_changed"}),
    (
        {"type": "custom_field_57_value_changed"},
        {"type": "custom_field_value_changed", "value_after": [{"custom_field_value": {"field_id": 57}}]},
    ),
    ({"entity_type": "lead"}, {"entity_type": "leads"}),
    ({"entity_type": "catalog_5"}, {"entity_type": "catalog_element"}),
    (
        {"type": "name_field_changed", "value_after": "roof"},
        {"type": "name_field_changed", "value_after": [{"name_field_value": {"name": "Roof"}}]},
    ),
]


@pytest.mark.parametrize(("lookups", "values"), PROVED)
def test_rows_prove_a_filter_in_other_words(kommo: Kommo, sandbox: Sandbox, lookups: Any, values: Any):
    sandbox.faults.next(path=EVENTS, body={"_embedded": {"events": [row(**values)]}})
    assert len(Event.objects.filter(**lookups).list()) == 1


# ---- types


def test_the_types_are_listed(kommo: Kommo, sandbox: Sandbox):
    types = Event.objects.types()
    assert types[0] == EventType("lead_added", 1, "Lead added")
    assert types[0].field_id is None
    assert types[-1].field_id in [field["id"] for field in sandbox.rows("custom_fields")]
    Event.objects.types(language_code="pt")
    assert sandbox.log[-1].query == "language_code=pt"
    body = {"_total_items": 1, "_embedded": {"events_types": [{"key": "x", "type": "5", "lang": None, "a": 1}, {}]}}
    sandbox.faults.next(path=f"{EVENTS}/types", body=body)
    [odd] = Event.objects.types()
    assert (odd.key, odd.type, odd.label, odd.raw["a"]) == ("x", 5, "", 1)


@pytest.mark.anyio
async def test_events_for_async_code(sandbox: Sandbox):
    async with sandbox.connect(backoff=0):
        lead = Lead(name="Roof")
        await lead.asave()
        [event] = [one async for one in lead.events.all().include("lead_name")]
        assert event.entity_name == "Roof"
        assert (await Event.objects.aget(event.id)).type == "lead_added"
        assert await Event.objects.aget_or_none("nobody") is None
        assert list(await Event.objects.ain_bulk([event.id])) == [event.id]
        assert (await Event.objects.filter(type="lead_added").afirst()) is not None
        assert len(await Event.objects.atypes()) > 10
