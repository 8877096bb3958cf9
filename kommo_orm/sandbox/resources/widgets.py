"""Widgets (Kommo API v4, Widgets): known by their code; the body of an installation is the settings themselves.

They come from outside of the API: tests put them in with `sandbox.add("widgets", code=...)`.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, INVALID_TYPE, not_found
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Scope, is_array, is_object, join

_FLAGS = ("is_lead_source", "is_work_with_dp", "is_crm_template", "is_active_in_account")


def put(account: Account, values: Row) -> int:
    """What a developer uploads. `settings` make it the own widget of the token's integration, installed."""
    values = dict(values)
    number = values.pop("id", None) or account.store.new_id("widgets")
    row: Row = {"id": number, "code": f"widget_{number}", "version": "1.0.0", "rating": "4,5", "settings_template": []}
    row |= dict.fromkeys(_FLAGS, False) | {"client_uuid": None, "pipeline_id": None, "settings": None}
    unknown = values.keys() - row.keys()
    if unknown:
        raise ValueError(f"widgets have no {', '.join(sorted(unknown))}")
    account.store.insert("widgets", {**row, **values, "is_active_in_account": values.get("settings") is not None})
    return int(number)


def show(account: Account, row: Row, *, settings: bool = True) -> Row:
    shown = {key: value for key, value in row.items() if key != "settings"}
    if settings and row["settings"] is not None:
        shown["settings"] = row["settings"] or []  # PHP's empty object
    return {**shown, "_links": link(account.url(f"/api/v4/widgets/{row['code']}"))}


def list_widgets(call: Call) -> SandboxResponse:
    table = call.store.table("widgets")
    return call.page("widgets", sorted(table), lambda number: encode(show(call.account, table[number])))


def _found(call: Call) -> Row:
    row = next((row for row in call.store.rows("widgets") if row["code"] == call.places["code"]), None)
    if row is None:
        raise not_found("Widget not found")
    return row


def get_widget(call: Call) -> SandboxResponse:
    return call.one(show(call.account, _found(call)))


def install(call: Call) -> SandboxResponse:
    row = _found(call)
    if call.request.body.strip() != b"{}":
        row["settings"] = call.checked_item(lambda scope, item: check_settings(scope, item, row["settings_template"]))
    else:
        row["settings"] = {}
    row["is_active_in_account"] = True
    return call.one(show(call.account, row))


def check_settings(scope: Scope, item: Row, template: list[Row]) -> Row:
    for asked in template:
        key, kind = asked["key"], asked["type"]
        if key not in item:
            if asked.get("is_required"):
                scope.flaw(FIELD_MISSING, key)
        elif kind in ("text", "pass") and not isinstance(item[key], str):
            scope.wrong_type(key, "string")
        elif kind in ("users", "users_lp"):
            _check_users(scope, kind, item[key], key)
    return item


def _check_users(scope: Scope, kind: str, value: Any, path: str) -> None:
    if not is_object(value) or is_array(value):
        scope.wrong_type(path, "array")
        return
    for user, given in value.items():
        login = is_object(given) and given.keys() == {"login", "password"}
        if not (isinstance(given, str) if kind == "users" else login):
            scope.flaw(INVALID_TYPE, join(path, user))


def uninstall(call: Call) -> SandboxResponse:
    _found(call).update(settings=None, is_active_in_account=False)
    return nothing()


_BASE = "/api/v4/widgets"
ROUTES = (
    Route("GET", _BASE, list_widgets),
    Route("GET", f"{_BASE}/{{code:text}}", get_widget),
    Route("POST", f"{_BASE}/{{code:text}}", install, admin=True),
    Route("DELETE", f"{_BASE}/{{code:text}}", uninstall, admin=True),
)
