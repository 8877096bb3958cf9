"""What the service makes of sent values: refuses keys that a type does not know, and answers in its own forms.

Source: Kommo API v4, "Custom field values": what is written and what is read, by type.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from kommo_orm.model.definition import Choice, Definition
from kommo_orm.model.kind import Kind

Values = list[dict[str, Any]]

CHOICES = (Choice(9911, "Web", "web"), Choice(9912, "Call"), Choice(9913, "Büro & Co", "office"))
CHOSEN = Definition(551, "Source", "select", choices=CHOICES)
PARTS = ("address_line_1", "address_line_2", "city", "state", "zip", "country")
PHONE_IDS = {"WORK": 71, "WORKDD": 72, "MOB": 73, "FAX": 74, "HOME": 75, "OTHER": 76}
SELLER = {"name": "Seller Ltd", "vat_id": "77-9", "kpp": None, "tax_registration_reason_code": None}

WRITTEN: dict[str, list[set[str]]] = {
    "select": [{"enum_id"}, {"enum_code"}, {"value"}],
    "radiobutton": [{"enum_id"}, {"value"}],
    "multiselect": [{"enum_id"}, {"value"}],
    "category": [{"enum_id"}, {"value"}],
    "multitext": [{"value", "enum_code"}, {"value", "enum_id"}, {"value"}],
    "smart_address": [{"value", "enum_code"}, {"value", "enum_id"}],
    "chained_list": [{"catalog_id", "catalog_element_id"}],
}


def answered(field_type: str, sent: Values, zone: tzinfo = UTC) -> Values:
    """The values as they are read after this write."""
    allowed = WRITTEN.get(field_type, [{"value"}])
    for item in sent:
        assert set(item) in allowed, f"FieldNotExpected: {item} for {field_type}"
    return [READ[field_type](item, zone) for item in sent]


def chosen(item: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    choice = next(choice for choice in CHOICES if choice.id == item["enum_id"])
    return {"value": choice.value, "enum_id": choice.id, "enum_code": None}


def as_text(item: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    assert isinstance(item["value"], str | int | float)
    digits = format(Decimal(str(item["value"])), "f")
    return {"value": digits.rstrip("0").rstrip(".") if "." in digits else digits}


def as_day(item: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    """The day on which the moment falls in the account's zone, as the midnight of that day there."""
    day: date = datetime.fromisoformat(item["value"]).astimezone(zone).date()
    return {"value": round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())}


def coded(item: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    ids = {**PHONE_IDS, **{code: number for number, code in enumerate(PARTS, 1)}}
    code = item.get("enum_code", "WORK" if "enum_id" not in item else None)
    return {"value": item["value"], "enum_id": item.get("enum_id", ids.get(code, 99)), "enum_code": code}


def filled(item: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    """An object with all its keys, null where nothing was given, and what only the service knows."""
    value = dict(item["value"])
    if "file_uuid" in value:
        return {"value": {"version_uuid": "newest", "file_name": "a.pdf", "file_size": 7, "is_deleted": False} | value}
    return {"value": {"unknown_key": [1]} | value}


def seller(item: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    assert set(item["value"]) == {"entity_id"}
    return {"value": {**item["value"], **SELLER}}


def line(item: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    value = {"discount": {"type": None, "value": None}, **item["value"]}
    return {"value": {**value, "is_total_sum_recalculated": True, "total_sum": 99.0}}


def linked(item: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    return {"value": {"name": "Ann", "entity_id": 41, "entity_type": "contacts", "catalog_id": None} | item["value"]}


READ: dict[str, Callable[[dict[str, Any], tzinfo], dict[str, Any]]] = {
    **dict.fromkeys(("select", "radiobutton", "multiselect", "category"), chosen),
    **dict.fromkeys(("numeric", "price", "monetary"), as_text),
    **dict.fromkeys(("date", "birthday"), as_day),
    **dict.fromkeys(("multitext", "smart_address"), coded),
    **dict.fromkeys(("legal_entity", "payer", "file"), filled),
    "supplier": seller,
    "items": line,
    "linked_entity": linked,
    **dict.fromkeys(
        ("text", "textarea", "url", "streetaddress", "tracking_data", "checkbox", "date_time", "chained_list"),
        lambda item, zone: dict(item),
    ),
}


def there_and_back(kind: Kind[Any], given: Any, zone: tzinfo = UTC, current: Values | None = None) -> Any:
    """What is read after writing a value."""
    value = kind.clean(given)
    sent = kind.encode(value, CHOSEN, zone, current=current or [])
    return kind.decode(answered(kind.field_type, sent, zone), zone)
