"""Chats of contacts (Kommo API v4, Linking a chat to a contact). The responses are plain JSON without links."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, build_response, encode_collection
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import HttpError
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import ValidationContext, validate_object, validate_row_id, validate_text


def _build_chats_response(rows: list[Row]) -> SandboxResponse:
    return build_response(200, encode_collection("chats", rows, {"_total_items": len(rows)}), media="application/json")


def list_chats(call: ApiCall) -> SandboxResponse:
    """List chats. The query must have exactly one of `contact_id` and `chat_id`."""
    parameters = {name: value for name in ("contact_id", "chat_id") if (value := call.query.get_text(name)) is not None}
    if len(parameters) != 1:
        raise HttpError(400, "Request must have contact_id or chat_id")
    rows = [
        row for row in call.store.iter_rows("chats") if all(str(row[key]) == value for key, value in parameters.items())
    ]
    return _build_chats_response(rows) if rows else build_empty_response()


def _validate_chat_link(context: ValidationContext, item: Any) -> Row:
    schema = {"contact_id": validate_row_id("contacts"), "chat_id": validate_text}
    return validate_object(context, item, schema, required=("contact_id", "chat_id"))


def link_chats(call: ApiCall) -> SandboxResponse:
    """Link chats to contacts. A chat has one contact, so a second link moves it."""
    made: list[Row] = []
    for clean, request_id in call.validate_items(_validate_chat_link):
        for row in list(call.store.iter_rows("chats")):
            if row["chat_id"] == clean["chat_id"]:
                call.store.delete_row("chats", row["id"])
        row = {"chat_id": clean["chat_id"], "contact_id": clean["contact_id"], "id": call.store.allocate_id("chats")}
        call.store.insert_row("chats", row)
        made.append({**row, "request_id": request_id})
    return _build_chats_response(made)


ROUTES = (
    Route("GET", "/api/v4/contacts/chats", list_chats, params=frozenset({"contact_id", "chat_id"})),
    Route("POST", "/api/v4/contacts/chats", link_chats),
)
