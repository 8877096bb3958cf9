"""Parsers of values in requests of API v2: numbers also as texts; ids as one value, a comma list or an array.

Each parser returns the value that is stored, or raises `RequestError`. Keys that no document mentions are refused in a
strict sandbox; Kommo ignores them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2.errors import build_malformed_error
from kommo_orm.sandbox.validators import is_array, is_int, is_object

Parser: TypeAlias = Callable[[ApiCall, Any, str], Any]
Schema: TypeAlias = Mapping[str, Parser]

_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


def to_integer(value: Any) -> int | None:
    """The integer of a number or a text, None for any other value."""
    if is_int(value):
        return value
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else None


def parse_integer(call: ApiCall, value: Any, where: str) -> int:
    number = to_integer(value)
    if number is None:
        raise build_malformed_error(where, "is not an integer")
    return number


def parse_number(call: ApiCall, value: Any, where: str) -> int | float:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        number = float(value)
        return int(number) if number == int(number) else number
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise build_malformed_error(where, "is not a number")
    return value


def parse_text(call: ApiCall, value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise build_malformed_error(where, "is not a text")
    return value


def parse_filled_text(call: ApiCall, value: Any, where: str) -> str:
    """A text that is not blank."""
    if not parse_text(call, value, where).strip():
        raise build_malformed_error(where, "is empty")
    return str(value)


def parse_flag(call: ApiCall, value: Any, where: str) -> bool:
    """True or false, 1 or 0, also as texts."""
    if value not in (True, False, "0", "1"):
        raise build_malformed_error(where, "is neither 1 nor 0")
    return value in (True, "1")


def ignore_value(call: ApiCall, value: Any, where: str) -> None:
    """Accept any value of a key that has no effect."""


def parse_array(call: ApiCall, value: Any, where: str) -> list[Any]:
    if not is_array(value):
        raise build_malformed_error(where, "is not an array")
    return value


def parse_object(call: ApiCall, value: Any, where: str) -> Row:
    if not is_object(value):
        raise build_malformed_error(where, "is not an object")
    return value


def parse_ids(call: ApiCall, value: Any, where: str) -> list[int]:
    """`7`, `"7"` or `[7, "8"]`."""
    given = [value] if isinstance(value, (str, int)) else parse_array(call, value, where)
    return [parse_integer(call, one, where) for one in given]


def parse_comma_ids(call: ApiCall, value: Any, where: str) -> list[int]:
    """Ids as `parse_ids` takes them, or as a comma list: `"7,8"`."""
    return parse_ids(call, [one.strip() for one in value.split(",")] if isinstance(value, str) else value, where)


def build_choice_parser(*allowed: Any) -> Parser:
    def parse_choice(call: ApiCall, value: Any, where: str) -> Any:
        kept = to_integer(value) if is_int(allowed[0]) else value
        if is_object(value) or is_array(value) or kept not in allowed:
            raise build_malformed_error(where, f"is none of {', '.join(map(str, allowed))}")
        return kept

    return parse_choice


def parse_user_id(call: ApiCall, value: Any, where: str) -> int:
    number = parse_integer(call, value, where)
    if call.store.get_row("users", number) is None:
        raise build_malformed_error(where, "names no user of the account")
    return number


def parse_author_id(call: ApiCall, value: Any, where: str) -> int:
    """The id of a user, or 0 for a robot."""
    return 0 if to_integer(value) == 0 else parse_user_id(call, value, where)


AUTHORSHIP: Schema = {
    "created_by": parse_author_id,
    "updated_by": parse_author_id,
    "created_at": parse_integer,
    "updated_at": parse_integer,
}


def parse_keys(call: ApiCall, item: Any, schema: Schema, where: str, required: Iterable[str] = ()) -> Row:
    """The parsed keys of an object. Raises `RequestError` if a required key is missing."""
    given = parse_object(call, item, where)
    refuse_unknown_keys(call, given, schema, where)
    for key in required:
        if key not in given:
            raise build_malformed_error(where, f"needs {key}")
    return {key: schema[key](call, value, f"{where}/{key}") for key, value in given.items() if key in schema}


def refuse_unknown_keys(call: ApiCall, given: Row, known: Iterable[str], where: str) -> None:
    unknown = sorted(given.keys() - set(known))
    if unknown:
        call.refuse_if_strict(f"{where} does not know {', '.join(unknown)}")
