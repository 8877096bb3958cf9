"""Short links for contacts (Kommo API v4, Short links). No route shows them again.

The rows of the response have the order of the request, without ids. `request_id` is refused.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_response, encode_collection
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_NOT_EXPECTED, build_field_error
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    is_object,
    validate_choice,
    validate_nested,
    validate_object,
    validate_row_id,
    validate_text,
)

MOST = 250
_METADATA = validate_nested(
    {"entity_type": validate_choice("contacts"), "entity_id": validate_row_id("contacts")}, ("entity_type", "entity_id")
)
_SCHEMA: Schema = {"url": validate_text, "metadata": _METADATA}


def create_short_links(call: ApiCall) -> SandboxResponse:
    for index, item in enumerate(call.parse_items(MOST)):
        if is_object(item) and "request_id" in item:
            raise build_field_error(FIELD_NOT_EXPECTED, "request_id", str(index))
    checked = call.validate_items(
        lambda context, item: validate_object(context, item, _SCHEMA, required=("url", "metadata")), MOST
    )
    return build_response(
        200, encode_collection("short_links", [_insert_short_link(call, clean) for clean, _ in checked], {})
    )


def _insert_short_link(call: ApiCall, clean: Row) -> Row:
    number = call.store.allocate_id("short_links")
    short = f"https://kommo.example/K/{number:06X}"
    row: dict[str, Any] = {"id": number, "short_url": short, **clean}
    call.store.insert_row("short_links", row)
    return {"url": short, "account_id": call.account.id, "metadata": clean["metadata"]}


ROUTES = (Route("POST", "/api/v4/short_links", create_short_links),)
