"""Elements of lists (Kommo API v4, List elements). Writes answer whole elements; `is_deleted` is taken and ignored."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.custom_field_values import merge, read_values, write_values
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, NOT_SUPPORTED_CHOICE, flawed, not_found
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import AUTHORSHIP, Schema, Scope, examine, ignored, integer, nullable, text

KIND = "catalog_elements"


def _owner(catalog_id: int) -> str:
    return f"catalogs/{catalog_id}"


def _schema(catalog_id: int) -> Schema:
    values = write_values(_owner(catalog_id))
    return {"name": text, "custom_fields_values": values, "currency_id": nullable(integer), **AUTHORSHIP}


# Reading


def show(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    kept = {key: row[key] for key in ("id", "name", "created_by", "updated_by", "created_at", "updated_at")}
    kept["is_deleted"] = row["is_deleted"]
    kept["custom_fields_values"] = read_values(account, _owner(row["catalog_id"]), row["values"])
    kept.update(catalog_id=row["catalog_id"], account_id=account.id)
    if "invoice_link" in withs:
        kept["invoice_link"] = None
    return {**kept, "_links": link(account.url(f"/api/v4/catalogs/{row['catalog_id']}/elements/{row['id']}"))}


def _render(call: Call, number: int) -> bytes:
    row = call.store.table(KIND)[number]
    return call.store.rendered(KIND, number, call.withs, lambda: encode(show(call.account, row, call.withs)))


def _catalog(call: Call) -> int:
    if call.store.get("catalogs", call.number("catalog_id")) is None:
        raise not_found("Catalog not found")
    return call.number("catalog_id")


def list_elements(call: Call) -> SandboxResponse:
    catalog = _catalog(call)
    tests = call.tests()
    if wanted := call.query.text("query"):
        tests.append(filters.search(call.account, _owner(catalog), wanted))
    rows = [row for row in call.store.rows(KIND) if row["catalog_id"] == catalog and all(test(row) for test in tests)]
    return call.page("elements", [row["id"] for row in rows], lambda number: _render(call, number))


def _element(call: Call) -> Row | None:
    row = call.store.get(KIND, call.number())
    return row if row and row["catalog_id"] == _catalog(call) else None


def get_element(call: Call) -> SandboxResponse:
    row = _element(call)
    return call.one(_render(call, row["id"])) if row else nothing()


# Writing


def create_elements(call: Call) -> SandboxResponse:
    catalog = _catalog(call)
    schema = _schema(catalog)
    made: list[Row] = []
    for clean, request_id in call.checked_items(lambda scope, item: examine(scope, item, schema, required=("name",))):
        row = create(call.account, catalog, call.user["id"], clean)
        made.append({**show(call.account, row), "is_deleted": None, "request_id": request_id})
    return call.written("elements", made)


def create(account: Account, catalog_id: int, user_id: int, clean: Row) -> Row:
    now = account.now()
    people: Row = {"created_by": user_id, "updated_by": user_id, "created_at": now, "updated_at": now}
    row: Row = {"id": account.store.new_id(KIND), "name": "", **people, "is_deleted": False, "catalog_id": catalog_id}
    _apply(row, clean)
    return account.store.insert(KIND, row)


def _apply(row: Row, clean: Row) -> None:
    row.setdefault("values", {})
    merge(row["values"], clean.get("custom_fields_values", {}))
    row.update({key: value for key, value in clean.items() if key not in ("custom_fields_values", "is_deleted")})


def _check_update(scope: Scope, item: Any, catalog: int, known: int | None = None) -> Row:
    clean = examine(scope, item, {"id": integer, **_schema(catalog), "is_deleted": ignored})
    number = clean.setdefault("id", known)
    row = scope.account.store.get(KIND, number)
    if number is None:
        scope.flaw(FIELD_MISSING, "id")
    elif row is None or row["catalog_id"] != catalog or known not in (None, number):
        scope.flaw(NOT_SUPPORTED_CHOICE, "id")
    return clean


def update_elements(call: Call) -> SandboxResponse:
    catalog = _catalog(call)
    checked = call.checked_items(lambda scope, item: _check_update(scope, item, catalog))
    return call.written("elements", [{**_update(call, clean), "request_id": name} for clean, name in checked])


def update_element(call: Call) -> SandboxResponse:
    if _element(call) is None:
        raise flawed(NOT_SUPPORTED_CHOICE, "id")
    catalog, number = _catalog(call), call.number()
    return call.one(_update(call, call.checked_item(lambda scope, item: _check_update(scope, item, catalog, number))))


def _update(call: Call, clean: Row) -> Row:
    row = call.store.table(KIND)[clean["id"]]
    change(call.account, call.user["id"], row, clean)
    return show(call.account, row)


def change(account: Account, user_id: int, row: Row, clean: Row) -> None:
    before = {**row, "values": dict(row["values"])}
    _apply(row, clean)
    if row != before:
        row["updated_at"] = clean.get("updated_at", account.now())
        row["updated_by"] = clean.get("updated_by", user_id)
    account.store.touch(KIND, row["id"])


_BASE = "/api/v4/catalogs/{catalog_id}/elements"
_WITHS = frozenset({"invoice_link", "supplier_field_values"})
ROUTES = (
    Route(
        "GET",
        _BASE,
        list_elements,
        withs=_WITHS,
        params=frozenset({"query"}),
        filters={"id": filters.ids("id")},
    ),
    Route("GET", f"{_BASE}/{{id}}", get_element, withs=_WITHS),
    Route("POST", _BASE, create_elements),
    Route("PATCH", _BASE, update_elements),
    Route("PATCH", f"{_BASE}/{{id}}", update_element),
)
