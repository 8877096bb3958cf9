"""Incoming leads (Kommo API v4, Incoming leads). Forms and calls create them; the list is newest first.

Each creates a lead at once, in the incoming stage of its pipeline. New contacts and companies stay hidden until it is
accepted (`unsorted_decisions.py`). In Kommo only chats and mails create the other categories; here a test adds them
with `add_unsorted`.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import FilterError, FilterParser, RowFilter
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, build_self_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import INVALID_VALUE
from kommo_orm.sandbox.query_string import Node
from kommo_orm.sandbox.resources import cards, companies, contacts, entity_links, leads
from kommo_orm.sandbox.resources.cards import CardKind
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    Validator,
    allow_null,
    drop_value,
    is_object,
    validate_array,
    validate_boolean,
    validate_integer,
    validate_nested,
    validate_object,
    validate_row_id,
    validate_seconds,
    validate_text,
)
from kommo_orm.sandbox.webhooks import outbox

CATEGORIES = ("sip", "forms", "chats", "mail")
PARTS = ("leads", "contacts", "companies")
_CARDS: dict[str, CardKind] = {"leads": leads.LEADS, "contacts": contacts.CONTACTS, "companies": companies.COMPANIES}


def _validate_text_or_integer(context: ValidationContext, value: Any, path: str) -> Any:
    return value if isinstance(value, str) else validate_integer(context, value, path)


_METADATA: dict[str, Schema] = {
    "forms": {
        "form_id": _validate_text_or_integer,
        "form_name": validate_text,
        "form_page": validate_text,
        "form_sent_at": validate_seconds,
        "ip": validate_text,
        "referer": validate_text,
        "visitor_uid": validate_text,
    },
    "sip": {
        "from": _validate_text_or_integer,
        "phone": _validate_text_or_integer,
        "call_responsible": _validate_text_or_integer,
        "called_at": validate_seconds,
        "duration": validate_seconds,
        "link": allow_null(validate_text),
        "service_code": validate_text,
        "uniq": validate_text,
        "is_call_event_needed": validate_boolean,
    },
}


def _build_single_validator(validator: Validator) -> Validator:
    def validate_single(context: ValidationContext, value: Any, path: str) -> Any:
        found = validate_array(validator)(context, value, path)
        if len(found) > 1:
            context.add_error(INVALID_VALUE, path, "This collection should contain 1 element or less.")
        return found

    return validate_single


def _build_card_validator(kind: str, schema: Schema) -> Validator:
    """Accept the `{id}` of a stored card, or the keys of a new one."""

    def validate_card(context: ValidationContext, value: Any, path: str) -> Row:
        stored = is_object(value) and "id" in value
        known: Schema = {"id": validate_row_id(kind)} if stored else schema
        return validate_object(context, value, {**known, "request_id": drop_value}, path)

    return validate_card


def _validate_lead(context: ValidationContext, value: Any, path: str) -> Row:
    return validate_object(context, value, {**leads.build_lead_schema({}), "request_id": drop_value}, path)


_EMBEDDED: Schema = {
    "leads": _build_single_validator(_validate_lead),
    "contacts": _build_single_validator(_build_card_validator("contacts", contacts.build_contact_schema())),
    "companies": _build_single_validator(_build_card_validator("companies", companies.build_company_schema())),
}


def _build_unsorted_schema(category: str) -> Schema:
    return {
        "source_uid": validate_text,
        "source_name": validate_text,
        "metadata": validate_nested(_METADATA[category]),
        "pipeline_id": validate_row_id("pipelines"),
        "created_at": validate_seconds,
        "_embedded": validate_nested(_EMBEDDED),
    }


def _build_unsorted_validator(category: str) -> Callable[[ValidationContext, Any], Row]:
    return lambda context, item: validate_object(
        context, item, _build_unsorted_schema(category), required=("source_uid", "source_name", "metadata")
    )


# Writing


def create_unsorted(call: ApiCall) -> SandboxResponse:
    made: list[Row] = []
    for clean, request_id in call.validate_items(_build_unsorted_validator(call.kind)):
        row = insert_unsorted(call.account, call.user["id"], call.kind, clean)
        head = {"uid": row["uid"], "account_id": call.account.id, "request_id": request_id}
        made.append(
            {
                **head,
                "_links": build_self_link(_build_unsorted_url(call.account, row)),
                "_embedded": render_unsorted_cards(call.account, row),
            }
        )
    return call.build_list_response("unsorted", made, links=False)


def insert_unsorted(account: Account, user_id: int, category: str, clean: Row) -> Row:
    pipeline = clean.get("pipeline_id") or account.get_main_pipeline()["id"]
    nested = clean.get("_embedded", {})
    lead = cards.insert_card(leads.LEADS, account, user_id, next(iter(nested.get("leads", ())), {}))
    lead["pipeline_id"] = pipeline
    people: dict[str, list[int]] = {}
    for kind in PARTS[1:]:
        people[kind] = [_require_person_id(account, user_id, kind, given) for given in nested.get(kind, ())]
        for other in people[kind]:
            entity_links.link_rows(account, ("leads", lead["id"]), (kind, other))
    return _insert_waiting(account, lead, people, {**clean, "category": category})


def insert_complex_unsorted(account: Account, lead: Row, people: dict[str, list[int]], metadata: Row) -> Row:
    """Store the incoming lead of a complex creation. Its metadata contains the category."""
    rest = {key: value for key, value in metadata.items() if key != "category"}
    return _insert_waiting(account, lead, people, {"category": metadata["category"], "metadata": rest})


def _insert_waiting(account: Account, lead: Row, people: dict[str, list[int]], values: Row) -> Row:
    """Store an incoming lead. Its lead moves to the incoming stage, whatever stage the request contained."""
    pipeline = lead["pipeline_id"]
    incoming = (stage["id"] for stage in account.get_stages(pipeline) if stage["type"] == 1)
    lead["status_id"] = next(incoming, account.find_first_stage_id(pipeline))
    account.store.invalidate_row("leads", lead["id"])
    number = account.store.allocate_id("unsorted")
    uid = sha256(f"{account.id}:{number}".encode()).hexdigest()[:28]
    given = {key: values.get(key) for key in ("source_uid", "source_name", "category", "metadata")}
    times = {"created_at": values.get("created_at") or account.now(), "outcome": None, "sorted_at": None}
    row: Row = {"id": number, "uid": uid, "pipeline_id": pipeline, "leads": [lead["id"]], **people}
    account.store.insert_row("unsorted", {**row, **given, **times})
    made = account.store.get_table("unsorted")[number]
    outbox.record_unsorted_added(account, made)
    return made


def _require_person_id(account: Account, user_id: int, kind: str, given: Row) -> int:
    if "id" in given:
        return int(given["id"])
    row = cards.insert_card(_CARDS[kind], account, user_id, given)
    row.update(is_unsorted=True, hidden=True)
    return int(row["id"])


def add_unsorted(account: Account, values: Row) -> int:
    """Add an incoming lead of any category and return its id. `lead` is the name of the lead."""
    category = values.pop("category", "forms")
    if category not in CATEGORIES:
        raise ValueError(f"category must be one of {', '.join(CATEGORIES)}, not {category!r}")
    nested = {kind: [{"id": number} for number in values.pop(kind)] for kind in PARTS[1:] if kind in values}
    nested["leads"] = [{"name": values.pop("lead", "")}]
    clean = {"source_uid": None, "source_name": None, "metadata": {}, **values, "_embedded": nested}
    return int(insert_unsorted(account, account.owner_id, category, clean)["id"])


# Reading


def get_pending_unsorted(account: Account) -> list[Row]:
    return [row for row in account.store.iter_rows("unsorted") if row["outcome"] is None]


def find_unsorted(call: ApiCall) -> Row | None:
    return next((row for row in get_pending_unsorted(call.account) if row["uid"] == call.path_params["uid"]), None)


def _build_unsorted_url(account: Account, row: Row) -> str:
    return account.build_url(f"/api/v4/leads/unsorted/{row['uid']}")


def render_unsorted_cards(account: Account, row: Row) -> Row:
    return {
        kind: [
            {"id": number, "_links": build_self_link(account.build_url(f"/api/v4/{kind}/{number}"))}
            for number in row[kind]
        ]
        for kind in ("contacts", "leads", "companies")
    }


def render_unsorted(account: Account, row: Row) -> Row:
    head = {key: row[key] for key in ("uid", "source_uid", "source_name", "category", "pipeline_id", "created_at")}
    shown = {**head, "metadata": _render_metadata(row["category"], row["metadata"]), "account_id": account.id}
    return {
        **shown,
        "_links": build_row_link(_build_unsorted_url(account, row)),
        "_embedded": render_unsorted_cards(account, row),
    }


def _render_metadata(category: str, metadata: Row) -> Row:
    """Render metadata. Times of forms become texts, and the caller of a call is in `phone`."""
    if category == "forms":
        sent = metadata.get("form_sent_at")
        return {
            "ip": None,
            "referer": None,
            "visitor_uid": None,
            **metadata,
            "form_sent_at": None if sent is None else str(sent),
        }
    if category == "sip":
        kept = {key: value for key, value in metadata.items() if key not in ("from", "is_call_event_needed")}
        return {**kept, "phone": metadata.get("from"), "call_responsible": metadata.get("phone")}
    return metadata


def list_unsorted(call: ApiCall) -> SandboxResponse:
    row_filters = call.build_row_filters()
    rows = [row for row in get_pending_unsorted(call.account) if all(row_filter(row) for row_filter in row_filters)]
    rows.sort(key=lambda row: (row["created_at"], row["id"]), reverse=True)  # the service ignores `order`
    table = call.store.get_table("unsorted")
    return call.build_page_response(
        "unsorted",
        [row["id"] for row in rows],
        lambda number: encode_json(render_unsorted(call.account, table[number])),
    )


def get_unsorted(call: ApiCall) -> SandboxResponse:
    row = find_unsorted(call)
    return build_empty_response() if row is None else call.build_row_response(render_unsorted(call.account, row))


def get_unsorted_summary(call: ApiCall) -> SandboxResponse:
    row_filters = call.build_row_filters()
    rows = [row for row in call.store.iter_rows("unsorted") if all(row_filter(row) for row_filter in row_filters)]
    done = {name: [row for row in rows if row["outcome"] == name] for name in ("accepted", "declined")}
    spent = [row["sorted_at"] - row["created_at"] for row in rows if row["sorted_at"] is not None]
    shown: Row = {"total": len(rows), **{name: len(found) for name, found in done.items()}}
    shown["average_sort_time"] = sum(spent) // len(spent) if spent else 0
    counts = {name: {"total": sum(row["category"] == name for row in rows)} for name in CATEGORIES}
    return call.build_row_response({**shown, "categories": counts})


def _filter_by_pipeline(account: Account, node: str | Node) -> RowFilter:
    if not isinstance(node, str):
        raise FilterError("expects one pipeline")
    wanted = filters.parse_integers(node)
    return lambda row: row["pipeline_id"] in wanted


_FILTERS: dict[str, FilterParser] = {"uid": filters.filter_by_texts("uid"), "pipeline_id": _filter_by_pipeline}
_BASE = "/api/v4/leads/unsorted"
ROUTES = (
    Route(
        "GET",
        _BASE,
        list_unsorted,
        filters={**_FILTERS, "category": filters.filter_by_texts("category")},
        orders=("created_at", "updated_at"),  # documented, and ignored
    ),
    Route(
        "GET",
        f"{_BASE}/summary",
        get_unsorted_summary,
        filters={**_FILTERS, "created_at": filters.filter_by_range("created_at", scalar="since")},
    ),
    Route("GET", f"{_BASE}/{{uid:text}}", get_unsorted),
    Route("POST", f"{_BASE}/forms", create_unsorted, "forms"),
    Route("POST", f"{_BASE}/sip", create_unsorted, "sip"),
)
