"""Values of custom fields, both ways.

What was read cannot be written back as it is: chosen options are read with their texts and written by their ids, those of
a multiselect bare; kinds of phones and parts of addresses are numbers when read. Days are texts in the account's zone.
Source: Kommo API v2, "Custom fields".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from typing import Any, cast

from kommo_orm.interface.row import Row
from kommo_orm.model.definition import Definition, iterate_items
from kommo_orm.model.field_spec import FREE_VALUES

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
NUMBERS = {name: number for number, name in TYPES.items()}
DAYS = ("date", "birthday")
CODES = ("PHONE", "EMAIL", "IM")
SUBTYPES = {1: "address_line_1", 2: "address_line_2", 3: "city", 4: "state", 5: "zip", 6: "country"}
CHOICES = ("select", "radiobutton", "category")
WRITABLE = frozenset(TYPES.values()) - {"date_time", "linked_entity"} | {"monetary", ""}
LEGAL_KEYS = {key: key for key in ("name", "entity_type", "vat_id", "kpp", "address")} | {"external_uid": "external_id"}
_DAY = re.compile(r"^(\d{4})[-/](\d\d)[-/](\d\d)|^(\d\d)\.(\d\d)\.(\d{4})")
NOON = timedelta(hours=12)


# ---- reading
def entries(raw: Any) -> list[Row]:
    """The `custom_fields_values` of a row."""
    return [entry(one) for one in iterate_items(raw if isinstance(raw, dict | list) else None)]


def entry(raw: Row) -> Row:
    code, told = raw.get("code"), TYPES.get(_int(raw.get("type_id")) or 0)
    known = {"field_id": _int(raw.get("id")), "field_name": raw.get("name"), "field_code": code or None}
    kind = told or ("multitext" if code in CODES else None)
    found = {**known, "values": [value(one) for one in _listed(raw.get("values"))]}
    found |= {key: rest for key, rest in raw.items() if key not in ("id", "name", "code", "type_id", "values")}
    return typed(found, kind) if kind is not None else found


def typed(found: Row, kind: str) -> Row:
    """An entry whose type is known: days in one writing."""
    found["field_type"] = kind
    if kind in DAYS:
        for one in found["values"]:
            one["value"] = day(one.get("value"))
    return found


def value(raw: Any) -> Row:
    """One value: `enum` is the id of an option (or a code), `subtype` the number of a part of an address."""
    if not isinstance(raw, dict):
        return {"enum_id": raw} if isinstance(raw, int) and not isinstance(raw, bool) else {"value": raw}
    known = cast("Row", raw)
    if "value" not in known and not {"enum", "subtype"} & known.keys():
        return {"value": known}  # an item of an invoice stands by itself
    found = {key: rest for key, rest in known.items() if key not in ("enum", "subtype")}
    if isinstance(found.get("value"), dict) and "external_id" in found["value"]:
        found["value"] = {"external_uid" if key == "external_id" else key: rest for key, rest in found["value"].items()}
    for key in ("enum", "subtype"):
        told = known.get(key)
        number = _int(told)
        if number is not None:
            found["enum_id"] = number
        elif told:
            found["enum_code"] = told
        if key == "subtype" and number in SUBTYPES:
            found["enum_code"] = SUBTYPES[number]
    return found


def day(raw: Any) -> Any:
    """A day in one of the four ways it is written, as ISO text."""
    found = _DAY.match(raw) if isinstance(raw, str) else None
    if found is None:
        return raw
    year, month, of_month, day_first, month_second, year_last = found.groups()
    return f"{year}-{month}-{of_month}" if year else f"{year_last}-{month_second}-{day_first}"


def moments(rows: list[Row]) -> list[Row]:
    """Values of moments that are told as texts in the account's zone."""
    told = [found for row in rows for found in row.get(FREE_VALUES) or () if found.get("field_type") == "date_time"]
    return [
        one for found in told for one in found["values"] if isinstance(one.get("value"), str) and ":" in one["value"]
    ]


def in_zone(one: Row, zone: tzinfo) -> None:
    """A moment as seconds."""
    with suppress(ValueError):
        one["value"] = int(datetime.fromisoformat(one["value"]).replace(tzinfo=zone).timestamp())


def lacks(row: Row) -> bool:
    """Whether definitions could tell more of a row: types and codes of its fields, kinds of its phones."""
    return any(
        "field_type" not in found or not found.get("field_code") or any(map(_nameless, found["values"]))
        for found in row.get(FREE_VALUES) or ()
    )


def _nameless(one: Row) -> bool:
    return one.get("enum_id") is not None and not one.get("enum_code")


def complete(row: Row, by_id: dict[int, Definition]) -> None:
    """Put in what the definitions know."""
    for found in row.get(FREE_VALUES) or ():
        definition = by_id.get(found["field_id"])
        if definition is None:
            continue
        found["field_code"] = found.get("field_code") or definition.code
        typed(found, definition.type)
        if definition.type == "multitext":
            names = {choice.id: choice.code or choice.value for choice in definition.choices}
            for one in filter(_nameless, found["values"]):
                one["enum_code"] = names.get(one["enum_id"])


def _listed(values: Any) -> list[Any]:
    if isinstance(values, dict):
        known = cast("Row", values)
        return list(known.values()) if all(str(key).isdigit() for key in known) else [known]
    return list(values) if isinstance(values, list) else []


def _int(raw: Any) -> int | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw
    return int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() else None


# ---- writing
def written(given: Iterable[Row], types: tuple[str, ...]) -> list[Row]:
    """The `custom_fields` of a body: each entry in the form of its type. An empty list clears a field.

    Raises `ValueError` for what API v2 has no form for.
    """
    kinds = (*types, *[""] * len(list(given)))
    return [
        {**_name(one), "values": [_sent(item, kind) for item in one["values"] or ()]}
        for one, kind in zip(given, kinds, strict=False)
    ]


def _name(one: Row) -> Row:
    return {"id": one["field_id"]} if one.get("field_id") is not None else {"code": one["field_code"]}


def _sent(item: Row, kind: str) -> Any:
    told = item.get("value")
    if kind == "multiselect":
        return item.get("enum_id", told)
    if kind in CHOICES:
        return {"value": item.get("enum_id", told)}
    if kind == "smart_address":
        return {"value": told, "subtype": item.get("enum_code") or item.get("enum_id")}
    if kind == "multitext":
        which = item.get("enum_code") or item.get("enum_id")
        return {"value": told, "enum": which} if which else {"value": told}
    if kind == "items":
        return told
    return {"value": _plain(told, kind)}


def _plain(told: Any, kind: str) -> Any:
    if kind not in WRITABLE:
        raise ValueError(f"write fields of type {kind}")
    if kind in DAYS and isinstance(told, str):
        return _midnight(told)
    if kind == "legal_entity":
        return _legal(told)
    return int(told) if isinstance(told, bool) else told


def _legal(told: Row) -> Row:
    strange = [key for key in told if key not in LEGAL_KEYS]
    if strange:
        raise ValueError(f"write {strange[0]} of a legal entity")
    return {LEGAL_KEYS[key]: rest for key, rest in told.items()}


def _midnight(told: str) -> str:
    """The day of a moment that begins a day somewhere: its own date, or the next one's where it is told in UTC."""
    moment = datetime.fromisoformat(told)
    known = moment if (moment.hour, moment.minute, moment.second) == (0, 0, 0) else moment + NOON
    return f"{known.date().isoformat()} 00:00:00"
