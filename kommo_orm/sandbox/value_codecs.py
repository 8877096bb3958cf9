"""Parses and renders the values of custom fields, one pair of functions for each type.

The table of types is in `custom_field_values.py`. `parse_*(context, field, value, path)` returns the value to store, or
None to keep the stored one; unknown keys were refused before. `render_*(field, stored)` returns the value as the API
shows it.
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
    ValidationContext,
    allow_null,
    is_finite_float,
    is_int,
    join_path,
    split_words,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_number,
    validate_object,
    validate_row_id,
    validate_text,
)

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")
_YEAR_ONE, _YEAR_9999 = -62_135_510_400, 253_402_214_400  # with one day of margin for time zones
_OPTION_KEYS = {"enum_id": "id", "enum_code": "code", "value": "value"}

ADDRESS_PARTS = ("address_line_1", "address_line_2", "city", "state", "zip", "country")  # enum ids 1 to 6


def is_empty(value: Any) -> bool:
    return value is None or value == ""


def parse_text_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    if is_empty(value.get("value")):
        return None
    return {"value": validate_text(context, value["value"], join_path(path, "value"))}


def parse_number_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    """Parse a number or a decimal text. It is stored as the text that the API shows."""
    given = value.get("value")
    if is_empty(given):
        return None
    if isinstance(given, str) and _NUMBER.fullmatch(given.strip()):
        return {"value": given.strip()}
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return {"value": format_number(given)}
    context.add_type_error(join_path(path, "value"), "numeric")
    return None


def format_number(given: float) -> str:
    return f"{given:.10f}".rstrip("0").rstrip(".") if isinstance(given, float) else str(given)


def parse_checkbox_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    if value.get("value") is None:
        return None
    return {"value": validate_boolean(context, value["value"], join_path(path, "value"))}


def parse_moment_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    """Parse Unix seconds, or RFC 3339 text with an offset."""
    given = value.get("value")
    given = int(given) if is_finite_float(given) else given
    if is_empty(given):
        return None
    if is_int(given):
        if not _YEAR_ONE <= given <= _YEAR_9999:
            context.add_error(INVALID_VALUE, join_path(path, "value"))
            return None
        return {"value": given}
    if isinstance(given, str) and _RFC3339.fullmatch(given):
        return _parse_rfc3339(context, given.upper(), join_path(path, "value"))
    context.add_type_error(join_path(path, "value"), "int or RFC 3339 string")
    return None


def _parse_rfc3339(context: ValidationContext, given: str, path: str) -> Row | None:
    try:
        return {"value": int(datetime.fromisoformat(given).timestamp())}
    except ValueError:  # a day that does not exist, such as the 31st of June
        context.add_error(INVALID_VALUE, path)
        return None


def parse_day_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    """Parse a calendar day. It is stored as midnight of that day in the account's zone."""
    moment = parse_moment_value(context, field, value, path)
    return {"value": context.account.find_midnight(moment["value"])} if moment else None


def get_options(field: Row) -> list[Row]:
    found: list[Row] = field["nested"] if field["type"] == "category" else field["enums"]
    return found or []


def parse_option_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    """Find the option by id, else by code, else by text. An unknown text is refused: the service adds no options."""
    for key in ("enum_id", "enum_code", "value"):
        if is_empty(value.get(key)):
            continue
        (validate_integer if key == "enum_id" else validate_text)(context, value[key], join_path(path, key))
        for option in get_options(field):
            if option.get(_OPTION_KEYS[key]) == value[key]:
                return {"enum_id": option["id"]}
        context.add_error(NOT_SUPPORTED_CHOICE, join_path(path, key))
        return None
    return None


def parse_coded_option_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    """Parse an option. `enum_code` may be written, but not with the null that the API shows."""
    if value.get("enum_code", "") is None:
        context.add_error(FIELD_NOT_EXPECTED, join_path(path, "enum_code"))
        return None
    return parse_option_value(context, field, value, path)


def parse_multitext_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    """Parse a phone, an e-mail or a messenger. The default label is the first one, WORK."""
    label = _parse_label_id(context, field, value, path) or get_options(field)[0]["id"]
    return _build_labelled_value(context, value, path, label)


def parse_address_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    label = _parse_label_id(context, field, value, path)
    if label is None and not context.has_error(path):
        context.add_error(FIELD_MISSING, join_path(path, "enum_code"))
    return _build_labelled_value(context, value, path, label or 0)


def _parse_label_id(context: ValidationContext, field: Row, value: Row, path: str) -> int | None:
    named = {key: value[key] for key in ("enum_id", "enum_code") if value.get(key) is not None}
    option = parse_option_value(context, {**field, "enums": _get_options_by_code(field)}, named, path)
    return option["enum_id"] if option else None


def _get_options_by_code(field: Row) -> list[Row]:
    """Return predefined labels with their code, which is stored in `value`."""
    return [{**option, "code": option["value"]} for option in get_options(field)]


def _build_labelled_value(context: ValidationContext, value: Row, path: str, label: int) -> Row | None:
    parsed = parse_text_value(context, {}, value, path)
    return {**parsed, "enum_id": label} if parsed else None


def deduplicate_values(kind: str, values: list[Row]) -> list[Row]:
    """Remove repeated options, and repeated parts of an address; the last one is kept."""
    if kind in ("multiselect", "smart_address"):
        return list({value["enum_id"]: value for value in values}.values())
    return values


