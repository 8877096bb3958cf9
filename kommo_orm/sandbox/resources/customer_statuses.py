"""Stages of customers (Kommo API v4, Statuses of customers): only where customers are kept by periods of purchase.

At most thirty. Kommo's own stages (`is_default`) stay; no batch changes several.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import Refusal, not_found
from kommo_orm.sandbox.resources.customers import PERIODICITY, first_status, guarded
from kommo_orm.sandbox.resources.statuses import COLOURS
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, choice, examine, integer, text

KIND = "customer_statuses"
MOST = 30
_SCHEMA: Schema = {"name": text, "sort": integer, "color": choice(*COLOURS)}
_OWN = (("Recently bought", 4), ("Expected to buy", 1), ("Did not buy", 2), ("Closed", 3))


def furnish(account: Account) -> None:
    """Kommo's own stages."""
    for position, (name, kind) in enumerate(_OWN, 1):
        create(account, {"name": name, "sort": 10 * position}, kind=kind)


def create(account: Account, clean: Row, *, kind: int = 0) -> Row:
    row: Row = {"id": account.store.new_id(KIND), "name": "", "sort": 0, "is_default": kind != 0, "conditions": []}
    return account.store.insert(KIND, {**row, "color": COLOURS[0], "type": kind, **clean})


def show(account: Account, row: Row) -> Row:
    url = account.url(f"/api/v4/customers/statuses/{row['id']}")
    return {**row, "account_id": account.id, "_links": link(url)}


def list_statuses(call: Call) -> SandboxResponse:
    rows = sorted(call.store.rows(KIND), key=lambda row: (row["sort"], row["id"]))
    return call.whole("statuses", [encode(show(call.account, row)) for row in rows]) if rows else nothing()


def _found(call: Call) -> Row:
    row = call.store.get(KIND, call.number())
    if row is None:
        raise not_found("Status not found")
    return row


def get_status(call: Call) -> SandboxResponse:
    return call.one(show(call.account, _found(call)))


def create_statuses(call: Call) -> SandboxResponse:
    checked = call.checked_items(lambda scope, item: examine(scope, item, _SCHEMA, required=("name", "sort")))
    if len(call.store.table(KIND)) + len(checked) > MOST:
        raise Refusal(422, f"An account has at most {MOST} statuses of customers")
    made = [(create(call.account, clean), request_id) for clean, request_id in checked]
    return call.whole("statuses", [{**show(call.account, row), "request_id": name} for row, name in made])


def _check_update(scope: Scope, item: Any) -> Row:
    return examine(scope, item, _SCHEMA)


def update_status(call: Call) -> SandboxResponse:
    row = _found(call)
    row.update(call.checked_item(_check_update))
    return call.one(show(call.account, row))


def delete_status(call: Call) -> SandboxResponse:
    """Its customers go to the first stage."""
    row = _found(call)
    if row["is_default"]:
        raise Refusal(422, "This status can not be deleted")
    call.store.remove(KIND, row["id"])
    for customer in call.store.rows("customers"):
        if customer["status_id"] == row["id"]:
            customer["status_id"] = first_status(call.account)
    call.store.forget_rendered()
    return nothing()


_BASE = "/api/v4/customers/statuses"
ROUTES = tuple(
    guarded(route, PERIODICITY, reads=True)
    for route in (
        Route("GET", _BASE, list_statuses),
        Route("GET", f"{_BASE}/{{id}}", get_status),
        Route("POST", _BASE, create_statuses, admin=True),
        Route("PATCH", f"{_BASE}/{{id}}", update_status, admin=True),
        Route("DELETE", f"{_BASE}/{{id}}", delete_status, admin=True),
    )
)
