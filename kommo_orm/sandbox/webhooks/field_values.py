"""Custom field values as webhooks show them (Kommo API v4, Webhooks). They have other keys than API v4.

A field has `id`, `name`, `code` and `values`. A date is a bare text, a birthday a text such as `24.12.1990`. A single
option of a contact is an object and not a list. Types that no document shows have the value of API v4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.custom_field_values import CODECS, StoredValues
from kommo_orm.sandbox.row_store import Row

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
ValueRenderer = Callable[[Account, Row], Any]


def _render_date_value(account: Account, value: Row) -> Any:
    return value["value"]


def _render_birthday_value(account: Account, value: Row) -> Row:
    local = (_FIRST + timedelta(seconds=value["value"])).astimezone(account.zone)
    return {"value": f"{local.day:02}.{local.month:02}.{local.year:04}"}


def _render_option_value(account: Account, value: Row) -> Row:
    return {"value": value["value"], "enum": value["enum_id"]}


def _render_address_value(account: Account, value: Row) -> Row:
    return {"value": value["value"], "subtype": value["enum_id"]}


_RENDERERS: Mapping[str, ValueRenderer] = {
    "date": _render_date_value,
    "birthday": _render_birthday_value,
    "smart_address": _render_address_value,
    **dict.fromkeys(("select", "multiselect", "radiobutton", "category", "multitext"), _render_option_value),
}


def render_field_values(account: Account, owner: str, stored: Mapping[int, StoredValues]) -> list[Row]:
    """Render `custom_fields` of an item: only the filled fields, in the order of the card."""
    fields = [field for field in account.get_definitions(owner) if field["id"] in stored]
    shown = [_render_field(account, owner, field, stored[field["id"]]) for field in fields]
    return [item for item in shown if item["values"]]


def _render_field(account: Account, owner: str, field: Row, stored: StoredValues) -> Row:
    codec, show = CODECS.get(field["type"]), _RENDERERS.get(field["type"])
    plain = [codec.render(field, value) if codec else value for value in stored]
    values: Any = [show(account, value) if show else value for value in plain if value]
    if field["type"] == "radiobutton" and owner == "contacts" and values:
        values = values[0]
    code = {"code": field["code"]} if field["code"] else {}
    return {"id": field["id"], "name": field["name"], **code, "values": values}
