"""Widgets, whose list has no envelope. Source: Kommo API v2, "Widgets"."""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.common.response_body import list_items
from kommo_orm.dialects.v2.endpoint import WHOLE_LIST, Endpoint, Filter, ListRules, Pair
from kommo_orm.interface.action import Action
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.definition import iterate_items
from kommo_orm.transport.http_messages import HttpRequest

PATH = "/api/v2/widgets"
CANONICAL_KEYS = {
    "widget_id": "id",
    "widget_code": "code",
    "active": "is_active_in_account",
    "dp": "is_work_with_dp",
}


def decode_widget(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of a widget."""
    return {CANONICAL_KEYS.get(key, key): value for key, value in row.items() if key != "_links"}


def find_widgets(body: Any, read: ReadRequest) -> Any:
    """The rows: under `widgets`, which is under `response` in one sample."""
    part = body.get("response", body) if isinstance(body, dict) else body
    rows = part.get("widgets") if isinstance(part, dict) else part
    return list_items(body) or [] if rows is None else list(iterate_items(rows))


def build_widget_params(pk: int | str) -> list[Pair]:
    """One widget, by its code or by its id."""
    return [("widget_code[]" if isinstance(pk, str) else "widget_id[]", str(pk))]


def build_widget_request(action: Action) -> HttpRequest:
    """Install or uninstall a widget."""
    (code,) = action.ids
    entry = {"widget_code": code, **({"settings": action.body} if action.verb == "install" else {})}
    return HttpRequest("POST", PATH, json={"widgets": {action.verb: [entry]}}, purpose=str(action))


def build_sources_request(action: Action) -> HttpRequest:
    """Set the sources that a widget offers."""
    (code,) = action.ids
    body = {"code": code, "services": action.body}
    return HttpRequest("POST", f"{PATH}/sources", json=body, purpose=str(action))


def parse_written_widget(body: Any) -> MutableRow | None:
    """The widget that an answer holds."""
    read = ReadRequest("widgets")
    rows = find_widgets(body, read)
    return decode_widget(rows[0], read) if rows else None


WIDGETS = Endpoint(
    PATH,
    WHOLE_LIST,
    decode_widget,
    lists=ListRules(filters={"id": Filter("widget_id", "many")}),
    find_rows=find_widgets,
    build_row_params=build_widget_params,
)
