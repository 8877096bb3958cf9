"""Roles: named rights that users share (Kommo API v4, Roles). Only administrators may use them."""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import build_not_found
from kommo_orm.sandbox.resources import user_rights
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, validate_nested, validate_object, validate_text

_SCHEMA: Schema = {"name": validate_text, "rights": validate_nested(user_rights.SCHEMA)}
_WITHS = frozenset({"users"})


def render_role(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    """Render a role. `with=users` adds the ids of its users."""
    shown = {**row, "_links": build_row_link(account.build_url(f"/api/v4/roles/{row['id']}"))}
    if "users" not in withs:
        return shown
    holders = [user["id"] for user in account.store.iter_rows("users") if user["rights"]["role_id"] == row["id"]]
    return {**shown, "_embedded": {"users": holders}}


def list_roles(call: ApiCall) -> SandboxResponse:
    table = call.store.get_table("roles")
    return call.build_page_response(
        "roles", list(table), lambda n: encode_json(render_role(call.account, table[n], call.withs)), counts=True
    )


def _require_role(call: ApiCall) -> Row:
    row = call.store.get_row("roles", call.get_path_id())
    if row is None:
        raise build_not_found("Role not found")
    return row


def get_role(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(render_role(call.account, _require_role(call), call.withs))


def create_roles(call: ApiCall) -> SandboxResponse:
    required = ("name", "rights")
    checked = call.validate_items(lambda context, item: validate_object(context, item, _SCHEMA, required=required))
    made = [
        {**render_role(call.account, insert_role(call.account, clean)), "request_id": name} for clean, name in checked
    ]
    return call.build_list_response("roles", made, status=201)


def insert_role(account: Account, clean: Row) -> Row:
    row: Row = {"id": account.store.allocate_id("roles"), "name": clean["name"]}
    return account.store.insert_row("roles", {**row, "rights": {**user_rights.DENIED, **clean["rights"]}})


def update_role(call: ApiCall) -> SandboxResponse:
    """Update a role. Its users get the new rights at once."""
    row = _require_role(call)
    clean = call.validate_item(lambda context, item: validate_object(context, item, _SCHEMA))
    row["name"] = clean.get("name", row["name"])
    row["rights"] = {**row["rights"], **clean.get("rights", {})}
    for user in call.store.iter_rows("users"):
        if user["rights"]["role_id"] == row["id"]:
            user["rights"] = {**user["rights"], **row["rights"]}
    return call.build_row_response(render_role(call.account, row))


def delete_role(call: ApiCall) -> SandboxResponse:
    row = _require_role(call)
    for user in call.store.iter_rows("users"):
        if user["rights"]["role_id"] == row["id"]:
            user["rights"] = {**user["rights"], "role_id": None}
    call.store.delete_row("roles", row["id"])
    return build_empty_response()


_BASE = "/api/v4/roles"
ROUTES = (
    Route("GET", _BASE, list_roles, withs=_WITHS, admin=True),
    Route("GET", f"{_BASE}/{{id}}", get_role, withs=_WITHS, admin=True),
    Route("POST", _BASE, create_roles, admin=True),
    Route("PATCH", f"{_BASE}/{{id}}", update_role, admin=True),
    Route("DELETE", f"{_BASE}/{{id}}", delete_role, admin=True),
)
