"""Short links (Kommo API v4, Short links): created for contacts, and never shown again.

The answer has neither ids nor `request_id`, in the order of the request; `request_id` is not taken either.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.hal_responses import answer, envelope
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_NOT_EXPECTED, flawed
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, choice, examine, existing, is_object, shape, text

MOST = 250
_METADATA = shape({"entity_type": choice("contacts"), "entity_id": existing("contacts")}, ("entity_type", "entity_id"))
_SCHEMA: Schema = {"url": text, "metadata": _METADATA}


def create_links(call: Call) -> SandboxResponse:
    for index, item in enumerate(call.items(MOST)):
        if is_object(item) and "request_id" in item:
            raise flawed(FIELD_NOT_EXPECTED, "request_id", str(index))
    checked = call.checked_items(lambda scope, item: examine(scope, item, _SCHEMA, required=("url", "metadata")), MOST)
    return answer(200, envelope("short_links", [_create(call, clean) for clean, _ in checked], {}))


def _create(call: Call, clean: Row) -> Row:
    number = call.store.new_id("short_links")
    short = f"https://kommo.example/K/{number:06X}"
    row: dict[str, Any] = {"id": number, "short_url": short, **clean}
    call.store.insert("short_links", row)
    return {"url": short, "account_id": call.account.id, "metadata": clean["metadata"]}


ROUTES = (Route("POST", "/api/v4/short_links", create_links),)
