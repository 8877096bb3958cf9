"""Custom field values in the shapes of API v2, over the stored values of v4 (Kommo API v2, Custom fields).

Reading and writing differ: a multiselect is read as objects and written as bare ids, a select is read by its text and
written by the id of its option, parts of an address are read by number. Dates are texts in the account's time zone.
Values are translated into those of v4, and then validated by the rules of v4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.custom_field_values import CODECS, StoredValues
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2.errors import RequestError, build_malformed_error
from kommo_orm.sandbox.v2.parsers import (
    parse_filled_text,
    parse_keys,
    parse_number,
    parse_object,
    parse_text,
    refuse_unknown_keys,
    to_integer,
)
from kommo_orm.sandbox.validators import ValidationContext, is_array
from kommo_orm.sandbox.value_codecs import ADDRESS_PARTS, deduplicate_values, is_empty

NUMBERS: Mapping[str, int] = {
    "text": 1,
    "numeric": 2,
    "checkbox": 3,
    "select": 4,
    "multiselect": 5,
    "date": 6,
    "url": 7,
    "multitext": 8,
    "textarea": 9,
    "radiobutton": 10,
    "streetaddress": 11,
    "smart_address": 13,
    "birthday": 14,
    "legal_entity": 15,
    "items": 16,
    "org_legal_name": 17,
    "category": 18,
    "date_time": 19,
    "price": 20,
    "tracking_data": 21,
    "linked_entity": 22,
    "monetary": 23,
    "chained_list": 24,
    "file": 25,
    "payer": 26,
    "supplier": 27,
}
# Of the types that came with v4, only the first few numbers are documented.

_DATES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y")
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)

ToV4 = Callable[[ApiCall, Row, Any, str], Row]
ToV2 = Callable[[Account, Row], Row]


@dataclass(frozen=True, slots=True)
class FieldCodes:
    """The service's error codes for an unknown custom field, and for one without a value."""

    unknown: int
    valueless: int | None = None


# Writing: translates a value of v2 into one of v4


def _parse_value_keys(call: ApiCall, value: Any, where: str, *keys: str) -> Row:
    given = parse_object(call, value, where)
    refuse_unknown_keys(call, given, keys, where)
    if keys[0] not in given:
        raise build_malformed_error(where, f"needs {keys[0]}")
    return given


def _translate_scalar(call: ApiCall, field: Row, value: Any, where: str) -> Row:
    given = _parse_value_keys(call, value, where, "value")["value"]
    return {"value": str(given) if type(given) in (int, float) else given}


def _translate_number(call: ApiCall, field: Row, value: Any, where: str) -> Row:
    given = _parse_value_keys(call, value, where, "value")["value"]
    return {"value": given if is_empty(given) else parse_number(call, given, f"{where}/value")}


def _translate_flag(call: ApiCall, field: Row, value: Any, where: str) -> Row:
    given = _parse_value_keys(call, value, where, "value")["value"]
    if to_integer(given) not in (0, 1):
        raise build_malformed_error(f"{where}/value", "is neither 0 nor 1")
    return {"value": to_integer(given) == 1}


def _translate_date(call: ApiCall, field: Row, value: Any, where: str) -> Row:
    given = _parse_value_keys(call, value, where, "value")["value"]
    if is_empty(given):
        return {"value": None}
    for form in _DATES:
        try:
            local = datetime.strptime(parse_text(call, given, f"{where}/value"), form).replace(tzinfo=call.account.zone)
        except ValueError:
            continue
        return {"value": int((local - _FIRST).total_seconds())}
    raise build_malformed_error(
        f"{where}/value", "is no date: YYYY-MM-DD HH:MM:SS, YYYY-MM-DD, YYYY/MM/DD or DD.MM.YYYY"
    )


def _translate_option(call: ApiCall, field: Row, value: Any, where: str) -> Row:
    """`value` is the id of the option; its text is refused."""
    given = _parse_value_keys(call, value, where, "value")["value"]
    return {} if is_empty(given) else {"enum_id": _parse_option_id(given, f"{where}/value")}


