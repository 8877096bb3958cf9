"""The feed of events (Kommo API v4, Events): newest first, a hundred rows a page at most, read-only.

What writes leave behind is noted by `sandbox/event_feed.py`; `put` lets tests have any event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.sandbox import event_feed, filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.filters import BadFilter, Filter, Test
from kommo_orm.sandbox.hal_responses import encode, nothing, self_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.query_string import Node, leaves
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row

MOST = 100  # rows of a page, and ids of a filter
MOST_OF = 10  # authors and entities of a filter
PLURAL = {name: kind for kind, name in event_feed.SINGULAR.items()}
NAMED = {
    "contact_name": "contact",
    "lead_name": "lead",
    "company_name": "company",
    "customer_name": "customer",
    "catalog_name": "catalog",
    "catalog_element_name": "catalog_element",
}
WITHS = frozenset({*NAMED, "note"})

TYPES = {
    "lead_added": 1,
    "contact_added": 2,
    "company_added": 3,
    "lead_deleted": 7,
    "contact_deleted": 8,
    "company_deleted": 9,
    "lead_restored": 10,
    "lead_status_changed": 14,
    "incoming_call": 17,
    "customer_added": 20,
    "custom_field_value_changed": 24,
    "entity_responsible_changed": 25,
    "common_note_added": 27,
    "attachment_note_added": 28,
    "task_completed": 29,
    "outgoing_call": 30,
    "incoming_sms": 41,
    "outgoing_sms": 42,
    "task_added": 49,
    "customer_deleted": 53,
    "customer_status_changed": 57,
    "entity_tag_added": 63,
    "entity_tag_deleted": 64,
    "sale_field_changed": 69,
    "name_field_changed": 70,
    "incoming_chat_message": 89,
    "outgoing_chat_message": 90,
}


def put(account: Account, values: Row) -> int:
    """Any event: `type`, `entity_id` and `entity_type` (singular), and what was before and is after."""
    after, before = values.pop("value_after", ()), values.pop("value_before", ())
    head = {"kind": values.pop("type"), "by": values.pop("created_by", account.owner_id)}
    about = {"entity_id": values.pop("entity_id"), "entity_type": values.pop("entity_type")}
    return int(event_feed.record(account, **head, **about, after=after, before=before, **values)["id"])


# Reading


def show(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    shown = {"id": row["uid"], **{key: value for key, value in row.items() if key not in ("id", "uid")}}
    kind = str(PLURAL.get(row["entity_type"], row["entity_type"]))
    entity: Row = {"id": row["entity_id"], "_links": self_link(account.url(f"/api/v4/{kind}/{row['entity_id']}"))}
    card = account.store.table(kind).get(row["entity_id"])
    if card is not None and row["entity_type"] in [NAMED[name] for name in withs & NAMED.keys()]:
        entity["name"] = card["name"]
    links = self_link(account.url(f"/api/v4/events/{row['uid']}"))
    return {**shown, "account_id": account.id, "_links": links, "_embedded": {"entity": entity}}


def list_events(call: Call) -> SandboxResponse:
    _refuse_senseless(call)
    tests = [*call.tests(ignored=("entity_id", *_VALUES)), *_value_tests(call)]
    if "entity_id" in call.query.branch("filter"):
        entities = {int(value) for value in _listed(call.query.branch("filter")["entity_id"]) if value.isdecimal()}
        tests.append(lambda row: row["entity_id"] in entities)
    rows = [row for row in call.store.rows("events") if all(test(row) for test in tests)]
    table = call.store.table("events")
    chosen = [row["id"] for row in reversed(rows)]
    return call.page("events", chosen, lambda number: encode(show(call.account, table[number], call.withs)), most=MOST)


def _refuse_senseless(call: Call) -> None:
    """Too many of a filter, or an entity without its kind: the service ignores or cuts them."""
    branch = call.query.branch("filter")
    for name, most in (("id", MOST), ("created_by", MOST_OF), ("entity_id", MOST_OF)):
        if name in branch and len(_listed(branch[name])) > most:
            call.complain(f"filter[{name}] takes {most} values")
    if "entity_id" in branch and ("entity" not in branch or len(_listed(branch["entity"])) != 1):
        call.complain("filter[entity_id] needs exactly one filter[entity]")


def _listed(node: str | Node) -> list[str]:
    """Values of a list, or of one text with commas."""
    return [part for value in leaves(node) for part in value.split(",") if part]


def _texts(column: str) -> Filter:
    def build(account: Account, node: str | Node) -> Test:
        wanted = set(_listed(node))
        return lambda row: row[column] in wanted

    return build


def _types(account: Account, node: str | Node) -> Test:
    """A field's own type finds the generic one, where the field is the same."""
    wanted = set(_listed(node))

    def test(row: Row) -> bool:
        fields = {
            value.get("custom_field_value", {}).get("field_id") for value in [*row["value_after"], *row["value_before"]]
        }
        names = {row["type"], *(f"custom_field_{number}_value_changed" for number in fields if number)}
        return bool(names & wanted)

    return test


