"""Widgets (Kommo API v4, Widgets), identified by their code. The body of an installation is the settings themselves.

The API cannot create a widget: a test adds one with `sandbox.add("widgets", code=...)`.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, INVALID_TYPE, build_not_found
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import ValidationContext, is_array, is_object, join_path

_FLAGS = ("is_lead_source", "is_work_with_dp", "is_crm_template", "is_active_in_account")


def add_widget(account: Account, values: Row) -> int:
    """Add a widget as a developer uploads it and return its id.

    With `settings` it is installed by the token's integration.
    """
    values = dict(values)
    number = values.pop("id", None) or account.store.allocate_id("widgets")
    row: Row = {"id": number, "code": f"widget_{number}", "version": "1.0.0", "rating": "4,5", "settings_template": []}
    row |= dict.fromkeys(_FLAGS, False) | {"client_uuid": None, "pipeline_id": None, "settings": None}
    unknown = values.keys() - row.keys()
    if unknown:
        raise ValueError(f"A widget has no {', '.join(sorted(unknown))}")
    account.store.insert_row("widgets", {**row, **values, "is_active_in_account": values.get("settings") is not None})
    return int(number)


def render_widget(account: Account, row: Row, *, settings: bool = True) -> Row:
    shown = {key: value for key, value in row.items() if key != "settings"}
    if settings and row["settings"] is not None:
        shown["settings"] = row["settings"] or []  # PHP's empty object
    return {**shown, "_links": build_row_link(account.build_url(f"/api/v4/widgets/{row['code']}"))}


def list_widgets(call: ApiCall) -> SandboxResponse:
    table = call.store.get_table("widgets")
    return call.build_page_response(
        "widgets", sorted(table), lambda number: encode_json(render_widget(call.account, table[number]))
    )


def _require_widget(call: ApiCall) -> Row:
    row = next((row for row in call.store.iter_rows("widgets") if row["code"] == call.path_params["code"]), None)
    if row is None:
        raise build_not_found("Widget not found")
    return row


def get_widget(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(render_widget(call.account, _require_widget(call)))


def install_widget(call: ApiCall) -> SandboxResponse:
    row = _require_widget(call)
    if call.request.body.strip() != b"{}":
        row["settings"] = call.validate_item(
            lambda context, item: validate_widget_settings(context, item, row["settings_template"])
        )
    else:
        row["settings"] = {}
    row["is_active_in_account"] = True
    return call.build_row_response(render_widget(call.account, row))


def validate_widget_settings(context: ValidationContext, item: Row, template: list[Row]) -> Row:
    for setting in template:
        key, kind = setting["key"], setting["type"]
        if key not in item:
            if setting.get("is_required"):
                context.add_error(FIELD_MISSING, key)
        elif kind in ("text", "pass") and not isinstance(item[key], str):
            context.add_type_error(key, "string")
        elif kind in ("users", "users_lp"):
            _validate_users_setting(context, kind, item[key], key)
    return item


def _validate_users_setting(context: ValidationContext, kind: str, value: Any, path: str) -> None:
    if not is_object(value) or is_array(value):
        context.add_type_error(path, "array")
        return
    for user, given in value.items():
        login = is_object(given) and given.keys() == {"login", "password"}
        if not (isinstance(given, str) if kind == "users" else login):
            context.add_error(INVALID_TYPE, join_path(path, user))


def uninstall_widget(call: ApiCall) -> SandboxResponse:
    _require_widget(call).update(settings=None, is_active_in_account=False)
    return build_empty_response()


_BASE = "/api/v4/widgets"
ROUTES = (
    Route("GET", _BASE, list_widgets),
    Route("GET", f"{_BASE}/{{code:text}}", get_widget),
    Route("POST", f"{_BASE}/{{code:text}}", install_widget, admin=True),
    Route("DELETE", f"{_BASE}/{{code:text}}", uninstall_widget, admin=True),
)