def _translate_bare_option(call: ApiCall, field: Row, value: Any, where: str) -> Row:
    return {"enum_id": _parse_option_id(value, where)}


def _parse_option_id(value: Any, where: str) -> int:
    number = to_integer(value)
    if number is None:
        raise build_malformed_error(where, "is not the id of an option")
    return number


def _translate_labelled(call: ApiCall, field: Row, value: Any, where: str) -> Row:
    given = _parse_value_keys(call, value, where, "value", "enum")
    label = given.get("enum")
    kept: Row = {"value": str(given["value"]) if type(given["value"]) is int else given["value"]}
    if is_empty(label):
        return kept
    number = to_integer(label)
    return {**kept, **({"enum_code": label} if number is None else {"enum_id": number})}


def _translate_address(call: ApiCall, field: Row, value: Any, where: str) -> Row:
    given = _parse_value_keys(call, value, where, "value", "subtype")
    number = to_integer(given.get("subtype"))
    part = ADDRESS_PARTS.index(given["subtype"]) + 1 if given.get("subtype") in ADDRESS_PARTS else number
    if part is None or not 1 <= part <= len(ADDRESS_PARTS):
        raise build_malformed_error(f"{where}/subtype", f"is none of {', '.join(ADDRESS_PARTS)}, nor their number")
    return {"value": given["value"], "enum_id": part}


_ENTITY = dict.fromkeys(("vat_id", "kpp", "address", "external_id"), parse_text) | {"name": parse_filled_text}


def _translate_legal_entity(call: ApiCall, field: Row, value: Any, where: str) -> Row:
    given = dict(parse_object(call, _parse_value_keys(call, value, where, "value")["value"], f"{where}/value"))
    kind = to_integer(given.pop("entity_type", None))
    known = {key: item for key, item in given.items() if item is not None}
    clean = parse_keys(call, known, _ENTITY, f"{where}/value", ("name",))
    if "external_id" in clean:
        clean["external_uid"] = clean.pop("external_id")
    return {"value": {**clean, **({} if kind is None else {"entity_type": kind})}}


def _translate_invoice_row(call: ApiCall, field: Row, value: Any, where: str) -> Row:
    """Rows of an invoice are not wrapped in `value`."""
    return {"value": parse_object(call, value, where)}


_TO_V4: Mapping[str, ToV4] = {
    **dict.fromkeys(("text", "textarea", "url", "streetaddress", "tracking_data"), _translate_scalar),
    **dict.fromkeys(("numeric", "price", "monetary"), _translate_number),
    "checkbox": _translate_flag,
    **dict.fromkeys(("date", "birthday", "date_time"), _translate_date),
    **dict.fromkeys(("select", "radiobutton", "category"), _translate_option),
    "multiselect": _translate_bare_option,
    "multitext": _translate_labelled,
    "smart_address": _translate_address,
    "legal_entity": _translate_legal_entity,
    "items": _translate_invoice_row,
}


def parse_values(
    call: ApiCall, owner: str, given: Any, where: str, codes: FieldCodes, *, creating: bool
) -> dict[int, StoredValues | None]:
    """The parsed values by field id; None clears a field (an empty `values`)."""
    if not is_array(given):
        raise build_malformed_error(where, "is not an array")
    written: dict[int, StoredValues | None] = {}
    for index, item in enumerate(given):
        _parse_field_values(call, owner, item, f"{where}/{index}", (codes, creating), written)
    return written


def _parse_field_values(
    call: ApiCall,
    owner: str,
    item: Any,
    where: str,
    rules: tuple[FieldCodes, bool],
    written: dict[int, StoredValues | None],
) -> None:
    codes, creating = rules
    refuse_unknown_keys(call, parse_object(call, item, where), ("id", "code", "values"), where)
    field = _find_field(call, owner, item, where, codes)
    values = item.get("values")
    if not is_array(values):
        raise build_malformed_error(f"{where}/values", "is not an array")
    if not values and creating and codes.valueless is not None:
        raise RequestError(codes.valueless, f"{where}: custom field without a value")
    stored = _translate_values(call, field, values, f"{where}/values")
    if stored or not values:
        written[field["id"]] = stored or None


