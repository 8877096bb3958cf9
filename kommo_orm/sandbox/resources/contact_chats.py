"""Chats of contacts (Kommo API v4, Linking a chat to a contact): plain JSON, no links anywhere."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.hal_responses import answer, envelope, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import Refusal
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Scope, examine, existing, text


def _answer(rows: list[Row]) -> SandboxResponse:
    return answer(200, envelope("chats", rows, {"_total_items": len(rows)}), media="application/json")


def list_chats(call: Call) -> SandboxResponse:
    """Exactly one of `contact_id` and `chat_id` is asked for."""
    asked = {name: value for name in ("contact_id", "chat_id") if (value := call.query.text(name)) is not None}
    if len(asked) != 1:
        raise Refusal(400, "Request must have contact_id or chat_id")
    rows = [row for row in call.store.rows("chats") if all(str(row[key]) == value for key, value in asked.items())]
    return _answer(rows) if rows else nothing()


def _check(scope: Scope, item: Any) -> Row:
    schema = {"contact_id": existing("contacts"), "chat_id": text}
    return examine(scope, item, schema, required=("contact_id", "chat_id"))


def link_chats(call: Call) -> SandboxResponse:
    """A chat belongs to one contact: posting it again moves it."""
    made: list[Row] = []
    for clean, request_id in call.checked_items(_check):
        for row in list(call.store.rows("chats")):
            if row["chat_id"] == clean["chat_id"]:
                call.store.remove("chats", row["id"])
        row = {"chat_id": clean["chat_id"], "contact_id": clean["contact_id"], "id": call.store.new_id("chats")}
        call.store.insert("chats", row)
        made.append({**row, "request_id": request_id})
    return _answer(made)


ROUTES = (
    Route("GET", "/api/v4/contacts/chats", list_chats, params=frozenset({"contact_id", "chat_id"})),
    Route("POST", "/api/v4/contacts/chats", link_chats),
)
