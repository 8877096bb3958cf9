"""Roles (Kommo API v4, Roles): named rights that users share; for administrators."""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import not_found
from kommo_orm.sandbox.resources import user_rights
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, examine, shape, text

_SCHEMA: Schema = {"name": text, "rights": shape(user_rights.SCHEMA)}
_WITHS = frozenset({"users"})


def show(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    """`with=users` gives ids, not users."""
    shown = {**row, "_links": link(account.url(f"/api/v4/roles/{row['id']}"))}
    if "users" not in withs:
        return shown
    holders = [user["id"] for user in account.store.rows("users") if user["rights"]["role_id"] == row["id"]]
    return {**shown, "_embedded": {"users": holders}}


def list_roles(call: Call) -> SandboxResponse:
    table = call.store.table("roles")
    return call.page("roles", list(table), lambda n: encode(show(call.account, table[n], call.withs)), counts=True)


def _found(call: Call) -> Row:
    row = call.store.get("roles", call.number())
    if row is None:
        raise not_found("Role not found")
    return row


def get_role(call: Call) -> SandboxResponse:
    return call.one(show(call.account, _found(call), call.withs))


def create_roles(call: Call) -> SandboxResponse:
    required = ("name", "rights")
    checked = call.checked_items(lambda scope, item: examine(scope, item, _SCHEMA, required=required))
    made = [{**show(call.account, create(call.account, clean)), "request_id": name} for clean, name in checked]
    return call.whole("roles", made, status=201)


def create(account: Account, clean: Row) -> Row:
    row: Row = {"id": account.store.new_id("roles"), "name": clean["name"]}
    return account.store.insert("roles", {**row, "rights": {**user_rights.DENIED, **clean["rights"]}})


def update_role(call: Call) -> SandboxResponse:
    """Its users get the new rights at once."""
    row = _found(call)
    clean = call.checked_item(lambda scope, item: examine(scope, item, _SCHEMA))
    row["name"] = clean.get("name", row["name"])
    row["rights"] = {**row["rights"], **clean.get("rights", {})}
    for user in call.store.rows("users"):
        if user["rights"]["role_id"] == row["id"]:
            user["rights"] = {**user["rights"], **row["rights"]}
    return call.one(show(call.account, row))


def delete_role(call: Call) -> SandboxResponse:
    row = _found(call)
    for user in call.store.rows("users"):
        if user["rights"]["role_id"] == row["id"]:
            user["rights"] = {**user["rights"], "role_id": None}
    call.store.remove("roles", row["id"])
    return nothing()


_BASE = "/api/v4/roles"
ROUTES = (
    Route("GET", _BASE, list_roles, withs=_WITHS, admin=True),
    Route("GET", f"{_BASE}/{{id}}", get_role, withs=_WITHS, admin=True),
    Route("POST", _BASE, create_roles, admin=True),
    Route("PATCH", f"{_BASE}/{{id}}", update_role, admin=True),
    Route("DELETE", f"{_BASE}/{{id}}", delete_role, admin=True),
)
