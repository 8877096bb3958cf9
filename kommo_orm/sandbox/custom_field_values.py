"""Custom field values: what each field type takes, keeps and shows (Kommo API v4, Custom field values).

Writing names exactly the keys that the type knows: a foreign key (`enum_code` read from a field that does not take it)
is `FieldNotExpected`. `values` replaces all values of a field, `values: null` clears it, and a value of null or ""
leaves what was there, as users of the service found out. Stored values are option ids, texts and numbers; names
of options are looked up when a row is shown, so renaming an option renames it everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kommo_orm.sandbox import value_codecs as types
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, FIELD_NOT_EXPECTED, INVALID_VALUE, NOT_SUPPORTED_CHOICE
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Scope, is_array, is_int, is_object, join

Stored = list[Row]
Take = Callable[[Scope, Row, Row, str], "Row | None"]
Show = Callable[[Row, Row], Row]


@dataclass(frozen=True, slots=True)
class Codec:
    """One field type: the keys of a written value, whether several are kept, how one is taken in and shown."""

    keys: frozenset[str]
    take: Take
    show: Show = types.show_plain
    most: int = 1


def _codec(keys: str, take: Take, show: Show = types.show_plain, most: int = 1) -> Codec:
    return Codec(frozenset(keys.split()), take, show, most)


MANY = 1000
CODECS: Mapping[str, Codec] = {
    **dict.fromkeys(("text", "textarea", "url", "streetaddress", "tracking_data"), _codec("value", types.take_text)),
    **dict.fromkeys(("numeric", "price", "monetary"), _codec("value", types.take_number)),
    "checkbox": _codec("value", types.take_flag),
    "date": _codec("value", types.take_day),
    "birthday": _codec("value", types.take_day),
    "date_time": _codec("value", types.take_moment),
    "select": _codec("value enum_id enum_code", types.take_option, types.show_option),
    "radiobutton": _codec("value enum_id enum_code", types.take_coded_option, types.show_option),
    "multiselect": _codec("value enum_id enum_code", types.take_coded_option, types.show_option, MANY),
    "category": _codec("value enum_id", types.take_option, types.show_node),
    "multitext": _codec("value enum_id enum_code", types.take_multitext, types.show_labelled, MANY),
    "smart_address": _codec("value enum_id enum_code", types.take_address, types.show_labelled, 6),
    "legal_entity": _codec("value", types.take_legal_entity, most=MANY),
    "payer": _codec("value", types.take_payer),
    "supplier": _codec("value", types.take_supplier),
    "items": _codec("value", types.take_item, types.show_item, MANY),
    "linked_entity": _codec("value", types.take_linked_entity),
    "chained_list": _codec("catalog_id catalog_element_id", types.take_chained, most=5),
    "file": _codec("value", types.take_file, most=MANY),
}


def write_values(owner: str, most: int | None = None) -> Callable[[Scope, Any, str], Any]:
    """The check of `custom_fields_values` for one owner of fields; answers {field id: stored values, None = clear}."""

    def checked(scope: Scope, items: Any, path: str) -> dict[int, Stored | None]:
        if not is_array(items):
            scope.wrong_type(path, "array")
            return {}
        if most is not None and len(items) > most:
            scope.flaw(INVALID_VALUE, path, f"This collection should contain {most} elements or less.")
        written: dict[int, Stored | None] = {}
        for index, item in enumerate(items):
            _write_one(scope, owner, item, join(path, index), written)
        return written

    return checked


def _write_one(scope: Scope, owner: str, item: Any, path: str, written: dict[int, Stored | None]) -> None:
    if not is_object(item):
        return scope.wrong_type(path, "object")
    for key in item.keys() - {"field_id", "field_code", "values"}:
        scope.flaw(FIELD_NOT_EXPECTED, join(path, key))
    field = _named_field(scope, owner, item, path)
    if "values" not in item:
        return scope.flaw(FIELD_MISSING, join(path, "values"))
    if field is None:
        return None
    if item["values"] is None:
        written[field["id"]] = None
        return None
    stored = _take_all(scope, field, item["values"], join(path, "values"))
    if stored:
        written[field["id"]] = stored
    return None


def _named_field(scope: Scope, owner: str, item: Row, path: str) -> Row | None:
    """By `field_id` or `field_code`; the other one may be null. Computed and legacy fields cannot be written."""
    key = "field_id" if item.get("field_id") is not None else "field_code"
    given = item.get(key)
    if given is None:
        scope.flaw(FIELD_MISSING, join(path, "field_id"))
        return None
    if key == "field_id" and not is_int(given):
        scope.wrong_type(join(path, key), "int")
    column = {"field_id": "id", "field_code": "code"}[key]
    for field in scope.account.definitions(owner):
        if field[column] == given and field["type"] in CODECS and not field["is_computed"]:
            return field
    scope.flaw(NOT_SUPPORTED_CHOICE, join(path, key))
    return None


def _take_all(scope: Scope, field: Row, values: Any, path: str) -> Stored:
    codec = CODECS[field["type"]]
    if not is_array(values):
        scope.wrong_type(path, "array")
        return []
    if not 1 <= len(values) <= codec.most:
        scope.flaw(INVALID_VALUE, path, f"This collection should contain from 1 to {codec.most} elements.")
    taken = [_take_one(scope, codec, field, value, join(path, index)) for index, value in enumerate(values)]
    return types.distinct(field["type"], [value for value in taken if value is not None])


def _take_one(scope: Scope, codec: Codec, field: Row, value: Any, path: str) -> Row | None:
    if not is_object(value):
        scope.wrong_type(path, "object")
        return None
    foreign = value.keys() - codec.keys
    for key in foreign:
        scope.flaw(FIELD_NOT_EXPECTED, join(path, key))
    return None if foreign else codec.take(scope, field, value, path)


def merge(stored: dict[int, Stored], written: Mapping[int, Stored | None]) -> bool:
    """Put checked values into a row's `values`; True when that changed anything."""
    before = {number: stored.get(number) for number in written}
    for number, values in written.items():
        if values is None:
            stored.pop(number, None)
        else:
            stored[number] = values
    return any(stored.get(number) != values for number, values in before.items())


def read_values(account: Account, owner: str, stored: Mapping[int, Stored]) -> list[Row] | None:
    """`custom_fields_values` of a row: only filled fields, null when there are none."""
    if not stored:
        return None
    fields = account.definitions(owner)
    shown = [_read_one(owner, field, stored[field["id"]]) for field in fields if field["id"] in stored]
    return [item for item in shown if item["values"]] or None


def _read_one(owner: str, field: Row, stored: Stored) -> Row:
    show = CODECS[field["type"]].show if field["type"] in CODECS else types.show_plain
    item: Row = {
        "field_id": field["id"],
        "field_name": field["name"],
        "field_code": field["code"],
        "field_type": field["type"],
        "values": [shown for value in stored if (shown := show(field, value))],
    }
    if owner == "leads":
        item["is_computed"] = field["is_computed"]
    return item


def plain_text(account: Account, owner: str, stored: Mapping[int, Stored]) -> str:
    """Everything a person could search for, in one text."""
    items = read_values(account, owner, stored) or []
    found = [value.get("value") for item in items for value in item["values"]]
    return "\n".join(str(value) for value in found if isinstance(value, (str, int)))