_DETAILS: Schema = dict.fromkeys(
    split_words(
        "vat_id kpp tax_registration_reason_code address real_address bank_code bank_account_number "
        "director unp bin egrpou mfo oked"
    ),
    allow_null(validate_text),
)
_LEGAL_ENTITY: Schema = {
    **_DETAILS,
    "name": validate_text,
    "entity_type": allow_null(validate_choice(1, 2)),
    "external_uid": allow_null(validate_text),
}
_PAYER: Schema = {
    **_DETAILS,
    "name": allow_null(validate_text),
    "entity_id": allow_null(validate_integer),
    "entity_type": allow_null(validate_choice("contacts", "companies")),
    "phone": allow_null(validate_text),
    "email": allow_null(validate_text),
    "type": allow_null(validate_choice("legal", "individual")),
}
_DISCOUNT: Schema = {"type": allow_null(validate_choice("amount", "percentage")), "value": allow_null(validate_number)}
_ITEM: Schema = {
    **dict.fromkeys(("sku", "description", "unit_type", "external_uid"), allow_null(validate_text)),
    **dict.fromkeys(("unit_price", "quantity"), allow_null(validate_number)),
    **dict.fromkeys(("vat_rate_id", "vat_rate_value", "bonus_points_per_purchase"), allow_null(validate_integer)),
    "product_id": allow_null(validate_row_id("catalog_elements")),
    "discount": allow_null(lambda context, value, path: validate_object(context, value, _DISCOUNT, path)),
    "metadata": allow_null(lambda context, value, path: value),
}
_FILE: Schema = {
    "file_uuid": validate_text,
    "version_uuid": allow_null(validate_text),
    "file_name": allow_null(validate_text),
    "file_size": allow_null(validate_integer),
}
_TARGET: Schema = {
    "name": allow_null(validate_text),
    "entity_id": allow_null(validate_integer),
    "entity_type": allow_null(validate_choice("contacts", "companies", "catalog_elements")),
    "catalog_id": allow_null(validate_row_id("catalogs")),
}


def _parse_nested_value(
    context: ValidationContext, value: Row, path: str, schema: Schema, required: Iterable[str] = ()
) -> Row | None:
    if value.get("value") is None:
        return None
    return {"value": validate_object(context, value["value"], schema, join_path(path, "value"), required)}


def parse_legal_entity_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    return _parse_nested_value(context, value, path, _LEGAL_ENTITY, ("name",))


def parse_payer_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    return _parse_nested_value(context, value, path, _PAYER)


def parse_supplier_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    return _parse_nested_value(context, value, path, {"entity_id": validate_row_id("catalog_elements")}, ("entity_id",))


def parse_item_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    return _parse_nested_value(context, value, path, _ITEM)


def parse_file_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    parsed = _parse_nested_value(context, value, path, _FILE, ("file_uuid",))
    if parsed is None:
        return None
    blank: Row = {"version_uuid": None, "file_name": None, "file_size": None, "is_deleted": False}
    return {"value": {"file_uuid": None, **blank, **parsed["value"]}}


def parse_linked_entity_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    """Parse a name, or the type and id of a card (of a list element: also its list)."""
    parsed = _parse_nested_value(context, value, path, _TARGET)
    if parsed is None or context.has_error(path):
        return None
    target: Row = {"name": None, "entity_id": None, "entity_type": None, "catalog_id": None, **parsed["value"]}
    if target["entity_id"] is not None:
        linked = context.account.store.get_row(str(target["entity_type"]), target["entity_id"])
        if linked is None:
            context.add_error(NOT_SUPPORTED_CHOICE, join_path(path, "value.entity_id"))
        target["name"] = (linked or {}).get("name")
    elif is_empty(target["name"]):
        context.add_error(FIELD_MISSING, join_path(path, "value.name"))
    return {"value": target}


def parse_chained_value(context: ValidationContext, field: Row, value: Row, path: str) -> Row | None:
    """Parse an element of one of the lists that the field chains."""
    schema: Schema = {"catalog_id": validate_integer, "catalog_element_id": validate_row_id("catalog_elements")}
    parsed = validate_object(context, value, schema, path, schema)
    chain: list[Row] = field["chained_lists"] or []
    chained = [item["catalog_id"] for item in chain]
    element = context.account.store.get_row("catalog_elements", parsed.get("catalog_element_id"))
    if element and (element["catalog_id"] != parsed.get("catalog_id") or element["catalog_id"] not in chained):
        context.add_error(NOT_SUPPORTED_CHOICE, join_path(path, "catalog_id"))
    return parsed


def render_plain_value(field: Row, stored: Row) -> Row:
    return stored


def _find_option(field: Row, stored: Row) -> Row | None:
    return next((option for option in get_options(field) if option["id"] == stored["enum_id"]), None)


def render_option_value(field: Row, stored: Row) -> Row:
    """Render an option. The result is empty if the option was removed."""
    option = _find_option(field, stored)
    return {"value": option["value"], "enum_id": option["id"], "enum_code": option["code"]} if option else {}


def render_category_value(field: Row, stored: Row) -> Row:
    option = _find_option(field, stored)
    return {"value": option["value"], "enum_id": option["id"]} if option else {}


def render_labelled_value(field: Row, stored: Row) -> Row:
    option = _find_option(field, stored)
    return {"value": stored["value"], "enum_id": stored["enum_id"], "enum_code": option["value"] if option else None}


def render_item_value(field: Row, stored: Row) -> Row:
    """Render an item of an invoice with the values that the service computes."""
    item: Row = stored["value"]
    total = float(item.get("unit_price") or 0) * float(item.get("quantity") or 0)
    computed: Row = {"is_discount_recalculated": False, "is_total_sum_recalculated": False, "total_sum": total}
    return {"value": {**item, **computed}}
