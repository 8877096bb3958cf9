"""One function per way of taking in a custom field value, one per way of showing it. The table is in `values.py`.

`take_*(scope, field, value, path)` answers what to store, or None for "leave what was there"; the keys of `value` are
already known to be allowed for the type. `show_*(field, stored)` answers the value as lists and cards show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kommo_orm.sandbox.problem_documents import FIELD_MISSING, FIELD_NOT_EXPECTED, INVALID_VALUE, NOT_SUPPORTED_CHOICE
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    Scope,
    boolean,
    choice,
    examine,
    existing,
    integer,
    is_int,
    join,
    nullable,
    number,
    text,
    words,
)

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")
_YEAR_ONE, _YEAR_9999 = -62_135_510_400, 253_402_214_400  # a day of room for time zones
_OPTION_KEYS = {"enum_id": "id", "enum_code": "code", "value": "value"}

ADDRESS_PARTS = ("address_line_1", "address_line_2", "city", "state", "zip", "country")  # enum ids 1 to 6


def is_empty(value: Any) -> bool:
    return value is None or value == ""


def take_text(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    if is_empty(value.get("value")):
        return None
    return {"value": text(scope, value["value"], join(path, "value"))}


def take_number(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    """A number or a decimal text; kept as the text that is read back."""
    given = value.get("value")
    if is_empty(given):
        return None
    if isinstance(given, str) and _NUMBER.fullmatch(given.strip()):
        return {"value": given.strip()}
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return {"value": number_text(given)}
    scope.wrong_type(join(path, "value"), "numeric")
    return None


def number_text(given: float) -> str:
    return f"{given:.10f}".rstrip("0").rstrip(".") if isinstance(given, float) else str(given)


def take_flag(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    if value.get("value") is None:
        return None
    return {"value": boolean(scope, value["value"], join(path, "value"))}


def take_moment(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    """Unix seconds, or RFC 3339 text with an offset; the instant is kept."""
    given = value.get("value")
    if is_empty(given):
        return None
    if is_int(given):
        if not _YEAR_ONE <= given <= _YEAR_9999:
            scope.flaw(INVALID_VALUE, join(path, "value"))
            return None
        return {"value": given}
    if isinstance(given, str) and _RFC3339.fullmatch(given):
        return _instant(scope, given.upper(), join(path, "value"))
    scope.wrong_type(join(path, "value"), "int or RFC 3339 string")
    return None


def _instant(scope: Scope, given: str, path: str) -> Row | None:
    try:
        return {"value": int(datetime.fromisoformat(given).timestamp())}
    except ValueError:  # the 31st of June
        scope.flaw(INVALID_VALUE, path)
        return None


def take_day(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    """The calendar day of that instant in the account's zone, kept as its midnight there."""
    moment = take_moment(scope, field, value, path)
    return {"value": scope.account.midnight(moment["value"])} if moment else None


def options(field: Row) -> list[Row]:
    found: list[Row] = field["nested"] if field["type"] == "category" else field["enums"]
    return found or []


