"""The shapes in which values arrive, and PHP's habits among them: one place that knows all of them.

Usually a field's values are a list of `{"value": ...}`. Seen as well: one bare object, an object keyed by index, items
that are the value itself, `false` or `""` or `[]` for "none", numbers for text, the old key `enum` for a code or an id.
Source: Kommo API v4, "Custom field values".
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple, TypeGuard, cast

from kommo_orm.model.codec import make_value_error

KEYS = frozenset({"value", "enum_id", "enum_code", "enum"})


def is_nothing(raw: Any) -> bool:
    """Whether this is one of PHP's ways to say "none"; 0 is a number."""
    return raw is None or raw is False or (isinstance(raw, str | list | dict) and not raw)


def is_object(raw: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(raw, dict)


def list_items(values: Any) -> list[Any]:
    """The items of a field, however they are wrapped."""
    if has_usual_shape(values):
        return values
    if is_object(values):
        return list(values.values()) if values and all(str(key).isdigit() for key in values) else [values]
    items = list(cast("Iterable[Any]", values))
    return list_items(items[0]) if len(items) == 1 and is_object(items[0]) else items


def get_raw_value(item: Any) -> Any:
    """The value of one item. An item without the key `value` is itself the value."""
    return item["value"] if is_object(item) and "value" in item else item


def list_raw_values(values: Any) -> list[Any]:
    """The values of all items that have one."""
    return [raw for item in list_items(values) if not is_nothing(raw := get_raw_value(item))]


def find_first_raw(values: Any) -> Any:
    """The first value, None if there is none."""
    for item in list_items(values):
        raw = get_raw_value(item)
        if not is_nothing(raw):
            return raw
    return None


def has_usual_shape(values: Any) -> TypeGuard[list[dict[str, Any]]]:
    """Whether these are the values of a field as they are mostly sent: a list of one object with a `value`."""
    return type(values) is list and len(values) == 1 and type(values[0]) is dict and "value" in values[0]


def read_text(raw: Any) -> str:
    """Text, though the service may have made a number or a flag of it."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return str(int(raw))
    if isinstance(raw, int | float | Decimal):
        return str(raw)
    raise make_value_error("text", raw)


def read_int(raw: Any) -> int | None:
    """A number given as one, as digits, or not at all."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw
    return int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() else None


class Coded(NamedTuple):
    """One item of a field whose values are chosen from a list: its text, the id and the code of what was chosen."""

    text: str | None
    id: int | None
    code: str | None


def read_coded_item(item: Any) -> Coded:
    """Read an item `{value, enum_id, enum_code}`; the old key `enum` holds a code (samples) or an id (webhooks)."""
    if not is_object(item):
        return Coded(None if is_nothing(item) else read_text(item), None, None)
    old, value, code = item.get("enum"), item.get("value"), item.get("enum_code")
    number = read_int(item.get("enum_id"))
    if number is None:
        number = read_int(old)
    if is_nothing(code) and isinstance(old, str) and read_int(old) is None:
        code = old
    return Coded(
        None if is_nothing(value) else read_text(value), number or None, None if is_nothing(code) else read_text(code)
    )
