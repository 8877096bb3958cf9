"""Purchases of customers (Kommo API v4, Transactions): entered under a customer, found with and without it, never changed.

Entering one may tell the customer's next purchase. In this account a purchase that earns points earns one a hundred.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import encode, link, nothing, self_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import NOT_SUPPORTED_CHOICE, not_found
from kommo_orm.sandbox.resources.customers import guarded
from kommo_orm.sandbox.routing import Call, Route, required_place
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    Scope,
    array_of,
    author,
    examine,
    existing,
    integer,
    join,
    nullable,
    number,
    shape,
    text,
)

KIND = "transactions"
PRICE_OF_A_POINT = 100


def _element(scope: Scope, value: Any, path: str) -> Row:
    inner = shape({"catalog_id": existing("catalogs"), "quantity": number}, ("catalog_id",))
    clean = examine(scope, value, {"id": existing("catalog_elements"), "metadata": inner}, path, ("id", "metadata"))
    if not scope.bad(path):
        element = scope.account.store.table("catalog_elements")[clean["id"]]
        if element["catalog_id"] != clean["metadata"]["catalog_id"]:
            scope.flaw(NOT_SUPPORTED_CHOICE, join(path, "metadata.catalog_id"))
    return clean


_SCHEMA: Schema = {
    "price": integer,
    "comment": text,
    "completed_at": integer,
    "next_price": integer,
    "next_date": integer,
    "created_by": author,
    "metadata": shape({"receipt_link": nullable(text), "external_id": nullable(text)}),
    "_embedded": shape({"catalog_elements": array_of(_element)}),
}


def show(account: Account, row: Row) -> Row:
    hidden = ("elements", "metadata")
    url = account.url(f"/api/v4/customers/{row['customer_id']}/transactions/{row['id']}")
    shown: Row = {key: value for key, value in row.items() if key not in hidden}
    shown.update(is_deleted=False, account_id=account.id, _links=link(url))
    return {**shown, "_embedded": {"customer": _customer(account, row), "catalog_elements": row["elements"]}}


def _customer(account: Account, row: Row) -> Row:
    number = row["customer_id"]
    return {"id": number, "_links": link(account.url(f"/api/v4/customers/{number}"))}


def list_transactions(call: Call) -> SandboxResponse:
    customer = call.number("customer_id") if "customer_id" in call.places else None
    tests, table = call.tests(), call.store.table(KIND)
    rows = [row for row in table.values() if customer in (None, row["customer_id"])]
    chosen = [row["id"] for row in rows if all(test(row) for test in tests)]
    return call.page(KIND, chosen, lambda number: encode(show(call.account, table[number])))


def _found(call: Call) -> Row:
    row = call.store.get(KIND, call.number())
    if row is None or ("customer_id" in call.places and row["customer_id"] != call.number("customer_id")):
        raise not_found("Transaction not found")
    return row


def get_transaction(call: Call) -> SandboxResponse:
    return call.one(show(call.account, _found(call)))


def create_transactions(call: Call) -> SandboxResponse:
    """The answer names the customer; it has no links of its own."""
    customer = required_place(call, "customers", "customer_id")
    earns = _earns(call)
    checked = call.checked_items(lambda scope, item: examine(scope, item, _SCHEMA, required=("price",)))
    made: list[Row] = []
    for clean, request_id in checked:
        row = create(call.account, call.user["id"], customer, clean)
        customer["bonus_points"] += row["price"] // PRICE_OF_A_POINT if earns else 0
        url = call.url(f"/api/v4/customers/{customer['id']}/transactions/{row['id']}")
        nested = {"customer": _customer(call.account, row)}
        head: Row = {"id": row["id"], "customer_id": customer["id"], "request_id": request_id}
        made.append({**head, "_links": self_link(url), "_embedded": nested})
    return call.whole(KIND, made, links=False)


def _earns(call: Call) -> bool:
    given = call.query.text("accrue_bonus")
    if given not in (None, "true", "false"):
        call.complain("accrue_bonus is true or false")
    return given == "true"


def create(account: Account, user_id: int, customer: Row, clean: Row) -> Row:
    now = account.now()
    people: Row = {"created_by": clean.get("created_by", user_id), "updated_by": user_id}
    row: Row = {"id": account.store.new_id(KIND), "price": clean["price"], "comment": clean.get("comment")}
    row.update(completed_at=clean.get("completed_at", now), customer_id=customer["id"], **people)
    row.update(created_at=now, updated_at=now, elements=(clean.get("_embedded") or {}).get("catalog_elements", []))
    account.store.insert(KIND, {**row, "metadata": clean.get("metadata")})
    customer.update({key: clean[key] for key in ("next_price", "next_date") if key in clean}, updated_at=now)
    account.store.touch("customers", customer["id"])
    return row


def delete_transaction(call: Call) -> SandboxResponse:
    row = _found(call)
    call.store.remove(KIND, row["id"])
    call.store.touch("customers", row["customer_id"])
    return nothing()


_FILTERS = {"id": filters.ids("id")}
_BASE, _NESTED = "/api/v4/customers/transactions", "/api/v4/customers/{customer_id}/transactions"
ROUTES = tuple(
    guarded(route)
    for route in (
        *(Route("GET", base, list_transactions, filters=_FILTERS) for base in (_BASE, _NESTED)),
        *(Route("GET", f"{base}/{{id}}", get_transaction) for base in (_BASE, _NESTED)),
        Route("POST", _NESTED, create_transactions, params=frozenset({"accrue_bonus"})),
        *(Route("DELETE", f"{base}/{{id}}", delete_transaction) for base in (_BASE, _NESTED)),
    )
)