def take_option(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    """By id, else by code, else by text. An unknown text is refused: the service adds no options by itself."""
    for key in ("enum_id", "enum_code", "value"):
        if is_empty(value.get(key)):
            continue
        (integer if key == "enum_id" else text)(scope, value[key], join(path, key))
        for option in options(field):
            if option.get(_OPTION_KEYS[key]) == value[key]:
                return {"enum_id": option["id"]}
        scope.flaw(NOT_SUPPORTED_CHOICE, join(path, key))
        return None
    return None


def take_coded_option(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    """`enum_code` is documented for these types, but the null that they are read with is refused."""
    if value.get("enum_code", "") is None:
        scope.flaw(FIELD_NOT_EXPECTED, join(path, "enum_code"))
        return None
    return take_option(scope, field, value, path)


def take_multitext(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    """Phones, e-mails, messengers. Without a label the first one, WORK, is meant."""
    label = _label(scope, field, value, path) or options(field)[0]["id"]
    return _labelled(scope, value, path, label)


def take_address(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    label = _label(scope, field, value, path)
    if label is None and not scope.bad(path):
        scope.flaw(FIELD_MISSING, join(path, "enum_code"))
    return _labelled(scope, value, path, label or 0)


def _label(scope: Scope, field: Row, value: Row, path: str) -> int | None:
    named = {key: value[key] for key in ("enum_id", "enum_code") if value.get(key) is not None}
    option = take_option(scope, {**field, "enums": _by_code(field)}, named, path)
    return option["enum_id"] if option else None


def _by_code(field: Row) -> list[Row]:
    """Predefined labels are listed with their code in `value`."""
    return [{**option, "code": option["value"]} for option in options(field)]


def _labelled(scope: Scope, value: Row, path: str, label: int) -> Row | None:
    taken = take_text(scope, {}, value, path)
    return {**taken, "enum_id": label} if taken else None


def distinct(kind: str, values: list[Row]) -> list[Row]:
    """Options are a set; an address has each part once, the last one given."""
    if kind in ("multiselect", "smart_address"):
        return list({value["enum_id"]: value for value in values}.values())
    return values


_DETAILS: Schema = dict.fromkeys(
    words(
        "vat_id kpp tax_registration_reason_code address real_address bank_code bank_account_number "
        "director unp bin egrpou mfo oked"
    ),
    nullable(text),
)
_LEGAL_ENTITY: Schema = {
    **_DETAILS,
    "name": text,
    "entity_type": nullable(choice(1, 2)),
    "external_uid": nullable(text),
}
_PAYER: Schema = {
    **_DETAILS,
    "name": nullable(text),
    "entity_id": nullable(integer),
    "entity_type": nullable(choice("contacts", "companies")),
    "phone": nullable(text),
    "email": nullable(text),
    "type": nullable(choice("legal", "individual")),
}
_DISCOUNT: Schema = {"type": nullable(choice("amount", "percentage")), "value": nullable(number)}
_ITEM: Schema = {
    **dict.fromkeys(("sku", "description", "unit_type", "external_uid"), nullable(text)),
    **dict.fromkeys(("unit_price", "quantity"), nullable(number)),
    **dict.fromkeys(("vat_rate_id", "vat_rate_value", "bonus_points_per_purchase"), nullable(integer)),
    "product_id": nullable(existing("catalog_elements")),
    "discount": nullable(lambda scope, value, path: examine(scope, value, _DISCOUNT, path)),
    "metadata": nullable(lambda scope, value, path: value),
}
_FILE: Schema = {
    "file_uuid": text,
    "version_uuid": nullable(text),
    "file_name": nullable(text),
    "file_size": nullable(integer),
}
_TARGET: Schema = {
    "name": nullable(text),
    "entity_id": nullable(integer),
    "entity_type": nullable(choice("contacts", "companies", "catalog_elements")),
    "catalog_id": nullable(existing("catalogs")),
}


def _nested(scope: Scope, value: Row, path: str, schema: Schema, required: Iterable[str] = ()) -> Row | None:
    if value.get("value") is None:
        return None
    return {"value": examine(scope, value["value"], schema, join(path, "value"), required)}


def take_legal_entity(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    return _nested(scope, value, path, _LEGAL_ENTITY, ("name",))


def take_payer(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    return _nested(scope, value, path, _PAYER)


def take_supplier(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    return _nested(scope, value, path, {"entity_id": existing("catalog_elements")}, ("entity_id",))


def take_item(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    return _nested(scope, value, path, _ITEM)


def take_file(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    taken = _nested(scope, value, path, _FILE, ("file_uuid",))
    if taken is None:
        return None
    blank: Row = {"version_uuid": None, "file_name": None, "file_size": None, "is_deleted": False}
    return {"value": {"file_uuid": None, **blank, **taken["value"]}}


def take_linked_entity(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    """A name, or the type and id of a card (or of a list element, with its list)."""
    taken = _nested(scope, value, path, _TARGET)
    if taken is None or scope.bad(path):
        return None
    target: Row = {"name": None, "entity_id": None, "entity_type": None, "catalog_id": None, **taken["value"]}
    if target["entity_id"] is not None:
        linked = scope.account.store.get(str(target["entity_type"]), target["entity_id"])
        if linked is None:
            scope.flaw(NOT_SUPPORTED_CHOICE, join(path, "value.entity_id"))
        target["name"] = (linked or {}).get("name")
    elif is_empty(target["name"]):
        scope.flaw(FIELD_MISSING, join(path, "value.name"))
    return {"value": target}


def take_chained(scope: Scope, field: Row, value: Row, path: str) -> Row | None:
    """An element of one of the lists that the field chains."""
    schema: Schema = {"catalog_id": integer, "catalog_element_id": existing("catalog_elements")}
    taken = examine(scope, value, schema, path, schema)
    chain: list[Row] = field["chained_lists"] or []
    chained = [item["catalog_id"] for item in chain]
    element = scope.account.store.get("catalog_elements", taken.get("catalog_element_id"))
    if element and (element["catalog_id"] != taken.get("catalog_id") or element["catalog_id"] not in chained):
        scope.flaw(NOT_SUPPORTED_CHOICE, join(path, "catalog_id"))
    return taken


def show_plain(field: Row, stored: Row) -> Row:
    return stored


def _option(field: Row, stored: Row) -> Row | None:
    return next((option for option in options(field) if option["id"] == stored["enum_id"]), None)


def show_option(field: Row, stored: Row) -> Row:
    """Empty for an option that was removed since: such a value is not shown."""
    option = _option(field, stored)
    return {"value": option["value"], "enum_id": option["id"], "enum_code": option["code"]} if option else {}


def show_node(field: Row, stored: Row) -> Row:
    option = _option(field, stored)
    return {"value": option["value"], "enum_id": option["id"]} if option else {}


def show_labelled(field: Row, stored: Row) -> Row:
    option = _option(field, stored)
    return {"value": stored["value"], "enum_id": stored["enum_id"], "enum_code": option["value"] if option else None}


def show_item(field: Row, stored: Row) -> Row:
    """The service adds what it computes."""
    item: Row = stored["value"]
    total = float(item.get("unit_price") or 0) * float(item.get("quantity") or 0)
    computed: Row = {"is_discount_recalculated": False, "is_total_sum_recalculated": False, "total_sum": total}
    return {"value": {**item, **computed}}
