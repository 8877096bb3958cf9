"""Widgets: a list without an envelope. Source: Kommo API v2, "Widgets"."""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.common.response_body import list_items
from kommo_orm.dialects.v2.endpoint import WHOLE, Endpoint, Filter, Pair
from kommo_orm.interface.action import Action
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.model.definition import iterate_items
from kommo_orm.transport.http_messages import HttpRequest

PATH = "/api/v2/widgets"
OWN = {
    "widget_id": "id",
    "widget_code": "code",
    "active": "is_active_in_account",
    "dp": "is_work_with_dp",
}


def widget(row: Row, read: ReadRequest) -> Row:
    return {OWN.get(key, key): told for key, told in row.items() if key != "_links"}


def rows(body: Any, read: ReadRequest) -> Any:
    """Under `widgets`; a sample has them under `response` besides."""
    told = body.get("response", body) if isinstance(body, dict) else body
    found = told.get("widgets") if isinstance(told, dict) else told
    return list_items(body) or [] if found is None else list(iterate_items(found))


def address(pk: int | str) -> list[Pair]:
    return [("widget_code[]" if isinstance(pk, str) else "widget_id[]", str(pk))]


def writing(action: Action) -> HttpRequest:
    (code,) = action.ids
    entry = {"widget_code": code, **({"settings": action.body} if action.verb == "install" else {})}
    return HttpRequest("POST", PATH, json={"widgets": {action.verb: [entry]}}, purpose=str(action))


def naming_sources(action: Action) -> HttpRequest:
    (code,) = action.ids
    return HttpRequest("POST", f"{PATH}/sources", json={"code": code, "services": action.body}, purpose=str(action))


def written(body: Any) -> Row | None:
    read = ReadRequest("widgets")
    found = rows(body, read)
    return widget(found[0], read) if found else None


WIDGETS = Endpoint(PATH, WHOLE, widget, rows=rows, filters={"id": Filter("widget_id", "many")}, address=address)
