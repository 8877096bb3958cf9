"""Values of custom fields, in both directions.

A value cannot be written as it was read. Chosen options are read with their texts and written by their ids, those of a
multiselect as bare numbers; kinds of phones and parts of addresses are numbers when they are read. Days are texts in the
account's time zone.
Source: Kommo API v2, "Custom fields".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from typing import Any, cast

from kommo_orm.interface.row import MutableRow
from kommo_orm.model.definition import Definition, iterate_items
from kommo_orm.model.lazy_row import FREE_VALUES

TYPES = {
    1: "text",
    2: "numeric",
    3: "checkbox",
    4: "select",
    5: "multiselect",
    6: "date",
    7: "url",
    8: "multitext",
    9: "textarea",
    10: "radiobutton",
    11: "streetaddress",
    13: "smart_address",
    14: "birthday",
    15: "legal_entity",
    16: "items",
    17: "org_legal_name",
    18: "category",
    19: "date_time",
    20: "price",
    21: "tracking_data",
    22: "linked_entity",
}
TYPE_NUMBERS = {name: number for number, name in TYPES.items()}
DAY_TYPES = ("date", "birthday")
MULTITEXT_CODES = ("PHONE", "EMAIL", "IM")
ADDRESS_PARTS = {1: "address_line_1", 2: "address_line_2", 3: "city", 4: "state", 5: "zip", 6: "country"}
CHOICE_TYPES = ("select", "radiobutton", "category")
WRITABLE_TYPES = frozenset(TYPES.values()) - {"date_time", "linked_entity"} | {"monetary", ""}
LEGAL_KEYS = {key: key for key in ("name", "entity_type", "vat_id", "kpp", "address")} | {"external_uid": "external_id"}
HALF_DAY = timedelta(hours=12)
_DAY = re.compile(r"^(\d{4})[-/](\d\d)[-/](\d\d)|^(\d\d)\.(\d\d)\.(\d{4})")


# ---- reading
def decode_fields(raw: Any) -> list[MutableRow]:
    """The `custom_fields_values` of a row."""
    return [decode_field(one) for one in iterate_items(raw if isinstance(raw, dict | list) else None)]


def decode_field(raw: MutableRow) -> MutableRow:
    """One entry of `custom_fields_values`. Its type is left out where the row does not name it."""
    code, name = raw.get("code"), TYPES.get(_parse_number(raw.get("type_id")) or 0)
    field_type = name or ("multitext" if code in MULTITEXT_CODES else None)
    entry = {"field_id": _parse_number(raw.get("id")), "field_name": raw.get("name"), "field_code": code or None}
    entry["values"] = [decode_value(one) for one in _list_values(raw.get("values"))]
    own = ("id", "name", "code", "type_id", "values")
    entry |= {key: value for key, value in raw.items() if key not in own}
    return set_type(entry, field_type) if field_type is not None else entry


def set_type(entry: MutableRow, field_type: str) -> MutableRow:
    """Give an entry its type. Days get one form."""
    entry["field_type"] = field_type
    if field_type in DAY_TYPES:
        for value in entry["values"]:
            value["value"] = decode_day(value.get("value"))
    return entry


def decode_value(raw: Any) -> MutableRow:
    """One value: `enum` is the id of an option (or a code), `subtype` the number of a part of an address."""
    if not isinstance(raw, dict):
        return {"enum_id": raw} if isinstance(raw, int) and not isinstance(raw, bool) else {"value": raw}
    known = cast("MutableRow", raw)
    if "value" not in known and not {"enum", "subtype"} & known.keys():
        return {"value": known}  # an item of an invoice has no key `value`
    value = {key: rest for key, rest in known.items() if key not in ("enum", "subtype")}
    if isinstance(value.get("value"), dict) and "external_id" in value["value"]:
        value["value"] = {"external_uid" if key == "external_id" else key: rest for key, rest in value["value"].items()}
    return value | _decode_choice(known)


def _decode_choice(raw: MutableRow) -> MutableRow:
    choice: MutableRow = {}
    for key in ("enum", "subtype"):
        number = _parse_number(raw.get(key))
        if number is not None:
            choice["enum_id"] = number
        elif raw.get(key):
            choice["enum_code"] = raw[key]
        if key == "subtype" and number in ADDRESS_PARTS:
            choice["enum_code"] = ADDRESS_PARTS[number]
    return choice


def decode_day(raw: Any) -> Any:
    """A day in one of the four forms in which it is written, as ISO text."""
    found = _DAY.match(raw) if isinstance(raw, str) else None
    if found is None:
        return raw
    year, month, of_month, day_first, month_second, year_last = found.groups()
    return f"{year}-{month}-{of_month}" if year else f"{year_last}-{month_second}-{day_first}"


def find_local_times(rows: list[MutableRow]) -> list[MutableRow]:
    """Values of type `date_time` that are texts in the account's time zone."""
    entries = [entry for row in rows for entry in row.get(FREE_VALUES) or () if entry.get("field_type") == "date_time"]
    values = [value for entry in entries for value in entry["values"]]
    return [value for value in values if isinstance(value.get("value"), str) and ":" in value["value"]]