def _find_field(call: ApiCall, owner: str, item: Row, where: str, codes: FieldCodes) -> Row:
    """Find the field by id or by code. Raises `RequestError`."""
    number, code = to_integer(item.get("id")), item.get("code")
    for field in call.account.get_definitions(owner):
        if field["id"] == number or (number is None and code is not None and field["code"] == code):
            if field["type"] not in _TO_V4 or field["is_computed"]:
                raise build_malformed_error(where, f"is a field that API v2 cannot write: {field['type']}")
            return field
    raise RequestError(codes.unknown, f"{where}: custom field {item.get('id', code)} not found")


def _translate_values(call: ApiCall, field: Row, values: list[Any], where: str) -> StoredValues:
    codec = CODECS[field["type"]]
    if len(values) > codec.most:
        raise build_malformed_error(where, f"has more than {codec.most} values")
    scope = ValidationContext(call.account, call.user["id"], call.now)
    stored: StoredValues = []
    for index, value in enumerate(values):
        at = f"{where}/{index}"
        kept = codec.parse(scope, field, _TO_V4[field["type"]](call, field, value, at), at)
        if scope.errors:
            raise build_malformed_error(at, f"is refused: {scope.errors[0].render()['detail']}")
        if kept is not None:
            stored.append(kept)
    return deduplicate_values(field["type"], stored)


# Reading


def _format_local_time(account: Account, stamp: int) -> str:
    return (_FIRST + timedelta(seconds=stamp)).astimezone(account.zone).strftime("%Y-%m-%d %H:%M:%S")


def _render_plain(account: Account, value: Row) -> Row:
    kept = value["value"]
    return {"value": str(kept) if type(kept) in (int, float) else kept}


def _render_flag(account: Account, value: Row) -> Row:
    return {"value": "1" if value["value"] else "0"}


def _render_date(account: Account, value: Row) -> Row:
    return {"value": _format_local_time(account, value["value"])}


def _render_option(account: Account, value: Row) -> Row:
    return {"value": value["value"], "enum": value["enum_id"]}


def _render_address(account: Account, value: Row) -> Row:
    return {"value": value["value"], "subtype": str(value["enum_id"])}


def _render_legal_entity(account: Account, value: Row) -> Row:
    nested = dict(value["value"])
    if "external_uid" in nested:
        nested["external_id"] = nested.pop("external_uid")
    return {"value": nested}


def _render_like_v4(account: Account, value: Row) -> Row:
    """Types that came with v4 have the same shape in v2."""
    return value


_TO_V2: Mapping[str, ToV2] = {
    **dict.fromkeys(("text", "textarea", "url", "streetaddress", "tracking_data"), _render_plain),
    **dict.fromkeys(("numeric", "price", "monetary"), _render_plain),
    "checkbox": _render_flag,
    **dict.fromkeys(("date", "birthday", "date_time"), _render_date),
    **dict.fromkeys(("select", "radiobutton", "multiselect", "category", "multitext"), _render_option),
    "smart_address": _render_address,
    "legal_entity": _render_legal_entity,
}


def render_values(account: Account, owner: str, stored: Mapping[int, StoredValues]) -> list[Row]:
    """`custom_fields` of a row: those that have a value."""
    fields = [field for field in account.get_definitions(owner) if field["id"] in stored]
    shown = [_render_field_values(account, field, stored[field["id"]]) for field in fields]
    return [item for item in shown if item["values"]]


def _render_field_values(account: Account, field: Row, stored: StoredValues) -> Row:
    codec = CODECS.get(field["type"])
    as_v4 = [codec.render(field, value) if codec else value for value in stored]
    show = _TO_V2.get(field["type"], _render_like_v4)
    code = {"code": field["code"]} if field["code"] else {}
    head: Row = {"id": field["id"], "name": field["name"], "type_id": NUMBERS[field["type"]], **code}
    return {**head, "values": [show(account, value) for value in as_v4 if value], "is_system": field["is_predefined"]}
