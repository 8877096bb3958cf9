"""Notes (Kommo API v4, Notes). Each type has its own parameters, and some types are read-only.

There are paths with and without the card; links contain the card. The API cannot delete a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommo_orm.sandbox import event_feed, filters
from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, build_self_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import NOT_SUPPORTED_CHOICE, build_field_error
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    AUTHORSHIP,
    Schema,
    ValidationContext,
    accept_any,
    allow_null,
    is_object,
    split_words,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_object,
    validate_row_id,
    validate_seconds,
    validate_text,
    validate_user_id,
)
from kommo_orm.sandbox.webhooks import outbox


def _validate_responsible(context: ValidationContext, value: Any, path: str) -> Any:
    """Accept the id of a user or a name: the person who took the call."""
    return value if isinstance(value, str) else validate_user_id(context, value, path)


_TEXT: Schema = {"text": validate_text}
_MESSAGE: Schema = {"service": validate_text, "text": validate_text}
_PAID: Schema = {"text": validate_text, "service": validate_text, "icon_url": allow_null(validate_text)}
_SMS: Schema = {"text": validate_text, "phone": validate_text}
_PLACE: Schema = {
    "text": validate_text,
    "address": validate_text,
    "longitude": validate_text,
    "latitude": validate_text,
}
_TARGETING: Schema = {
    "contacts": accept_any,
    "campaign": accept_any,
    "service": validate_choice("facebook", "vkontakte", "mailchimp", "adwords"),
}
_CALL: Schema = {
    "uniq": validate_text,
    "duration": validate_seconds,
    "source": validate_text,
    "phone": validate_text,
    "link": allow_null(validate_text),
    "call_result": allow_null(validate_text),
    "call_status": allow_null(validate_choice(1, 2, 3, 4, 5, 6, 7, 8)),
    "call_responsible": allow_null(_validate_responsible),
}
_CALL_KEYS = ("uniq", "duration", "source", "phone")

# note type -> its parameters, the required ones. A type that is not here is read-only.
TYPES: Mapping[str, tuple[Schema, tuple[str, ...]]] = {
    "common": (_TEXT, ("text",)),
    "call_in": (_CALL, _CALL_KEYS),
    "call_out": (_CALL, _CALL_KEYS),
    "service_message": (_MESSAGE, ("service", "text")),
    "extended_service_message": (_MESSAGE, ("service", "text")),
    "sms_in": (_SMS, ("text", "phone")),
    "sms_out": (_SMS, ("text", "phone")),
    "geolocation": (_PLACE, ("text", "address", "longitude", "latitude")),
    "attachment": (
        {"file_uuid": validate_text, "version_uuid": allow_null(validate_text), "file_name": validate_text},
        ("file_uuid",),
    ),
    "message_cashier": (
        {"status": validate_choice("created", "shown", "canceled"), "text": validate_text},
        ("status", "text"),
    ),
    "invoice_paid": (_PAID, ("text",)),
    "bill_paid": (_PAID, ("text",)),
    "site_visit": ({"url": validate_text}, ("url",)),
    "targeting_in": (_TARGETING, ("service",)),
    "targeting_out": (_TARGETING, ("service",)),
    "zoom_meeting": ({"conference": accept_any, "recordings": accept_any}, ()),
    "ai_result": (
        {"text": validate_text, "answer_id": validate_text, "talk_id": validate_integer, "is_error": validate_boolean},
        ("text",),
    ),
}


# Checking


def _build_note_schema(kind: str) -> Schema:
    return {
        "entity_id": validate_row_id(kind),
        "note_type": validate_choice(*TYPES),
        "params": accept_any,
        "responsible_user_id": validate_user_id,
        "is_need_to_trigger_digital_pipeline": validate_boolean,
        **AUTHORSHIP,
    }


def _validate_params(context: ValidationContext, clean: Row) -> None:
    if context.has_error("note_type") or "params" not in clean:
        return
    schema, required = TYPES[clean["note_type"]]
    clean["params"] = validate_object(context, clean["params"], schema, "params", required)


def _validate_new_note(context: ValidationContext, item: Any, call: ApiCall) -> Row:
    """Validate a new note. `entity_id` is in the path or in the element; the default type is `common`."""
    nested = "entity_id" in call.path_params
    if nested and is_object(item):
        item = {"entity_id": call.get_path_id("entity_id"), **item}
    clean = validate_object(context, item, _build_note_schema(call.kind), required=("entity_id", "params"))
    if nested and clean.get("entity_id") != call.get_path_id("entity_id"):
        context.add_error(NOT_SUPPORTED_CHOICE, "entity_id")
    clean.setdefault("note_type", "common")
    _validate_params(context, clean)
    return clean


def _validate_note_update(context: ValidationContext, item: Any, call: ApiCall, required: tuple[str, ...]) -> Row:
    clean = validate_object(context, item, {"id": validate_integer, **_build_note_schema(call.kind)}, required=required)
    row = _find_note(call, clean.get("id"))
    if row is None:
        context.add_error(NOT_SUPPORTED_CHOICE, "id")
    elif clean.get("entity_id", row["entity_id"]) != row["entity_id"]:
        context.add_error(NOT_SUPPORTED_CHOICE, "entity_id")
    if "note_type" in clean:
        _validate_params(context, clean)
    return clean


def _find_note(call: ApiCall, number: Any) -> Row | None:
    """Find a note of this kind of card. If the path contains a card, the note must belong to it."""
    row = call.store.get_row("notes", number)
    if row is None or row["entity_type"] != call.kind:
        return None
    return None if "entity_id" in call.path_params and row["entity_id"] != call.get_path_id("entity_id") else row


# Writing


def create_notes(call: ApiCall) -> SandboxResponse:
    made: list[Row] = []
    for clean, request_id in call.validate_items(lambda context, item: _validate_new_note(context, item, call)):
        row = insert_note(call.account, call.kind, call.user["id"], clean)
        head = {"id": row["id"], "entity_id": row["entity_id"], "request_id": request_id}
        made.append({**head, "_links": build_self_link(_build_note_url(call.account, row))})
    return call.build_batch_response("notes", made)


def insert_note(account: Account, kind: str, user_id: int, clean: Row) -> Row:
    now = account.now()
    people: Row = {"created_by": user_id, "updated_by": user_id, "responsible_user_id": user_id}
    row: Row = {"id": account.store.allocate_id("notes"), **people, "created_at": now, "updated_at": now}
    row.update(clean, entity_type=kind, is_pinned=False)
    row.pop("is_need_to_trigger_digital_pipeline", None)
    _complete_note(account, row)
    account.store.insert_row("notes", row)
    event_feed.record_note_added(account, row, row["created_by"])
    outbox.record_note_added(account, row)
    return row


def _complete_note(account: Account, row: Row) -> None:
    row["group_id"] = account.find_group_id(row["responsible_user_id"])
    if row["note_type"] == "attachment":
        name = row["params"].get("file_name", "")
        row["params"] = {"is_drive_attachment": True, "text": name, "original_name": name, **row["params"]}


def update_notes(call: ApiCall) -> SandboxResponse:
    """Update notes. Each element of the batch contains the id of the note and of its card."""
    required = ("id", "entity_id")
    checked = call.validate_items(lambda context, item: _validate_note_update(context, item, call, required))
    return call.build_batch_response("notes", [_update_and_render_note(call, clean) for clean, _ in checked])


def update_note(call: ApiCall) -> SandboxResponse:
    if _find_note(call, call.get_path_id()) is None:
        raise build_field_error(NOT_SUPPORTED_CHOICE, "id")
    required = ("note_type", "params")
    known = {"id": call.get_path_id()}
    return call.build_row_response(
        _update_and_render_note(
            call,
            call.validate_item(lambda context, item: _validate_note_update(context, {**known, **item}, call, required)),
        )
    )


def _update_and_render_note(call: ApiCall, clean: Row) -> Row:
    row = call.store.get_table("notes")[clean["id"]]
    change_note(call.account, call.user["id"], row, clean)
    head = {"id": row["id"], "entity_id": row["entity_id"], "updated_at": row["updated_at"]}
    return {**head, "_links": build_self_link(_build_note_url(call.account, row))}


def change_note(account: Account, user_id: int, row: Row, clean: Row) -> None:
    before = dict(row)
    clean.pop("is_need_to_trigger_digital_pipeline", None)
    row.update(clean)
    _complete_note(account, row)
    if row != before:
        row["updated_at"] = clean.get("updated_at", account.now())
        row["updated_by"] = clean.get("updated_by", user_id)
    account.store.invalidate_row("notes", row["id"])


def _set_pinned(call: ApiCall, *, pinned: bool) -> SandboxResponse:
    row = _find_note(call, call.get_path_id())
    if row is None:
        raise build_field_error(NOT_SUPPORTED_CHOICE, "id")
    row["is_pinned"] = pinned
    call.store.invalidate_row("notes", row["id"])
    return build_empty_response()


# Reading

_ORDERS = ("updated_at", "id")
_KEYS = split_words(
    "id entity_id created_by updated_by created_at updated_at responsible_user_id group_id note_type  params"
)


def _build_note_url(account: Account, row: Row) -> str:
    return account.build_url(f"/api/v4/{row['entity_type']}/{row['entity_id']}/notes/{row['id']}")


def render_note(account: Account, row: Row, withs: frozenset[str]) -> Row:
    pinned = {"is_pinned": row["is_pinned"]} if "is_pinned" in withs else {}
    kept = {key: row[key] for key in _KEYS}
    return {**kept, "account_id": account.id, **pinned, "_links": build_row_link(_build_note_url(account, row))}


def _encode_note(call: ApiCall, number: int) -> bytes:
    row = call.store.get_table("notes")[number]
    return call.store.get_encoded(
        "notes",
        number,
        (call.account.origin, call.withs),
        lambda: encode_json(render_note(call.account, row, call.withs)),
    )


def list_notes(call: ApiCall) -> SandboxResponse:
    question = (call.request.path, call.query.replace_values({"page": "", "limit": ""}))
    return call.build_page_response(
        "notes",
        call.store.get_selection(question, lambda: _select_notes(call)),
        lambda number: _encode_note(call, number),
    )


def _select_notes(call: ApiCall) -> list[int]:
    row_filters = call.build_row_filters()
    rows = [
        row
        for row in call.store.iter_rows("notes")
        if _find_note(call, row["id"]) and all(row_filter(row) for row_filter in row_filters)
    ]
    column, descending = filters.parse_order(call.query.tree.get("order"), _ORDERS, "id")
    return [row["id"] for row in sorted(rows, key=lambda row: (row[column], row["id"]), reverse=descending)]


def get_note(call: ApiCall) -> SandboxResponse:
    if _find_note(call, call.get_path_id()) is None:
        return build_empty_response()
    return call.build_row_response(_encode_note(call, call.get_path_id()))


PINNED = frozenset({"is_pinned"})
_FILTERS: dict[str, filters.FilterParser] = {
    "id": filters.filter_by_ids("id"),
    "note_type": filters.filter_by_texts("note_type"),
    "updated_at": filters.filter_by_range("updated_at", scalar="since"),
}
_WIDE_FILTERS = {**_FILTERS, "entity_id": filters.filter_by_ids("entity_id")}


def _build_note_routes(kind: str) -> tuple[Route, ...]:
    flat, nested = f"/api/v4/{kind}/notes", f"/api/v4/{kind}/{{entity_id}}/notes"
    return (
        Route("GET", flat, list_notes, kind, withs=PINNED, filters=_WIDE_FILTERS, orders=_ORDERS),
        Route("GET", nested, list_notes, kind, withs=PINNED, filters=_FILTERS, orders=_ORDERS),
        Route("POST", flat, create_notes, kind),
        Route("POST", nested, create_notes, kind),
        Route("PATCH", flat, update_notes, kind),
        Route("GET", f"{flat}/{{id}}", get_note, kind, withs=PINNED),
        Route("GET", f"{nested}/{{id}}", get_note, kind, withs=PINNED),
        Route("PATCH", f"{flat}/{{id}}", update_note, kind),
        Route("PATCH", f"{nested}/{{id}}", update_note, kind),
        Route("POST", f"{flat}/{{id}}/pin", lambda call: _set_pinned(call, pinned=True), kind),
        Route("POST", f"{flat}/{{id}}/unpin", lambda call: _set_pinned(call, pinned=False), kind),
    )


ROUTES = tuple(route for kind in CARDS for route in _build_note_routes(kind))
