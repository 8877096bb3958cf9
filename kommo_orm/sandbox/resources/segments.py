"""Segments of customers (Kommo API v4, Segments): only where customers are kept by segments; one object a write.

At most a hundred, with at most thirty custom fields. Their colours have no `#`.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.custom_field_values import merge, read_values, write_values
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import Refusal, not_found
from kommo_orm.sandbox.resources.customers import SEGMENTS, guarded
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, array_of, choice, examine, existing, nullable, text, words

KIND = "segments"
MOST = 100
COLOURS = words(
    "10599d 2176ff 006acc 07a0c3 247ba0 177e89 046e8f 598381 0c7c59 495f41 00a44b 08605f bf2600 06d6a0 e14945 79b473 "
    "ae003f a2ad59 cd0f53 8e936d 832161 2e5339 bf126f 6f7c12 ff5376 dd1c1a bb304e 631d76 9d2b32 4a001f b118c8 6a0f49 "
    "6610f2 b38a58 8963ba 4b3666 932f6d 6b2d5c 6461a0 4f517d"
)
_SCHEMA: Schema = {
    "name": text,
    "color": choice(*COLOURS),
    "available_products_price_types": nullable(array_of(existing("custom_fields"))),
    "custom_fields_values": write_values("segments"),
}


def show(account: Account, row: Row) -> Row:
    inside = sum(row["id"] in customer["segments"] for customer in account.store.rows("customers"))
    kept = ("id", "created_at", "updated_at")
    shown: Row = {
        **{key: row[key] for key in kept},
        "account_id": account.id,
        "name": row["name"],
        "color": row["color"],
    }
    shown["available_products_price_types"] = row["available_products_price_types"]
    shown.update(customers_count=inside, custom_fields_values=read_values(account, "segments", row["values"]))
    return {**shown, "_links": link(account.url(f"/api/v4/customers/segments/{row['id']}"))}


def list_segments(call: Call) -> SandboxResponse:
    table = call.store.table(KIND)
    return call.page(KIND, sorted(table), lambda number: encode(show(call.account, table[number])), counts=True)


def _found(call: Call) -> Row:
    row = call.store.get(KIND, call.number())
    if row is None:
        raise not_found("Segment not found")
    return row


def get_segment(call: Call) -> SandboxResponse:
    return call.one(show(call.account, _found(call)))


def create_segment(call: Call) -> SandboxResponse:
    """One object, not an array."""
    clean = call.checked_item(_check_create)
    if len(call.store.table(KIND)) >= MOST:
        raise Refusal(422, f"An account has at most {MOST} segments")
    row: Row = {
        "id": call.store.new_id(KIND),
        "color": COLOURS[0],
        "available_products_price_types": None,
        "values": {},
    }
    _apply(row, {**clean, "created_at": call.now, "updated_at": call.now})
    return call.one(show(call.account, call.store.insert(KIND, row)))


def _check_create(scope: Scope, item: Any) -> Row:
    return examine(scope, item, _SCHEMA, required=("name",))


def _check_update(scope: Scope, item: Any) -> Row:
    return examine(scope, item, _SCHEMA)


def _apply(row: Row, clean: Row) -> None:
    merge(row["values"], clean.get("custom_fields_values", {}))
    row.update({key: value for key, value in clean.items() if key != "custom_fields_values"})


def update_segment(call: Call) -> SandboxResponse:
    row = _found(call)
    _apply(row, {**call.checked_item(_check_update), "updated_at": call.now})
    return call.one(show(call.account, row))


def delete_segment(call: Call) -> SandboxResponse:
    """Its customers are in one less."""
    row = _found(call)
    call.store.remove(KIND, row["id"])
    for customer in call.store.rows("customers"):
        customer["segments"] = [number for number in customer["segments"] if number != row["id"]]
    call.store.forget_rendered()
    return nothing()


_BASE = "/api/v4/customers/segments"
ROUTES = tuple(
    guarded(route, SEGMENTS, reads=True)
    for route in (
        Route("GET", _BASE, list_segments),
        Route("GET", f"{_BASE}/{{id}}", get_segment),
        Route("POST", _BASE, create_segment, admin=True),
        Route("PATCH", f"{_BASE}/{{id}}", update_segment, admin=True),
        Route("DELETE", f"{_BASE}/{{id}}", delete_segment, admin=True),
    )
)
