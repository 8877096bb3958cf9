"""Widgets (Kommo API v2, Widgets): a bare list, for administrators only."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.query_string import get_leaves
from kommo_orm.sandbox.resources import widgets as v4
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import parsers, request_bodies, responses, routes, row_lists
from kommo_orm.sandbox.v2.errors import RequestError, build_malformed_error
from kommo_orm.sandbox.validators import ValidationContext


def render_widget(row: Row) -> Row:
    shown: Row = {"widget_id": row["id"], "widget_code": row["code"], "settings_template": row["settings_template"]}
    shown.update(dp=row["is_work_with_dp"], salebot_designer=False, rating=row["rating"])
    shown.update(settings=row["settings"] or [], active=row["is_active_in_account"])  # PHP sends [] for an empty object
    shown.update(path=f"/upl/{row['code']}/widget", new_design=True)
    return {**shown, "is_lead_source": row["is_lead_source"], "dp_ready": row["is_work_with_dp"]}


def _list_widgets(call: ApiCall) -> SandboxResponse:
    """Filters must be arrays: `widget_id[]=5`. No document has a plain one."""
    for name in ("widget_id", "widget_code"):
        if isinstance(call.query.tree.get(name), str):
            raise build_malformed_error(name, f"is an array: {name}[]=...")
    numbers = row_lists.parse_id_set(call, "widget_id")
    node = call.query.tree.get("widget_code")
    codes = None if node is None else get_leaves(node)
    rows = [row for row in call.store.iter_rows("widgets") if numbers is None or row["id"] in numbers]
    return responses.build_reply(
        call, {"widgets": [render_widget(row) for row in rows if codes is None or row["code"] in codes]}
    )


_INSTALL: parsers.Schema = {"widget_code": parsers.parse_filled_text, "settings": parsers.parse_object}
_UNINSTALL: parsers.Schema = {"widget_code": parsers.parse_filled_text}


def _write_widgets(call: ApiCall) -> SandboxResponse:
    body = parsers.parse_keys(
        call, request_bodies.parse_body_object(call), {"widgets": parsers.parse_object}, "body", ("widgets",)
    )
    verbs = parsers.parse_keys(
        call, body["widgets"], dict.fromkeys(("install", "uninstall"), parsers.parse_array), "widgets"
    )
    if not verbs:
        raise RequestError(103, "Parameters missing: install or uninstall")
    wanted = [_parse_widget(call, one, verb) for verb in verbs for one in verbs[verb]]
    for row, settings in wanted:
        row.update(settings=settings, is_active_in_account=settings is not None)
    return responses.build_reply(call, {"widgets": [render_widget(row) for row, _ in wanted]})


def _parse_widget(call: ApiCall, entry: Any, verb: str) -> tuple[Row, Row | None]:
    """The widget and its new settings; None if it is uninstalled."""
    schema = _INSTALL if verb == "install" else _UNINSTALL
    clean = parsers.parse_keys(call, entry, schema, f"widgets/{verb}", ("widget_code",))
    row = next((row for row in call.store.iter_rows("widgets") if row["code"] == clean["widget_code"]), None)
    if row is None:
        raise build_malformed_error(f"widgets/{verb}", f"names no widget: {clean['widget_code']}")
    if verb == "uninstall":
        return row, None
    scope = ValidationContext(call.account, call.user["id"], call.now)
    settings = v4.validate_widget_settings(scope, clean.get("settings", {}), row["settings_template"])
    if scope.errors:
        raise build_malformed_error(
            f"widgets/install/settings/{scope.errors[0].path}", scope.errors[0].render()["detail"]
        )
    return row, settings


def _set_widget_sources(call: ApiCall) -> SandboxResponse:
    """Services from which the widget brings leads. The sandbox only verifies that the widget exists."""
    schema: parsers.Schema = {"code": parsers.parse_filled_text, "services": _parse_services}
    clean = parsers.parse_keys(call, request_bodies.parse_body_object(call), schema, "body", schema)
    if clean["code"] not in [row["code"] for row in call.store.iter_rows("widgets")]:
        raise build_malformed_error("code", f"names no widget: {clean['code']}")
    return responses.build_reply(call, {"success": True})


def _parse_services(call: ApiCall, value: Any, where: str) -> Any:
    """An array or an object. No document says more."""
    return value if isinstance(value, dict) else parsers.parse_array(call, value, where)


_BASE = "/api/v2/widgets"
ROUTES = (
    routes.build_get_route(_BASE, _list_widgets, params=frozenset({"widget_id", "widget_code"}), admin=True),
    routes.build_post_route(_BASE, _write_widgets, admin=True),
    routes.build_post_route(f"{_BASE}/sources", _set_widget_sources, admin=True),
)
