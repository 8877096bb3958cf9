"""Elements of lists (Kommo API v4, List elements).

A write returns whole elements. `is_deleted` is accepted and ignored.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.custom_field_values import merge_values, render_values, validate_values
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, NOT_SUPPORTED_CHOICE, build_field_error, build_not_found
from kommo_orm.sandbox.query_string import get_leaves
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    AUTHORSHIP,
    Schema,
    ValidationContext,
    allow_null,
    drop_value,
    validate_integer,
    validate_object,
    validate_text,
)
from kommo_orm.sandbox.webhooks import outbox

KIND = "catalog_elements"


def _get_catalog_key(catalog_id: int) -> str:
    return f"catalogs/{catalog_id}"


def _build_element_schema(catalog_id: int) -> Schema:
    values = validate_values(_get_catalog_key(catalog_id))
    return {
        "name": validate_text,
        "custom_fields_values": values,
        "currency_id": allow_null(validate_integer),
        **AUTHORSHIP,
    }


# Reading


def render_element(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    kept = {key: row[key] for key in ("id", "name", "created_by", "updated_by", "created_at", "updated_at")}
    kept["is_deleted"] = row["is_deleted"]
    kept["custom_fields_values"] = render_values(account, _get_catalog_key(row["catalog_id"]), row["values"])
    kept.update(catalog_id=row["catalog_id"], account_id=account.id)
    if "invoice_link" in withs:
        kept["invoice_link"] = None
    return {
        **kept,
        "_links": build_row_link(account.build_url(f"/api/v4/catalogs/{row['catalog_id']}/elements/{row['id']}")),
    }


def _encode_element(call: ApiCall, number: int) -> bytes:
    row = call.store.get_table(KIND)[number]
    return call.store.get_encoded(
        KIND,
        number,
        (call.account.origin, call.withs),
        lambda: encode_json(render_element(call.account, row, call.withs)),
    )


def _require_catalog_id(call: ApiCall) -> int:
    if call.store.get_row("catalogs", call.get_path_id("catalog_id")) is None:
        raise build_not_found("Catalog not found")
    return call.get_path_id("catalog_id")


def list_elements(call: ApiCall) -> SandboxResponse:
    catalog = _require_catalog_id(call)
    row_filters = call.build_row_filters()
    if "id" in call.query.tree:  # the official client sends `id[]=` in place of `filter[id][]=`
        wanted_ids = set(get_leaves(call.query.tree["id"]))
        row_filters.append(lambda row: str(row["id"]) in wanted_ids)
    if wanted := call.query.get_text("query"):
        row_filters.append(filters.filter_by_text(call.account, _get_catalog_key(catalog), wanted))
    rows = [
        row
        for row in call.store.iter_rows(KIND)
        if row["catalog_id"] == catalog and all(row_filter(row) for row_filter in row_filters)
    ]
    return call.build_page_response(
        "elements", [row["id"] for row in rows], lambda number: _encode_element(call, number)
    )


def _find_element(call: ApiCall) -> Row | None:
    row = call.store.get_row(KIND, call.get_path_id())
    return row if row and row["catalog_id"] == _require_catalog_id(call) else None


def get_element(call: ApiCall) -> SandboxResponse:
    row = _find_element(call)
    return call.build_row_response(_encode_element(call, row["id"])) if row else build_empty_response()


# Writing


def create_elements(call: ApiCall) -> SandboxResponse:
    catalog = _require_catalog_id(call)
    schema = _build_element_schema(catalog)
    made: list[Row] = []
    for clean, request_id in call.validate_items(
        lambda context, item: validate_object(context, item, schema, required=("name",))
    ):
        row = insert_element(call.account, catalog, call.user["id"], clean)
        made.append({**render_element(call.account, row), "is_deleted": None, "request_id": request_id})
    return call.build_batch_response("elements", made)


def insert_element(account: Account, catalog_id: int, user_id: int, clean: Row) -> Row:
    now = account.now()
    people: Row = {"created_by": user_id, "updated_by": user_id, "created_at": now, "updated_at": now}
    row: Row = {
        "id": account.store.allocate_id(KIND),
        "name": "",
        **people,
        "is_deleted": False,
        "catalog_id": catalog_id,
    }
    _apply_element_values(row, clean)
    outbox.record_element_event(account, "add", row)
    return account.store.insert_row(KIND, row)


def _apply_element_values(row: Row, clean: Row) -> None:
    row.setdefault("values", {})
    merge_values(row["values"], clean.get("custom_fields_values", {}))
    row.update({key: value for key, value in clean.items() if key not in ("custom_fields_values", "is_deleted")})


def _validate_element_update(context: ValidationContext, item: Any, catalog: int, known: int | None = None) -> Row:
    clean = validate_object(
        context, item, {"id": validate_integer, **_build_element_schema(catalog), "is_deleted": drop_value}
    )
    number = clean.setdefault("id", known)
    row = context.account.store.get_row(KIND, number)
    if number is None:
        context.add_error(FIELD_MISSING, "id")
    elif row is None or row["catalog_id"] != catalog or known not in (None, number):
        context.add_error(NOT_SUPPORTED_CHOICE, "id")
    return clean


def update_elements(call: ApiCall) -> SandboxResponse:
    catalog = _require_catalog_id(call)
    checked = call.validate_items(lambda context, item: _validate_element_update(context, item, catalog))
    return call.build_batch_response(
        "elements", [{**_update_and_render_element(call, clean), "request_id": name} for clean, name in checked]
    )


def update_element(call: ApiCall) -> SandboxResponse:
    if _find_element(call) is None:
        raise build_field_error(NOT_SUPPORTED_CHOICE, "id")
    catalog, number = _require_catalog_id(call), call.get_path_id()
    return call.build_row_response(
        _update_and_render_element(
            call, call.validate_item(lambda context, item: _validate_element_update(context, item, catalog, number))
        )
    )


def _update_and_render_element(call: ApiCall, clean: Row) -> Row:
    row = call.store.get_table(KIND)[clean["id"]]
    change_element(call.account, call.user["id"], row, clean)
    return render_element(call.account, row)


def change_element(account: Account, user_id: int, row: Row, clean: Row) -> None:
    before = {**row, "values": dict(row["values"])}
    _apply_element_values(row, clean)
    if row != before:
        row["updated_at"] = clean.get("updated_at", account.now())
        row["updated_by"] = clean.get("updated_by", user_id)
        outbox.record_element_event(account, "update", row)
    account.store.invalidate_row(KIND, row["id"])


_BASE = "/api/v4/catalogs/{catalog_id}/elements"
_WITHS = frozenset({"invoice_link", "supplier_field_values"})
ROUTES = (
    Route(
        "GET",
        _BASE,
        list_elements,
        withs=_WITHS,
        params=frozenset({"query", "id"}),
        filters={"id": filters.filter_by_ids("id")},
    ),
    Route("GET", f"{_BASE}/{{id}}", get_element, withs=_WITHS),
    Route("POST", _BASE, create_elements),
    Route("PATCH", _BASE, update_elements),
    Route("PATCH", f"{_BASE}/{{id}}", update_element),
)
