"""Stages of customers (Kommo API v4, Statuses of customers). They exist only in the mode `periodicity`.

An account has at most thirty. Kommo's own stages (`is_default`) cannot be deleted. There is no batch update.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import HttpError, build_not_found
from kommo_orm.sandbox.resources.customers import PERIODICITY, find_first_status_id, guard_route
from kommo_orm.sandbox.resources.statuses import COLOURS
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    validate_choice,
    validate_integer,
    validate_object,
    validate_text,
)

KIND = "customer_statuses"
MOST = 30
_SCHEMA: Schema = {"name": validate_text, "sort": validate_integer, "color": validate_choice(*COLOURS)}
_OWN = (("Recently bought", 4), ("Expected to buy", 1), ("Did not buy", 2), ("Closed", 3))


def insert_default_statuses(account: Account) -> None:
    """Insert Kommo's own stages."""
    for position, (name, kind) in enumerate(_OWN, 1):
        insert_customer_status(account, {"name": name, "sort": 10 * position}, kind=kind)


def insert_customer_status(account: Account, clean: Row, *, kind: int = 0) -> Row:
    row: Row = {"id": account.store.allocate_id(KIND), "name": "", "sort": 0, "is_default": kind != 0, "conditions": []}
    return account.store.insert_row(KIND, {**row, "color": COLOURS[0], "type": kind, **clean})


def render_customer_status(account: Account, row: Row) -> Row:
    url = account.build_url(f"/api/v4/customers/statuses/{row['id']}")
    return {**row, "account_id": account.id, "_links": build_row_link(url)}


def list_customer_statuses(call: ApiCall) -> SandboxResponse:
    rows = sorted(call.store.iter_rows(KIND), key=lambda row: (row["sort"], row["id"]))
    return (
        call.build_list_response("statuses", [encode_json(render_customer_status(call.account, row)) for row in rows])
        if rows
        else build_empty_response()
    )


def _require_customer_status(call: ApiCall) -> Row:
    row = call.store.get_row(KIND, call.get_path_id())
    if row is None:
        raise build_not_found("Status not found")
    return row


def get_customer_status(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(render_customer_status(call.account, _require_customer_status(call)))


def create_customer_statuses(call: ApiCall) -> SandboxResponse:
    checked = call.validate_items(
        lambda context, item: validate_object(context, item, _SCHEMA, required=("name", "sort"))
    )
    if len(call.store.get_table(KIND)) + len(checked) > MOST:
        raise HttpError(422, f"An account has at most {MOST} statuses of customers")
    made = [(insert_customer_status(call.account, clean), request_id) for clean, request_id in checked]
    return call.build_list_response(
        "statuses", [{**render_customer_status(call.account, row), "request_id": name} for row, name in made]
    )


def _validate_status_update(context: ValidationContext, item: Any) -> Row:
    return validate_object(context, item, _SCHEMA)


def update_customer_status(call: ApiCall) -> SandboxResponse:
    row = _require_customer_status(call)
    row.update(call.validate_item(_validate_status_update))
    return call.build_row_response(render_customer_status(call.account, row))


def delete_customer_status(call: ApiCall) -> SandboxResponse:
    """Delete a stage. Its customers move to the first stage."""
    row = _require_customer_status(call)
    if row["is_default"]:
        raise HttpError(422, "This status can not be deleted")
    call.store.delete_row(KIND, row["id"])
    for customer in call.store.iter_rows("customers"):
        if customer["status_id"] == row["id"]:
            customer["status_id"] = find_first_status_id(call.account)
    call.store.clear_cache()
    return build_empty_response()


_BASE = "/api/v4/customers/statuses"
ROUTES = tuple(
    guard_route(route, PERIODICITY)
    for route in (
        Route("GET", _BASE, list_customer_statuses),
        Route("GET", f"{_BASE}/{{id}}", get_customer_status),
        Route("POST", _BASE, create_customer_statuses, admin=True),
        Route("PATCH", f"{_BASE}/{{id}}", update_customer_status, admin=True),
        Route("DELETE", f"{_BASE}/{{id}}", delete_customer_status, admin=True),
    )
)
