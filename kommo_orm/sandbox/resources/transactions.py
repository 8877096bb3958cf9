"""Purchases of customers (Kommo API v4, Transactions). They are created under a customer and never changed.

Lists exist with and without the customer in the path. A purchase can set the customer's next purchase. In the sandbox
100 units of money earn one bonus point.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall, require_path_row
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, build_self_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import NOT_SUPPORTED_CHOICE, build_not_found
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    allow_null,
    join_path,
    validate_array,
    validate_author_id,
    validate_integer,
    validate_nested,
    validate_number,
    validate_object,
    validate_row_id,
    validate_seconds,
    validate_text,
)

KIND = "transactions"
PRICE_OF_A_POINT = 100


def _validate_element(context: ValidationContext, value: Any, path: str) -> Row:
    inner = validate_nested({"catalog_id": validate_row_id("catalogs"), "quantity": validate_number}, ("catalog_id",))
    clean = validate_object(
        context, value, {"id": validate_row_id("catalog_elements"), "metadata": inner}, path, ("id", "metadata")
    )
    if not context.has_error(path):
        element = context.account.store.get_table("catalog_elements")[clean["id"]]
        if element["catalog_id"] != clean["metadata"]["catalog_id"]:
            context.add_error(NOT_SUPPORTED_CHOICE, join_path(path, "metadata.catalog_id"))
    return clean


_SCHEMA: Schema = {
    "price": validate_integer,
    "comment": validate_text,
    "completed_at": validate_seconds,
    "next_price": validate_integer,
    "next_date": validate_seconds,
    "created_by": validate_author_id,
    "metadata": validate_nested({"receipt_link": allow_null(validate_text), "external_id": allow_null(validate_text)}),
    "_embedded": validate_nested({"catalog_elements": validate_array(_validate_element)}),
}


def render_transaction(account: Account, row: Row) -> Row:
    hidden = ("elements", "metadata")
    url = account.build_url(f"/api/v4/customers/{row['customer_id']}/transactions/{row['id']}")
    shown: Row = {key: value for key, value in row.items() if key not in hidden}
    shown.update(is_deleted=False, account_id=account.id, _links=build_row_link(url))
    return {
        **shown,
        "_embedded": {"customer": _render_customer_link(account, row), "catalog_elements": row["elements"]},
    }


def _render_customer_link(account: Account, row: Row) -> Row:
    number = row["customer_id"]
    return {"id": number, "_links": build_row_link(account.build_url(f"/api/v4/customers/{number}"))}


def list_transactions(call: ApiCall) -> SandboxResponse:
    customer = call.get_path_id("customer_id") if "customer_id" in call.path_params else None
    row_filters, table = call.build_row_filters(), call.store.get_table(KIND)
    rows = [row for row in table.values() if customer in (None, row["customer_id"])]
    chosen = [row["id"] for row in rows if all(row_filter(row) for row_filter in row_filters)]
    return call.build_page_response(
        KIND, chosen, lambda number: encode_json(render_transaction(call.account, table[number]))
    )


def _require_transaction(call: ApiCall) -> Row:
    row = call.store.get_row(KIND, call.get_path_id())
    if row is None or ("customer_id" in call.path_params and row["customer_id"] != call.get_path_id("customer_id")):
        raise build_not_found("Transaction not found")
    return row


def get_transaction(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(render_transaction(call.account, _require_transaction(call)))


def create_transactions(call: ApiCall) -> SandboxResponse:
    """Create purchases. The response contains the customer, and has no `_links`."""
    customer = require_path_row(call, "customers", "customer_id")
    earns = _accrues_bonus(call)
    checked = call.validate_items(lambda context, item: validate_object(context, item, _SCHEMA, required=("price",)))
    made: list[Row] = []
    for clean, request_id in checked:
        row = insert_transaction(call.account, call.user["id"], customer, clean)
        customer["bonus_points"] += row["price"] // PRICE_OF_A_POINT if earns else 0
        url = call.build_url(f"/api/v4/customers/{customer['id']}/transactions/{row['id']}")
        nested = {"customer": _render_customer_link(call.account, row)}
        head: Row = {"id": row["id"], "customer_id": customer["id"], "request_id": request_id}
        made.append({**head, "_links": build_self_link(url), "_embedded": nested})
    return call.build_list_response(KIND, made, links=False)


def _accrues_bonus(call: ApiCall) -> bool:
    given = call.query.get_text("accrue_bonus")
    if given not in (None, "true", "false"):
        call.refuse_if_strict("accrue_bonus must be true or false")
    return given == "true"


def insert_transaction(account: Account, user_id: int, customer: Row, clean: Row) -> Row:
    now = account.now()
    people: Row = {"created_by": clean.get("created_by", user_id), "updated_by": user_id}
    row: Row = {"id": account.store.allocate_id(KIND), "price": clean["price"], "comment": clean.get("comment")}
    row.update(completed_at=clean.get("completed_at", now), customer_id=customer["id"], **people)
    row.update(created_at=now, updated_at=now, elements=(clean.get("_embedded") or {}).get("catalog_elements", []))
    account.store.insert_row(KIND, {**row, "metadata": clean.get("metadata")})
    customer.update({key: clean[key] for key in ("next_price", "next_date") if key in clean}, updated_at=now)
    account.store.invalidate_row("customers", customer["id"])
    return row


def delete_transaction(call: ApiCall) -> SandboxResponse:
    row = _require_transaction(call)
    call.store.delete_row(KIND, row["id"])
    call.store.invalidate_row("customers", row["customer_id"])
    return build_empty_response()


_FILTERS = {"id": filters.filter_by_ids("id")}
_BASE, _NESTED = "/api/v4/customers/transactions", "/api/v4/customers/{customer_id}/transactions"
ROUTES = (
    *(Route("GET", base, list_transactions, filters=_FILTERS) for base in (_BASE, _NESTED)),
    *(Route("GET", f"{base}/{{id}}", get_transaction) for base in (_BASE, _NESTED)),
    Route("POST", _NESTED, create_transactions, params=frozenset({"accrue_bonus"})),
    *(Route("DELETE", f"{base}/{{id}}", delete_transaction) for base in (_BASE, _NESTED)),
)
