"""Conversations (Kommo API v4, Conversations). In Kommo a client starts them; here a test adds them.

`filter[entity_id]` without `filter[entity_type]` is ignored. `filter[only_in_work]` is a flag: its value does not
matter.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import FilterError, FilterParser, RowFilter
from kommo_orm.sandbox.hal_responses import build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, HttpError, build_not_found
from kommo_orm.sandbox.query_string import Node
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    ValidationContext,
    validate_boolean,
    validate_nested,
    validate_object,
    validate_text,
)
from kommo_orm.sandbox.webhooks import outbox

_CARDS = {"lead": "leads", "customer": "customers"}
_ATTACHMENT = validate_nested(
    {"type": validate_text, "drive_uuid": validate_text, "drive_version_uuid": validate_text},
    ("type", "drive_uuid", "drive_version_uuid"),
)


def add_talk(account: Account, values: Row) -> int:
    """Add a talk as a client starts it and return its id. Raises `ValueError` for an unknown key."""
    now = account.now()
    number = values.pop("id", None) or account.store.allocate_id("talks")
    row: Row = {"contact_id": None, "chat_id": str(uuid4()), "entity_id": None, "entity_type": None, "rate": 0}
    row |= {"is_in_work": True, "is_read": False, "origin": "telegram", "missed_at": None}
    row |= {"created_at": now, "updated_at": now}
    _refuse_unknown_keys(values, row)
    talk = account.store.insert_row("talks", {"id": number, **row, **values})
    outbox.record_talk_event(account, "add", talk)
    return int(number)


def add_talk_message(account: Account, values: Row) -> int:
    """Add a message of the talk `talk_id` and return its id. By default the client is the author."""
    number = account.store.allocate_id("talk_messages")
    author = {"id": str(uuid4()), "type": "external", "name": "Client", "avatar_url": None}
    row: Row = {
        "talk_id": 0,
        "uuid": str(uuid4()),
        "text": "",
        "type": "incoming",
        "author": author,
        "attachment": None,
    }
    row["created_at"] = account.now()
    _refuse_unknown_keys(values, row)
    message = account.store.insert_row("talk_messages", {"id": number, **row, **values})
    talk = account.store.get_row("talks", message["talk_id"])
    if talk is not None:
        outbox.record_message_added(account, message, talk)
    return number


def _refuse_unknown_keys(values: Row, row: Row) -> None:
    if unknown := values.keys() - row.keys():
        raise ValueError(f"A talk has no {', '.join(sorted(unknown))}")


def render_talk(account: Account, row: Row) -> Row:
    shown = {
        "talk_id": row["id"],
        **{key: value for key, value in row.items() if key != "id"},
        "account_id": account.id,
    }
    embedded: Row = {"contacts": [{"id": row["contact_id"]}] if row["contact_id"] else []}
    if row["entity_type"]:
        embedded[_CARDS[row["entity_type"]]] = [{"id": row["entity_id"]}]
    return {**shown, "_links": build_row_link(account.build_url(f"/api/v4/talks/{row['id']}")), "_embedded": embedded}


def render_talk_message(account: Account, row: Row) -> Row:
    return {"id": row["uuid"], **{key: value for key, value in row.items() if key not in ("id", "uuid", "talk_id")}}


def list_talks(call: ApiCall) -> SandboxResponse:
    branch = call.query.get_branch("filter")
    row_filters = call.build_row_filters(
        ignored=() if "entity_type" in branch else ("entity_id",)
    )  # without a type the id is ignored
    table = call.store.get_table("talks")
    chosen = [number for number, row in table.items() if all(row_filter(row) for row_filter in row_filters)]
    return call.build_page_response(
        "talks", chosen, lambda number: encode_json(render_talk(call.account, table[number]))
    )


def _require_talk(call: ApiCall) -> Row:
    row = call.store.get_row("talks", call.get_path_id())
    if row is None:
        raise build_not_found("Talk not found")
    return row


def get_talk(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(render_talk(call.account, _require_talk(call)))


def close_talk(call: ApiCall) -> SandboxResponse:
    row = _require_talk(call)
    if call.request.body.strip() not in (b"", b"{}"):
        call.validate_item(lambda context, item: validate_object(context, item, {"force_close": validate_boolean}))
    if not row["is_in_work"]:
        raise HttpError(422, "Talk is already closed")
    row.update(is_in_work=False, updated_at=call.now)
    outbox.record_talk_event(call.account, "update", row)
    call.store.invalidate_row("talks", row["id"])
    return SandboxResponse(202)


def list_talk_messages(call: ApiCall) -> SandboxResponse:
    talk = _require_talk(call)
    table = call.store.get_table("talk_messages")
    chosen = [number for number, row in table.items() if row["talk_id"] == talk["id"]]
    return call.build_page_response(
        "messages", chosen, lambda number: encode_json(render_talk_message(call.account, table[number]))
    )


def _validate_talk_message(context: ValidationContext, item: Any) -> Row:
    clean = validate_object(context, item, {"text": validate_text, "attachment": _ATTACHMENT})
    if not clean:
        context.add_error(FIELD_MISSING, "text")
    return clean


def send_talk_message(call: ApiCall) -> SandboxResponse:
    talk = _require_talk(call)
    clean = call.validate_item(_validate_talk_message)
    author = {"id": str(uuid4()), "type": "internal", "name": call.user["name"], "avatar_url": None}
    number = add_talk_message(call.account, {**clean, "talk_id": talk["id"], "type": "outgoing", "author": author})
    return call.build_row_response({"id": call.store.get_table("talk_messages")[number]["uuid"]}, status=202)


def _filter_by_talk_entity(account: Account, node: str | Node) -> RowFilter:
    if node not in _CARDS:
        raise FilterError("expects lead or customer")
    return lambda row: row["entity_type"] == node


def _filter_open_talks(account: Account, node: str | Node) -> RowFilter:
    return lambda row: row["is_in_work"]


FILTERS: dict[str, FilterParser] = {
    "talk_id": filters.filter_by_ids("id"),
    "contact_id": filters.filter_by_ids("contact_id"),
    "entity_id": filters.filter_by_ids("entity_id"),
    "entity_type": _filter_by_talk_entity,
    "only_in_work": _filter_open_talks,
}
_BASE = "/api/v4/talks"
ROUTES = (
    Route("GET", _BASE, list_talks, filters=FILTERS),
    Route("GET", f"{_BASE}/{{id}}", get_talk),
    Route("POST", f"{_BASE}/{{id}}/close", close_talk),
    Route("GET", f"{_BASE}/{{id}}/messages", list_talk_messages),
    Route("POST", f"{_BASE}/{{id}}/send_message", send_talk_message),
)