def convert_local_time(value: MutableRow, zone: tzinfo) -> None:
    """Make seconds of a text in that time zone."""
    with suppress(ValueError):
        value["value"] = int(datetime.fromisoformat(value["value"]).replace(tzinfo=zone).timestamp())


def needs_definitions(row: MutableRow) -> bool:
    """Whether definitions know more of a row: types and codes of its fields, kinds of its phones."""
    return any(
        "field_type" not in entry or not entry.get("field_code") or any(map(_lacks_code, entry["values"]))
        for entry in row.get(FREE_VALUES) or ()
    )


def _lacks_code(value: MutableRow) -> bool:
    return value.get("enum_id") is not None and not value.get("enum_code")


def add_definitions(row: MutableRow, by_id: dict[int, Definition]) -> None:
    """Add what the definitions know to a row."""
    for entry in row.get(FREE_VALUES) or ():
        definition = by_id.get(entry["field_id"])
        if definition is None:
            continue
        entry["field_code"] = entry.get("field_code") or definition.code
        set_type(entry, definition.type)
        if definition.type == "multitext":
            codes = {choice.id: choice.code or choice.value for choice in definition.choices}
            for value in filter(_lacks_code, entry["values"]):
                value["enum_code"] = codes.get(value["enum_id"])


def _list_values(raw: Any) -> list[Any]:
    if isinstance(raw, dict):
        known = cast("MutableRow", raw)
        return list(known.values()) if all(str(key).isdigit() for key in known) else [known]
    return list(raw) if isinstance(raw, list) else []


def _parse_number(raw: Any) -> int | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw
    return int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() else None


# ---- writing
def encode_fields(entries: Iterable[MutableRow], types: tuple[str, ...]) -> list[MutableRow]:
    """The `custom_fields` of a body: each entry in the form of its type. An empty list clears a field.

    Raises `ValueError` for what API v2 has no form for.
    """
    all_types = (*types, *[""] * len(list(entries)))
    return [
        {**_encode_name(entry), "values": [encode_value(value, field_type) for value in entry["values"] or ()]}
        for entry, field_type in zip(entries, all_types, strict=False)
    ]


def _encode_name(entry: MutableRow) -> MutableRow:
    return {"id": entry["field_id"]} if entry.get("field_id") is not None else {"code": entry["field_code"]}


def encode_value(value: MutableRow, field_type: str) -> Any:
    """One value in the form of its type. Raises `ValueError` for a type that cannot be written."""
    raw = value.get("value")
    if field_type == "multiselect":
        return value.get("enum_id", raw)
    if field_type in CHOICE_TYPES:
        return {"value": value.get("enum_id", raw)}
    if field_type == "smart_address":
        return {"value": raw, "subtype": value.get("enum_code") or value.get("enum_id")}
    if field_type == "multitext":
        choice = value.get("enum_code") or value.get("enum_id")
        return {"value": raw, "enum": choice} if choice else {"value": raw}
    return raw if field_type == "items" else {"value": _encode_plain(raw, field_type)}


def _encode_plain(raw: Any, field_type: str) -> Any:
    if field_type not in WRITABLE_TYPES:
        raise ValueError(f"write fields of type {field_type}")
    if field_type in DAY_TYPES and isinstance(raw, str):
        return _encode_day(raw)
    if field_type == "legal_entity":
        return _encode_legal_entity(raw)
    return int(raw) if isinstance(raw, bool) else raw


def _encode_legal_entity(raw: MutableRow) -> MutableRow:
    unknown = [key for key in raw if key not in LEGAL_KEYS]
    if unknown:
        raise ValueError(f"write {unknown[0]} of a legal entity")
    return {LEGAL_KEYS[key]: value for key, value in raw.items()}


def _encode_day(text: str) -> str:
    """The day that begins at this moment in some time zone: its own date, or the next one's where it is given in UTC."""
    moment = datetime.fromisoformat(text)
    is_midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{(moment if is_midnight else moment + HALF_DAY).date().isoformat()} 00:00:00"
