"""Segments of customers (Kommo API v4, Segments). They exist only in the mode `segments`; a write takes one object.

An account has at most a hundred, with at most thirty custom fields. Their colours have no `#`.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.custom_field_values import merge_values, render_values, validate_values
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import HttpError, build_not_found
from kommo_orm.sandbox.resources.customers import SEGMENTS, guard_route
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    allow_null,
    split_words,
    validate_array,
    validate_choice,
    validate_object,
    validate_row_id,
    validate_text,
)

KIND = "segments"
MOST = 100
COLOURS = split_words(
    "10599d 2176ff 006acc 07a0c3 247ba0 177e89 046e8f 598381 0c7c59 495f41 00a44b 08605f bf2600 06d6a0 e14945 79b473 "
    "ae003f a2ad59 cd0f53 8e936d 832161 2e5339 bf126f 6f7c12 ff5376 dd1c1a bb304e 631d76 9d2b32 4a001f b118c8 6a0f49 "
    "6610f2 b38a58 8963ba 4b3666 932f6d 6b2d5c 6461a0 4f517d"
)
_SCHEMA: Schema = {
    "name": validate_text,
    "color": validate_choice(*COLOURS),
    "available_products_price_types": allow_null(validate_array(validate_row_id("custom_fields"))),
    "custom_fields_values": validate_values("segments"),
}


def render_segment(account: Account, row: Row) -> Row:
    inside = sum(row["id"] in customer["segments"] for customer in account.store.iter_rows("customers"))
    kept = ("id", "created_at", "updated_at")
    shown: Row = {
        **{key: row[key] for key in kept},
        "account_id": account.id,
        "name": row["name"],
        "color": row["color"],
    }
    shown["available_products_price_types"] = row["available_products_price_types"]
    shown.update(customers_count=inside, custom_fields_values=render_values(account, "segments", row["values"]))
    return {**shown, "_links": build_row_link(account.build_url(f"/api/v4/customers/segments/{row['id']}"))}


def list_segments(call: ApiCall) -> SandboxResponse:
    table = call.store.get_table(KIND)
    return call.build_page_response(
        KIND, sorted(table), lambda number: encode_json(render_segment(call.account, table[number])), counts=True
    )


def _require_segment(call: ApiCall) -> Row:
    row = call.store.get_row(KIND, call.get_path_id())
    if row is None:
        raise build_not_found("Segment not found")
    return row


def get_segment(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(render_segment(call.account, _require_segment(call)))


def create_segment(call: ApiCall) -> SandboxResponse:
    """Create a segment. The body is one object, not an array."""
    clean = call.validate_item(_validate_new_segment)
    if len(call.store.get_table(KIND)) >= MOST:
        raise HttpError(422, f"An account has at most {MOST} segments")
    row: Row = {
        "id": call.store.allocate_id(KIND),
        "color": COLOURS[0],
        "available_products_price_types": None,
        "values": {},
    }
    _apply_segment_values(row, {**clean, "created_at": call.now, "updated_at": call.now})
    return call.build_row_response(render_segment(call.account, call.store.insert_row(KIND, row)))


def _validate_new_segment(context: ValidationContext, item: Any) -> Row:
    return validate_object(context, item, _SCHEMA, required=("name",))


def _validate_segment_update(context: ValidationContext, item: Any) -> Row:
    return validate_object(context, item, _SCHEMA)


def _apply_segment_values(row: Row, clean: Row) -> None:
    merge_values(row["values"], clean.get("custom_fields_values", {}))
    row.update({key: value for key, value in clean.items() if key != "custom_fields_values"})


def update_segment(call: ApiCall) -> SandboxResponse:
    row = _require_segment(call)
    _apply_segment_values(row, {**call.validate_item(_validate_segment_update), "updated_at": call.now})
    return call.build_row_response(render_segment(call.account, row))


def delete_segment(call: ApiCall) -> SandboxResponse:
    """Delete a segment. Its customers leave it."""
    row = _require_segment(call)
    call.store.delete_row(KIND, row["id"])
    for customer in call.store.iter_rows("customers"):
        customer["segments"] = [number for number in customer["segments"] if number != row["id"]]
    call.store.clear_cache()
    return build_empty_response()


_BASE = "/api/v4/customers/segments"
ROUTES = tuple(
    guard_route(route, SEGMENTS)
    for route in (
        Route("GET", _BASE, list_segments),
        Route("GET", f"{_BASE}/{{id}}", get_segment),
        Route("POST", _BASE, create_segment, admin=True),
        Route("PATCH", f"{_BASE}/{{id}}", update_segment, admin=True),
        Route("DELETE", f"{_BASE}/{{id}}", delete_segment, admin=True),
    )
)
