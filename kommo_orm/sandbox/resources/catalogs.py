"""Lists: `catalogs` in the API's words (Kommo API v4, Lists). At most ten; v4 cannot delete one.

The products list is switched on by its settings and brings its fields along.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, NOT_SUPPORTED_CHOICE, Refusal
from kommo_orm.sandbox.resources import custom_fields
from kommo_orm.sandbox.routing import Call, Route, required_place
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, author, boolean, choice, examine, integer, text

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
    "name": text,
    "sort": integer,
    "can_add_elements": boolean,
    "can_show_in_cards": boolean,
    "can_link_multiple": boolean,
    "created_by": author,
    "updated_by": author,
    "created_at": integer,
}
_CREATE: Schema = {**_SCHEMA, "type": choice("regular", "invoices", "suppliers")}


def create(account: Account, user_id: int, clean: Row) -> Row:
    now = account.now()
    people: Row = {"created_by": user_id, "updated_by": user_id, "created_at": now, "updated_at": now}
    flags: Row = {"can_add_elements": True, "can_show_in_cards": True, "can_link_multiple": True}
    kind = clean.get("type", "regular")
    rest: Row = {"type": kind, **flags, "can_be_deleted": kind != "products", "sdk_widget_code": None}
    row: Row = {"id": _new_id(account), "name": "", **people, "sort": 10, **rest, **clean}
    return account.store.insert("catalogs", row)


def _new_id(account: Account) -> int:
    """Ids of lists are greater than 1000."""
    number = account.store.new_id("catalogs")
    while number <= 1000:
        number = account.store.new_id("catalogs")
    return number


def show(account: Account, row: Row) -> Row:
    return {**row, "account_id": account.id, "_links": link(account.url(f"/api/v4/catalogs/{row['id']}"))}


def list_catalogs(call: Call) -> SandboxResponse:
    wanted = call.query.text("type")
    rows = [row for row in call.store.rows("catalogs") if wanted in (None, row["type"])]
    table = call.store.table("catalogs")
    chosen = [row["id"] for row in rows]
    return call.page("catalogs", chosen, lambda number: encode(show(call.account, table[number])))


def get_catalog(call: Call) -> SandboxResponse:
    row = call.store.get("catalogs", call.number())
    return call.one(show(call.account, row)) if row else nothing()


def create_catalogs(call: Call) -> SandboxResponse:
    checked = call.checked_items(lambda scope, item: examine(scope, item, _CREATE, required=("name",)))
    if len(call.store.table("catalogs")) + len(checked) > MOST_LISTS:
        raise Refusal(422, f"An account has at most {MOST_LISTS} lists")
    made = [(create(call.account, call.user["id"], clean), name) for clean, name in checked]
    return call.written("catalogs", [{**show(call.account, row), "request_id": name} for row, name in made])


def _check_update(scope: Scope, item: Any, known: int | None = None) -> Row:
    clean = examine(scope, item, {"id": integer, **_SCHEMA})
    number = clean.setdefault("id", known)
    if scope.account.store.get("catalogs", number) is None:
        scope.flaw(FIELD_MISSING if number is None else NOT_SUPPORTED_CHOICE, "id")
    return clean


def update_catalogs(call: Call) -> SandboxResponse:
    checked = call.checked_items(_check_update)
    return call.written("catalogs", [{**_update(call, clean), "request_id": name} for clean, name in checked])


def update_catalog(call: Call) -> SandboxResponse:
    row = required_place(call, "catalogs")
    return call.one(_update(call, call.checked_item(lambda scope, item: _check_update(scope, item, row["id"]))))


def _update(call: Call, clean: Row) -> Row:
    row = call.store.table("catalogs")[clean["id"]]
    row.update(clean, updated_at=call.now, updated_by=clean.get("updated_by", call.user["id"]))
    call.store.touch("catalogs", row["id"])
    return show(call.account, row)


# Products


def _products(account: Account) -> Row | None:
    return next((row for row in account.store.rows("catalogs") if row["type"] == "products"), None)


def show_settings(account: Account) -> Row:
    found = _products(account)
    is_enabled = found is not None and account.has_products
    return {"is_enabled": is_enabled, "catalog_id": found["id"] if found else None}


def get_settings(call: Call) -> SandboxResponse:
    return call.one(show_settings(call.account))


def update_settings(call: Call) -> SandboxResponse:
    """Switching on makes the list once; it stays when it is switched off."""
    clean = call.checked_item(
        lambda scope, item: examine(scope, item, {"is_enabled": boolean}, required=("is_enabled",))
    )
    switch_products(call.account, call.user["id"], on=clean["is_enabled"])
    return get_settings(call)


def switch_products(account: Account, user_id: int, *, on: bool) -> None:
    if on and _products(account) is None:
        create_products(account, user_id)
    account.has_products = on


def create_products(account: Account, user_id: int) -> Row:
    row = create(account, user_id, {"name": "Products", "type": "products"})
    for code, kind in _PRODUCT_FIELDS:
        name = code.replace("_", " ").capitalize()
        known = {"name": name, "type": kind, "code": code, "is_deletable": False}
        custom_fields.create(account, f"catalogs/{row['id']}", known)
    return row


_BASE = "/api/v4/catalogs"
ROUTES = (
    Route("GET", _BASE, list_catalogs, params=frozenset({"type"})),
    Route("GET", f"{_BASE}/{{id}}", get_catalog),
    Route("POST", _BASE, create_catalogs),
    Route("PATCH", _BASE, update_catalogs),
    Route("PATCH", f"{_BASE}/{{id}}", update_catalog),
    Route("GET", f"{_BASE}/products/settings", get_settings),
    Route("PATCH", f"{_BASE}/products/settings", update_settings, admin=True),
)
