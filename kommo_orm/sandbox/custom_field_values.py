"""Custom field values: what each type of field accepts, stores and shows (Kommo API v4, Custom field values).

The name, type and `is_computed` of a field may be sent back as they were read; they are ignored. A written value may
only have the keys of its type; another key, such as `enum_code` of a field without codes, is `FieldNotExpected`.
`values` replaces all values of a field, and `values: null` clears it. A value of null or "" changes nothing, as users
of the service found out. An option is stored by its id and its text is looked up when a row is rendered, so renaming an
option renames it everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kommo_orm.sandbox import value_codecs as types
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, FIELD_NOT_EXPECTED, INVALID_VALUE, NOT_SUPPORTED_CHOICE
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import ValidationContext, is_array, is_int, is_object, join_path

StoredValues = list[Row]
ValueParser = Callable[[ValidationContext, Row, Row, str], "Row | None"]
ValueRenderer = Callable[[Row, Row], Row]


@dataclass(frozen=True, slots=True)
class ValueCodec:
    """One type of field: the keys of a written value, how many are stored, and how a value is parsed and rendered.

    A written value has at least one of the keys in `content`.
    """

    keys: frozenset[str]
    parse: ValueParser
    render: ValueRenderer = types.render_plain_value
    most: int = 1
    content: frozenset[str] = frozenset({"value"})


def build_codec(
    keys: str, take: ValueParser, show: ValueRenderer = types.render_plain_value, most: int = 1
) -> ValueCodec:
    return ValueCodec(frozenset(keys.split()), take, show, most)


def build_option_codec(keys: str, take: ValueParser, show: ValueRenderer, most: int = 1) -> ValueCodec:
    """Build the codec of a field whose options are named by any of the keys."""
    return ValueCodec(frozenset(keys.split()), take, show, most, frozenset(keys.split()))


MANY = 1000
CODECS: Mapping[str, ValueCodec] = {
    **dict.fromkeys(
        ("text", "textarea", "url", "streetaddress", "tracking_data"), build_codec("value", types.parse_text_value)
    ),
    **dict.fromkeys(("numeric", "price", "monetary"), build_codec("value", types.parse_number_value)),
    "checkbox": build_codec("value", types.parse_checkbox_value),
    "date": build_codec("value", types.parse_day_value),
    "birthday": build_codec("value", types.parse_day_value),
    "date_time": build_codec("value", types.parse_moment_value),
    "select": build_option_codec("value enum_id enum_code", types.parse_option_value, types.render_option_value),
    "radiobutton": build_option_codec(
        "value enum_id enum_code", types.parse_coded_option_value, types.render_option_value
    ),
    "multiselect": build_option_codec(
        "value enum_id enum_code", types.parse_coded_option_value, types.render_option_value, MANY
    ),
    "category": build_option_codec("value enum_id", types.parse_option_value, types.render_category_value),
    "multitext": build_codec("value enum_id enum_code", types.parse_multitext_value, types.render_labelled_value, MANY),
    "smart_address": build_codec("value enum_id enum_code", types.parse_address_value, types.render_labelled_value, 6),
    "legal_entity": build_codec("value", types.parse_legal_entity_value, most=MANY),
    "payer": build_codec("value", types.parse_payer_value),
    "supplier": build_codec("value", types.parse_supplier_value),
    "items": build_codec("value", types.parse_item_value, types.render_item_value, MANY),
    "linked_entity": build_codec("value", types.parse_linked_entity_value),
    "chained_list": build_option_codec(
        "catalog_id catalog_element_id", types.parse_chained_value, types.render_plain_value, 5
    ),
    "file": build_codec("value", types.parse_file_value, most=MANY),
}


def validate_values(owner: str, most: int | None = None) -> Callable[[ValidationContext, Any, str], Any]:
    """Build the validator of `custom_fields_values` for one owner of fields.

    It returns `{field id: stored values}`; None clears a field.
    """

    def validate_custom_values(context: ValidationContext, items: Any, path: str) -> dict[int, StoredValues | None]:
        if not is_array(items):
            context.add_type_error(path, "array")
            return {}
        if most is not None and len(items) > most:
            context.add_error(INVALID_VALUE, path, f"This collection should contain {most} elements or less.")
        written: dict[int, StoredValues | None] = {}
        for index, item in enumerate(items):
            _validate_field_values(context, owner, item, join_path(path, index), written)
        return written

    return validate_custom_values


_ITEM_KEYS = {"field_id", "field_code", "values", "field_name", "field_type", "is_computed"}


def _validate_field_values(
    context: ValidationContext, owner: str, item: Any, path: str, written: dict[int, StoredValues | None]
) -> None:
    if not is_object(item):
        return context.add_type_error(path, "object")
    for key in item.keys() - _ITEM_KEYS:
        context.add_error(FIELD_NOT_EXPECTED, join_path(path, key))
    field = _find_named_field(context, owner, item, path)
    if "values" not in item:
        return context.add_error(FIELD_MISSING, join_path(path, "values"))
    if field is None:
        return None
    if item["values"] is None:
        written[field["id"]] = None
        return None
    stored = _parse_values(context, field, item["values"], join_path(path, "values"))
    if stored:
        written[field["id"]] = stored
    return None


def _find_named_field(context: ValidationContext, owner: str, item: Row, path: str) -> Row | None:
    """Find the field by `field_id` or `field_code`; the other key may be null.

    Computed and legacy fields are read-only.
    """
    key = "field_id" if item.get("field_id") is not None else "field_code"
    given = item.get(key)
    if given is None:
        context.add_error(FIELD_MISSING, join_path(path, "field_id"))
        return None
    if key == "field_id" and not is_int(given):
        context.add_type_error(join_path(path, key), "int")
    column = {"field_id": "id", "field_code": "code"}[key]
    for field in context.account.get_definitions(owner):
        if field[column] == given and field["type"] in CODECS and not field["is_computed"]:
            return field
    context.add_error(NOT_SUPPORTED_CHOICE, join_path(path, key))
    return None


def _parse_values(context: ValidationContext, field: Row, values: Any, path: str) -> StoredValues:
    codec = CODECS[field["type"]]
    if not is_array(values):
        context.add_type_error(path, "array")
        return []
    if not 1 <= len(values) <= codec.most:
        context.add_error(INVALID_VALUE, path, f"This collection should contain from 1 to {codec.most} elements.")
    parsed = [_parse_value(context, codec, field, value, join_path(path, index)) for index, value in enumerate(values)]
    return types.deduplicate_values(field["type"], [value for value in parsed if value is not None])


def _parse_value(context: ValidationContext, codec: ValueCodec, field: Row, value: Any, path: str) -> Row | None:
    if not is_object(value):
        context.add_type_error(path, "object")
        return None
    foreign = value.keys() - codec.keys
    for key in foreign:
        context.add_error(FIELD_NOT_EXPECTED, join_path(path, key))
    if not value.keys() & codec.content and not foreign:
        context.add_error(FIELD_MISSING, join_path(path, "value"))
        return None
    return None if foreign else codec.parse(context, field, value, path)


def merge_values(stored: dict[int, StoredValues], written: Mapping[int, StoredValues | None]) -> bool:
    """Store validated values in `stored`. Returns True if anything changed."""
    before = {number: stored.get(number) for number in written}
    for number, values in written.items():
        if values is None:
            stored.pop(number, None)
        else:
            stored[number] = values
    return any(stored.get(number) != values for number, values in before.items())


def render_values(account: Account, owner: str, stored: Mapping[int, StoredValues]) -> list[Row] | None:
    """Render `custom_fields_values` of a row: only filled fields, and None if there are none."""
    if not stored:
        return None
    fields = account.get_definitions(owner)
    shown = [_render_field_values(owner, field, stored[field["id"]]) for field in fields if field["id"] in stored]
    return [item for item in shown if item["values"]] or None


def _render_field_values(owner: str, field: Row, stored: StoredValues) -> Row:
    show = CODECS[field["type"]].render if field["type"] in CODECS else types.render_plain_value
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


def build_text_reader(account: Account, owner: str) -> Callable[[Mapping[int, StoredValues]], str]:
    """Build the function that joins all values of a row that a person can search for, as the API shows them."""
    options = {
        field["id"]: {option["id"]: option["value"] for option in types.get_options(field)}
        if field["type"] in _OPTION_TYPES
        else None
        for field in account.get_definitions(owner)
    }

    def read_texts(stored: Mapping[int, StoredValues]) -> str:
        found: list[Any] = []
        for number, values in stored.items():
            texts = options.get(number)
            if texts is not None:
                found += [texts.get(value["enum_id"]) for value in values]
            elif number in options:
                found += [value.get("value") for value in values]
        return "\n".join([str(value) for value in found if isinstance(value, (str, int))])

    return read_texts


_OPTION_TYPES = ("select", "radiobutton", "multiselect", "category")