# Filters by what was before and is after

_VALUES = ("value_after", "value_before")


def _value_tests(call: Call) -> list[Test]:
    found: list[Test] = []
    for side in _VALUES:
        branch = call.query.branch("filter").get(side, {})
        if isinstance(branch, str):
            raise BadFilter("takes [what][...]")
        for word, node in branch.items():
            if word not in _MAKERS:
                call.complain(f"filter[{side}][{word}] is not known")
                continue
            found.append(_on_side(side, _MAKERS[word](node)))
    return found


def _on_side(side: str, matches: Callable[[Row], bool]) -> Test:
    return lambda row: any(matches(value) for value in row[side])


def _statuses(node: str | Node) -> Callable[[Row], bool]:
    if isinstance(node, str):
        raise BadFilter("takes [0][pipeline_id] and [0][status_id]")
    pairs = [{key: str(value) for key, value in pair.items()} for pair in node.values() if isinstance(pair, dict)]

    def matches(value: Row) -> bool:
        stage = value.get("lead_status", {})
        told = {"status_id": str(stage.get("id")), "pipeline_id": str(stage.get("pipeline_id"))}
        return any(all(told.get(key) == wanted for key, wanted in pair.items()) for pair in pairs)

    return matches


def _customers(node: str | Node) -> Callable[[Row], bool]:
    wanted = (
        {str(pair.get("status_id")) for pair in node.values() if isinstance(pair, dict)}
        if isinstance(node, dict)
        else set()
    )
    return lambda value: str(value.get("customer_status", {}).get("id")) in wanted


def _of(key: str, name: str) -> Callable[[str | Node], Callable[[Row], bool]]:
    def build(node: str | Node) -> Callable[[Row], bool]:
        wanted = set(_listed(node))
        return lambda value: str(value.get(key, {}).get(name)) in wanted

    return build


def _exact(node: str | Node) -> Callable[[Row], bool]:
    if not isinstance(node, str):
        raise BadFilter("takes one value")
    return lambda value: any(node in map(str, part.values()) for part in value.values() if isinstance(part, dict))


_MAKERS: dict[str, Callable[[str | Node], Callable[[Row], bool]]] = {
    "leads_statuses": _statuses,
    "customers_statuses": _customers,
    "responsible_user_id": _of("responsible_user", "id"),
    "custom_field_values": _of("custom_field_value", "enum_id"),
    "value": _exact,
}


def get_event(call: Call) -> SandboxResponse:
    row = next((row for row in call.store.rows("events") if row["uid"] == call.places["id"]), None)
    return nothing() if row is None else call.one(show(call.account, row, call.withs))


def list_types(call: Call) -> SandboxResponse:
    """`lang` is a label in a language; there is one type for every custom field."""
    english = call.query.text("language_code") in (None, "en")
    rows: list[Any] = [
        {"key": key, "type": number, "lang": key.replace("_", " ").capitalize() if english else f"[{key}]"}
        for key, number in TYPES.items()
    ]
    rows += [
        {"key": f"custom_field_{field['id']}_value_changed", "type": 24, "lang": f"{field['name']} changed"}
        for field in call.store.rows("custom_fields")
    ]
    return call.whole("events_types", rows)


def _since(account: Account, node: str | Node) -> Test:
    """A moment, `[from]` and `[to]`, or both with a comma."""
    if isinstance(node, str) and "," in node:
        low, _, high = node.partition(",")
        node = {"from": low, "to": high}
    test = filters.span("created_at", scalar="since")(account, node)
    if test is None:
        raise BadFilter("takes moments")
    return test


def _nothing(account: Account, node: str | Node) -> None:
    """Looked at elsewhere."""


_FILTERS: dict[str, Filter] = {
    "id": _texts("uid"),
    "created_at": _since,
    "created_by": lambda account, node: filters.ids("created_by")(account, _indexed(_listed(node))),
    "entity": _texts("entity_type"),
    "entity_id": _nothing,
    "type": _types,
    "value_after": _nothing,
    "value_before": _nothing,
}


def _indexed(values: list[str]) -> Node:
    return {str(index): value for index, value in enumerate(values)}


ROUTES = (
    Route("GET", "/api/v4/events", list_events, withs=WITHS, filters=_FILTERS),
    Route("GET", "/api/v4/events/types", list_types, params=frozenset({"language_code"})),
    Route("GET", "/api/v4/events/{id:text}", get_event, withs=WITHS),
)
