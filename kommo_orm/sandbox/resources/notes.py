"""Notes (Kommo API v4, Notes): each type has parameters of its own; some types can only be read.

Paths exist in two forms, with and without the card; links name the card. There is no deletion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommo_orm.sandbox import event_feed, filters
from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.hal_responses import encode, link, nothing, self_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import NOT_SUPPORTED_CHOICE, flawed
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    AUTHORSHIP,
    Schema,
    Scope,
    anything,
    boolean,
    choice,
    examine,
    existing,
    integer,
    is_object,
    nullable,
    text,
    user,
    words,
)


def _responsible(scope: Scope, value: Any, path: str) -> Any:
    """Who took the call: the id of a user or a name."""
    return value if isinstance(value, str) else user(scope, value, path)


_TEXT: Schema = {"text": text}
_MESSAGE: Schema = {"service": text, "text": text}
_PAID: Schema = {"text": text, "service": text, "icon_url": nullable(text)}
_SMS: Schema = {"text": text, "phone": text}
_PLACE: Schema = {"text": text, "address": text, "longitude": text, "latitude": text}
_TARGETING: Schema = {
    "contacts": anything,
    "campaign": anything,
    "service": choice("facebook", "vkontakte", "mailchimp", "adwords"),
}
_CALL: Schema = {
    "uniq": text,
    "duration": integer,
    "source": text,
    "phone": text,
    "link": nullable(text),
    "call_result": text,
    "call_status": choice(1, 2, 3, 4, 5, 6, 7, 8),
    "call_responsible": _responsible,
}
_CALL_KEYS = ("uniq", "duration", "source", "phone")

# note type -> parameters it takes, those it needs. A type that is not here can be read, not written.
TYPES: Mapping[str, tuple[Schema, tuple[str, ...]]] = {
    "common": (_TEXT, ("text",)),
    "call_in": (_CALL, _CALL_KEYS),
    "call_out": (_CALL, _CALL_KEYS),
    "service_message": (_MESSAGE, ("service", "text")),
    "extended_service_message": (_MESSAGE, ("service", "text")),
    "sms_in": (_SMS, ("text", "phone")),
    "sms_out": (_SMS, ("text", "phone")),
    "geolocation": (_PLACE, ("text", "address", "longitude", "latitude")),
    "attachment": ({"file_uuid": text, "version_uuid": nullable(text), "file_name": text}, ("file_uuid",)),
    "message_cashier": ({"status": choice("created", "shown", "canceled"), "text": text}, ("status", "text")),
    "invoice_paid": (_PAID, ("text",)),
    "bill_paid": (_PAID, ("text",)),
    "site_visit": ({"url": text}, ("url",)),
    "targeting_in": (_TARGETING, ("service",)),
    "targeting_out": (_TARGETING, ("service",)),
    "zoom_meeting": ({"conference": anything, "recordings": anything}, ()),
    "ai_result": ({"text": text, "answer_id": text, "talk_id": integer, "is_error": boolean}, ("text",)),
}


# Checking


def _schema(kind: str) -> Schema:
    return {
        "entity_id": existing(kind),
        "note_type": choice(*TYPES),
        "params": anything,
        "responsible_user_id": user,
        "is_need_to_trigger_digital_pipeline": boolean,
        **AUTHORSHIP,
    }


def _check_params(scope: Scope, clean: Row) -> None:
    if scope.bad("note_type") or "params" not in clean:
        return
    schema, required = TYPES[clean["note_type"]]
    clean["params"] = examine(scope, clean["params"], schema, "params", required)


def _check_create(scope: Scope, item: Any, call: Call) -> Row:
    """`entity_id` comes from the path or stands in each element; without a type the note is a common one."""
    nested = "entity_id" in call.places
    if nested and is_object(item):
        item = {"entity_id": call.number("entity_id"), **item}
    clean = examine(scope, item, _schema(call.kind), required=("entity_id", "params"))
    if nested and clean.get("entity_id") != call.number("entity_id"):
        scope.flaw(NOT_SUPPORTED_CHOICE, "entity_id")
    clean.setdefault("note_type", "common")
    _check_params(scope, clean)
    return clean


def _check_update(scope: Scope, item: Any, call: Call, required: tuple[str, ...]) -> Row:
    clean = examine(scope, item, {"id": integer, **_schema(call.kind)}, required=required)
    row = _note(call, clean.get("id"))
    if row is None:
        scope.flaw(NOT_SUPPORTED_CHOICE, "id")
    elif clean.get("entity_id", row["entity_id"]) != row["entity_id"]:
        scope.flaw(NOT_SUPPORTED_CHOICE, "entity_id")
    if "note_type" in clean:
        _check_params(scope, clean)
    return clean


def _note(call: Call, number: Any) -> Row | None:
    """A note of this kind of card, and of the card in the path when one is named."""
    row = call.store.get("notes", number)
    if row is None or row["entity_type"] != call.kind:
        return None
    return None if "entity_id" in call.places and row["entity_id"] != call.number("entity_id") else row


# Writing


def create_notes(call: Call) -> SandboxResponse:
    made: list[Row] = []
    for clean, request_id in call.checked_items(lambda scope, item: _check_create(scope, item, call)):
        row = create(call.account, call.kind, call.user["id"], clean)
        head = {"id": row["id"], "entity_id": row["entity_id"], "request_id": request_id}
        made.append({**head, "_links": self_link(_url(call.account, row))})
    return call.written("notes", made)


def create(account: Account, kind: str, user_id: int, clean: Row) -> Row:
    now = account.now()
    people: Row = {"created_by": user_id, "updated_by": user_id, "responsible_user_id": user_id}
    row: Row = {"id": account.store.new_id("notes"), **people, "created_at": now, "updated_at": now}
    row.update(clean, entity_type=kind, is_pinned=False)
    row.pop("is_need_to_trigger_digital_pipeline", None)
    _finish(account, row)
    account.store.insert("notes", row)
    event_feed.noted(account, row, row["created_by"])
    return row


def _finish(account: Account, row: Row) -> None:
    row["group_id"] = account.group_of(row["responsible_user_id"])
    if row["note_type"] == "attachment":
        name = row["params"].get("file_name", "")
        row["params"] = {"is_drive_attachment": True, "text": name, "original_name": name, **row["params"]}


def update_notes(call: Call) -> SandboxResponse:
    """In a batch each element names the note and its card."""
    required = ("id", "entity_id")
    checked = call.checked_items(lambda scope, item: _check_update(scope, item, call, required))
    return call.written("notes", [_update(call, clean) for clean, _ in checked])


def update_note(call: Call) -> SandboxResponse:
    if _note(call, call.number()) is None:
        raise flawed(NOT_SUPPORTED_CHOICE, "id")
    required = ("note_type", "params")
    known = {"id": call.number()}
    return call.one(
        _update(call, call.checked_item(lambda scope, item: _check_update(scope, {**known, **item}, call, required)))
    )


def _update(call: Call, clean: Row) -> Row:
    row = call.store.table("notes")[clean["id"]]
    change(call.account, call.user["id"], row, clean)
    head = {"id": row["id"], "entity_id": row["entity_id"], "updated_at": row["updated_at"]}
    return {**head, "_links": self_link(_url(call.account, row))}


def change(account: Account, user_id: int, row: Row, clean: Row) -> None:
    before = dict(row)
    clean.pop("is_need_to_trigger_digital_pipeline", None)
    row.update(clean)
    _finish(account, row)
    if row != before:
        row["updated_at"] = clean.get("updated_at", account.now())
        row["updated_by"] = clean.get("updated_by", user_id)
    account.store.touch("notes", row["id"])


def _pin(call: Call, *, pinned: bool) -> SandboxResponse:
    row = _note(call, call.number())
    if row is None:
        raise flawed(NOT_SUPPORTED_CHOICE, "id")
    row["is_pinned"] = pinned
    call.store.touch("notes", row["id"])
    return nothing()


# Reading

_KEYS = words("id entity_id created_by updated_by created_at updated_at responsible_user_id group_id note_type  params")


def _url(account: Account, row: Row) -> str:
    return account.url(f"/api/v4/{row['entity_type']}/{row['entity_id']}/notes/{row['id']}")


def show(account: Account, row: Row, withs: frozenset[str]) -> Row:
    pinned = {"is_pinned": row["is_pinned"]} if "is_pinned" in withs else {}
    kept = {key: row[key] for key in _KEYS}
    return {**kept, "account_id": account.id, **pinned, "_links": link(_url(account, row))}


def _render(call: Call, number: int) -> bytes:
    row = call.store.table("notes")[number]
    return call.store.rendered("notes", number, call.withs, lambda: encode(show(call.account, row, call.withs)))


def list_notes(call: Call) -> SandboxResponse:
    question = (call.request.path, call.query.replaced({"page": "", "limit": ""}))
    return call.page(
        "notes", call.store.selected(question, lambda: _choose(call)), lambda number: _render(call, number)
    )


def _choose(call: Call) -> list[int]:
    tests = call.tests()
    rows = [row for row in call.store.rows("notes") if _note(call, row["id"]) and all(test(row) for test in tests)]
    column, descending = filters.sorter(call.query.tree.get("order"), ("updated_at", "id"), "id")
    return [row["id"] for row in sorted(rows, key=lambda row: (row[column], row["id"]), reverse=descending)]


def get_note(call: Call) -> SandboxResponse:
    if _note(call, call.number()) is None:
        return nothing()
    return call.one(_render(call, call.number()))


PINNED = frozenset({"is_pinned"})
_FILTERS: dict[str, filters.Filter] = {
    "id": filters.ids("id"),
    "note_type": filters.texts("note_type"),
    "updated_at": filters.span("updated_at", scalar="since"),
}
_WIDE_FILTERS = {**_FILTERS, "entity_id": filters.ids("entity_id")}


def _routes(kind: str) -> tuple[Route, ...]:
    flat, nested = f"/api/v4/{kind}/notes", f"/api/v4/{kind}/{{entity_id}}/notes"
    return (
        Route("GET", flat, list_notes, kind, withs=PINNED, filters=_WIDE_FILTERS),
        Route("GET", nested, list_notes, kind, withs=PINNED, filters=_FILTERS),
        Route("POST", flat, create_notes, kind),
        Route("POST", nested, create_notes, kind),
        Route("PATCH", flat, update_notes, kind),
        Route("GET", f"{flat}/{{id}}", get_note, kind, withs=PINNED),
        Route("GET", f"{nested}/{{id}}", get_note, kind, withs=PINNED),
        Route("PATCH", f"{flat}/{{id}}", update_note, kind),
        Route("PATCH", f"{nested}/{{id}}", update_note, kind),
        Route("POST", f"{flat}/{{id}}/pin", lambda call: _pin(call, pinned=True), kind),
        Route("POST", f"{flat}/{{id}}/unpin", lambda call: _pin(call, pinned=False), kind),
    )


ROUTES = tuple(route for kind in CARDS for route in _routes(kind))
