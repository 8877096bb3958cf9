"""Lists, which the API calls `catalogs` (Kommo API v4, Lists). An account has at most ten; v4 cannot delete one.

The product settings switch the list of products on. It is created together with its fields.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall, require_path_row
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, NOT_SUPPORTED_CHOICE, HttpError
from kommo_orm.sandbox.resources import field_definitions
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    validate_author_id,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_object,
    validate_seconds,
    validate_text,
)

MOST_LISTS = 10
TYPES = ("regular", "products", "invoices", "suppliers")
_PRODUCT_FIELDS = (
    ("SKU", "text"),
    ("PRICE", "price"),
    ("GROUP", "category"),
    ("EXTERNAL_ID", "text"),
    ("DESCRIPTION", "textarea"),
)
_SCHEMA: Schema = {
    "name": validate_text,
    "sort": validate_integer,
    "can_add_elements": validate_boolean,
    "can_show_in_cards": validate_boolean,
    "can_link_multiple": validate_boolean,
    "created_by": validate_author_id,
    "updated_by": validate_author_id,
    "created_at": validate_seconds,
}
_CREATE: Schema = {**_SCHEMA, "type": validate_choice("regular", "invoices", "suppliers")}


def insert_catalog(account: Account, user_id: int, clean: Row) -> Row:
    now = account.now()
    people: Row = {"created_by": user_id, "updated_by": user_id, "created_at": now, "updated_at": now}
    flags: Row = {"can_add_elements": True, "can_show_in_cards": True, "can_link_multiple": True}
    kind = clean.get("type", "regular")
    rest: Row = {"type": kind, **flags, "can_be_deleted": kind != "products", "sdk_widget_code": None}
    row: Row = {"id": _allocate_catalog_id(account), "name": "", **people, "sort": 10, **rest, **clean}
    return account.store.insert_row("catalogs", row)


def _allocate_catalog_id(account: Account) -> int:
    """Return a new id. Ids of lists are greater than 1000."""
    number = account.store.allocate_id("catalogs")
    while number <= 1000:
        number = account.store.allocate_id("catalogs")
    return number


def render_catalog(account: Account, row: Row) -> Row:
    return {
        **row,
        "account_id": account.id,
        "_links": build_row_link(account.build_url(f"/api/v4/catalogs/{row['id']}")),
    }


def list_catalogs(call: ApiCall) -> SandboxResponse:
    wanted = call.query.get_text("type")
    rows = [row for row in call.store.iter_rows("catalogs") if wanted in (None, row["type"])]
    table = call.store.get_table("catalogs")
    chosen = [row["id"] for row in rows]
    return call.build_page_response(
        "catalogs", chosen, lambda number: encode_json(render_catalog(call.account, table[number]))
    )


def get_catalog(call: ApiCall) -> SandboxResponse:
    row = call.store.get_row("catalogs", call.get_path_id())
    return call.build_row_response(render_catalog(call.account, row)) if row else build_empty_response()


def create_catalogs(call: ApiCall) -> SandboxResponse:
    checked = call.validate_items(lambda context, item: validate_object(context, item, _CREATE, required=("name",)))
    if len(call.store.get_table("catalogs")) + len(checked) > MOST_LISTS:
        raise HttpError(422, f"An account has at most {MOST_LISTS} lists")
    made = [(insert_catalog(call.account, call.user["id"], clean), name) for clean, name in checked]
    return call.build_batch_response(
        "catalogs", [{**render_catalog(call.account, row), "request_id": name} for row, name in made]
    )


def _validate_catalog_update(context: ValidationContext, item: Any, known: int | None = None) -> Row:
    clean = validate_object(context, item, {"id": validate_integer, **_SCHEMA})
    number = clean.setdefault("id", known)
    if context.account.store.get_row("catalogs", number) is None:
        context.add_error(FIELD_MISSING if number is None else NOT_SUPPORTED_CHOICE, "id")
    return clean


def update_catalogs(call: ApiCall) -> SandboxResponse:
    checked = call.validate_items(_validate_catalog_update)
    return call.build_batch_response(
        "catalogs", [{**_update_and_render_catalog(call, clean), "request_id": name} for clean, name in checked]
    )


def update_catalog(call: ApiCall) -> SandboxResponse:
    row = require_path_row(call, "catalogs")
    return call.build_row_response(
        _update_and_render_catalog(
            call, call.validate_item(lambda context, item: _validate_catalog_update(context, item, row["id"]))
        )
    )


def _update_and_render_catalog(call: ApiCall, clean: Row) -> Row:
    row = call.store.get_table("catalogs")[clean["id"]]
    row.update(clean, updated_at=call.now, updated_by=clean.get("updated_by", call.user["id"]))
    call.store.invalidate_row("catalogs", row["id"])
    return render_catalog(call.account, row)


# Products


def _find_product_catalog(account: Account) -> Row | None:
    return next((row for row in account.store.iter_rows("catalogs") if row["type"] == "products"), None)


def render_product_settings(account: Account) -> Row:
    found = _find_product_catalog(account)
    is_enabled = found is not None and account.has_products
    return {"is_enabled": is_enabled, "catalog_id": found["id"] if found else None}


def get_product_settings(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(render_product_settings(call.account))


def update_product_settings(call: ApiCall) -> SandboxResponse:
    """Switch the list of products on or off. The first time creates the list, and it stays when it is switched off."""
    clean = call.validate_item(
        lambda context, item: validate_object(context, item, {"is_enabled": validate_boolean}, required=("is_enabled",))
    )
    switch_products(call.account, call.user["id"], on=clean["is_enabled"])
    return get_product_settings(call)


def switch_products(account: Account, user_id: int, *, on: bool) -> None:
    if on and _find_product_catalog(account) is None:
        insert_product_catalog(account, user_id)
    account.has_products = on


def insert_product_catalog(account: Account, user_id: int) -> Row:
    row = insert_catalog(account, user_id, {"name": "Products", "type": "products"})
    for code, kind in _PRODUCT_FIELDS:
        name = code.replace("_", " ").capitalize()
        known = {"name": name, "type": kind, "code": code, "is_deletable": False}
        field_definitions.insert_field(account, f"catalogs/{row['id']}", known)
    return row


_BASE = "/api/v4/catalogs"
ROUTES = (
    Route("GET", _BASE, list_catalogs, params=frozenset({"type"})),
    Route("GET", f"{_BASE}/{{id}}", get_catalog),
    Route("POST", _BASE, create_catalogs),
    Route("PATCH", _BASE, update_catalogs),
    Route("PATCH", f"{_BASE}/{{id}}", update_catalog),
    Route("GET", f"{_BASE}/products/settings", get_product_settings),
    Route("PATCH", f"{_BASE}/products/settings", update_product_settings, admin=True),
)
