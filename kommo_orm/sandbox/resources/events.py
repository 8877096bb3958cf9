"""The list of events (Kommo API v4, Events): newest first, at most 100 rows a page, read-only.

`sandbox/event_feed.py` records the events of writes. A test adds any other event with `add_event`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.sandbox import event_feed, filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import FilterError, FilterParser, RowFilter
from kommo_orm.sandbox.hal_responses import build_empty_response, build_self_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.query_string import Node, get_leaves
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row

MOST = 100  # rows of a page, ids of a filter
MOST_OF = 10  # authors or entities of a filter
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


def add_event(account: Account, values: Row) -> int:
    """Add an event and return its id.

    It needs `type`, `entity_id` and `entity_type` (singular); values before and after are optional.
    """
    after, before = values.pop("value_after", ()), values.pop("value_before", ())
    head = {"kind": values.pop("type"), "by": values.pop("created_by", account.owner_id)}
    about = {"entity_id": values.pop("entity_id"), "entity_type": values.pop("entity_type")}
    return int(event_feed.record_event(account, **head, **about, after=after, before=before, **values)["id"])


# Reading


def render_event(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    shown = {"id": row["uid"], **{key: value for key, value in row.items() if key not in ("id", "uid")}}
    kind = str(PLURAL.get(row["entity_type"], row["entity_type"]))
    entity: Row = {
        "id": row["entity_id"],
        "_links": build_self_link(account.build_url(f"/api/v4/{kind}/{row['entity_id']}")),
    }
    card = account.store.get_table(kind).get(row["entity_id"])
    if card is not None and row["entity_type"] in [NAMED[name] for name in withs & NAMED.keys()]:
        entity["name"] = card["name"]
    links = build_self_link(account.build_url(f"/api/v4/events/{row['uid']}"))
    return {**shown, "account_id": account.id, "_links": links, "_embedded": {"entity": entity}}


def list_events(call: ApiCall) -> SandboxResponse:
    _refuse_invalid_filters(call)
    row_filters = [*call.build_row_filters(ignored=("entity_id", *_VALUES)), *_build_value_filters(call)]
    if "entity_id" in call.query.get_branch("filter"):
        entities = {
            int(value) for value in _split_values(call.query.get_branch("filter")["entity_id"]) if value.isdecimal()
        }
        row_filters.append(lambda row: row["entity_id"] in entities)
    rows = [row for row in call.store.iter_rows("events") if all(row_filter(row) for row_filter in row_filters)]
    table = call.store.get_table("events")
    chosen = [row["id"] for row in reversed(rows)]
    return call.build_page_response(
        "events", chosen, lambda number: encode_json(render_event(call.account, table[number], call.withs)), most=MOST
    )


def _refuse_invalid_filters(call: ApiCall) -> None:
    """Refuse too many values of a filter, and an entity id without one entity type.

    The service ignores or cuts them.
    """
    branch = call.query.get_branch("filter")
    for name, most in (("id", MOST), ("created_by", MOST_OF), ("entity_id", MOST_OF)):
        if name in branch and len(_split_values(branch[name])) > most:
            call.refuse_if_strict(f"filter[{name}] accepts at most {most} values")
    if "entity_id" in branch and ("entity" not in branch or len(_split_values(branch["entity"])) != 1):
        call.refuse_if_strict("filter[entity_id] needs exactly one filter[entity]")


def _split_values(node: str | Node) -> list[str]:
    """Return the values of an array, or the parts of one text with commas."""
    return [part for value in get_leaves(node) for part in value.split(",") if part]


def _filter_by_listed_texts(column: str) -> FilterParser:
    def parse_texts(account: Account, node: str | Node) -> RowFilter:
        wanted = set(_split_values(node))
        return lambda row: row[column] in wanted

    return parse_texts


def _filter_by_type(account: Account, node: str | Node) -> RowFilter:
    """Filter by type. The type of one custom field also finds events of the generic type about that field."""
    wanted = set(_split_values(node))

    def has_type(row: Row) -> bool:
        fields = {
            value.get("custom_field_value", {}).get("field_id") for value in [*row["value_after"], *row["value_before"]]
        }
        names = {row["type"], *(f"custom_field_{number}_value_changed" for number in fields if number)}
        return bool(names & wanted)

    return has_type


# Filters by the values before and after

_VALUES = ("value_after", "value_before")


def _build_value_filters(call: ApiCall) -> list[RowFilter]:
    found: list[RowFilter] = []
    for side in _VALUES:
        branch = call.query.get_branch("filter").get(side, {})
        if isinstance(branch, str):
            raise FilterError("expects [name][...]")
        for word, node in branch.items():
            if word not in _VALUE_MATCHERS:
                call.refuse_if_strict(f"filter[{side}][{word}] is unknown")
                continue
            found.append(_build_side_filter(side, _VALUE_MATCHERS[word](node)))
    return found


def _build_side_filter(side: str, matches: Callable[[Row], bool]) -> RowFilter:
    return lambda row: any(matches(value) for value in row[side])


def _match_lead_stages(node: str | Node) -> Callable[[Row], bool]:
    if isinstance(node, str):
        raise FilterError("expects [0][pipeline_id] and [0][status_id]")
    pairs = [{key: str(value) for key, value in pair.items()} for pair in node.values() if isinstance(pair, dict)]

    def matches_stage(value: Row) -> bool:
        stage = value.get("lead_status", {})
        present = {"status_id": str(stage.get("id")), "pipeline_id": str(stage.get("pipeline_id"))}
        return any(all(present.get(key) == wanted for key, wanted in pair.items()) for pair in pairs)

    return matches_stage


def _match_customer_statuses(node: str | Node) -> Callable[[Row], bool]:
    wanted = (
        {str(pair.get("status_id")) for pair in node.values() if isinstance(pair, dict)}
        if isinstance(node, dict)
        else set()
    )
    return lambda value: str(value.get("customer_status", {}).get("id")) in wanted


def _build_key_matcher(key: str, name: str) -> Callable[[str | Node], Callable[[Row], bool]]:
    def build_matcher(node: str | Node) -> Callable[[Row], bool]:
        wanted = set(_split_values(node))
        return lambda value: str(value.get(key, {}).get(name)) in wanted

    return build_matcher


def _match_exact_value(node: str | Node) -> Callable[[Row], bool]:
    if not isinstance(node, str):
        raise FilterError("expects one value")
    return lambda value: any(node in map(str, part.values()) for part in value.values() if isinstance(part, dict))


_VALUE_MATCHERS: dict[str, Callable[[str | Node], Callable[[Row], bool]]] = {
    "leads_statuses": _match_lead_stages,
    "customers_statuses": _match_customer_statuses,
    "responsible_user_id": _build_key_matcher("responsible_user", "id"),
    "custom_field_values": _build_key_matcher("custom_field_value", "enum_id"),
    "value": _match_exact_value,
}


def get_event(call: ApiCall) -> SandboxResponse:
    row = next((row for row in call.store.iter_rows("events") if row["uid"] == call.path_params["id"]), None)
    return (
        build_empty_response() if row is None else call.build_row_response(render_event(call.account, row, call.withs))
    )


def list_event_types(call: ApiCall) -> SandboxResponse:
    """List the types of events. `lang` is the label in a language; each custom field has one more type."""
    english = call.query.get_text("language_code") in (None, "en")
    rows: list[Any] = [
        {"key": key, "type": number, "lang": key.replace("_", " ").capitalize() if english else f"[{key}]"}
        for key, number in TYPES.items()
    ]
    rows += [
        {"key": f"custom_field_{field['id']}_value_changed", "type": 24, "lang": f"{field['name']} changed"}
        for field in call.store.iter_rows("custom_fields")
    ]
    return call.build_list_response("events_types", rows)


def _filter_by_creation(account: Account, node: str | Node) -> RowFilter:
    """Filter by `created_at`: one moment, `[from]` and `[to]`, or both moments in one text with a comma."""
    if isinstance(node, str) and "," in node:
        low, _, high = node.partition(",")
        node = {"from": low, "to": high}
    row_filter = filters.filter_by_range("created_at", scalar="since")(account, node)
    if row_filter is None:
        raise FilterError("expects moments")
    return row_filter


def _skip_filter(account: Account, node: str | Node) -> None:
    """Build no row filter: `list_events` handles this filter itself."""


_FILTERS: dict[str, FilterParser] = {
    "id": _filter_by_listed_texts("uid"),
    "created_at": _filter_by_creation,
    "created_by": lambda account, node: filters.filter_by_ids("created_by")(
        account, _index_values(_split_values(node))
    ),
    "entity": _filter_by_listed_texts("entity_type"),
    "entity_id": _skip_filter,
    "type": _filter_by_type,
    "value_after": _skip_filter,
    "value_before": _skip_filter,
}


def _index_values(values: list[str]) -> Node:
    return {str(index): value for index, value in enumerate(values)}


ROUTES = (
    Route("GET", "/api/v4/events", list_events, withs=WITHS, filters=_FILTERS),
    Route("GET", "/api/v4/events/types", list_event_types, params=frozenset({"language_code"})),
    Route("GET", "/api/v4/events/{id:text}", get_event, withs=WITHS),
)
