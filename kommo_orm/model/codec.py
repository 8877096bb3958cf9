"""How plain values of core fields are read, checked and written, one codec a Python type.

`clean` takes what a user gives (strict, a sentence on refusal), `decode` what the service sends (lenient: PHP's numeric
strings, `false` and `0` for "none"), `encode` makes the wire form. All raise `ValueError` and know no field: the callers
name it. Source: Kommo API v4, "model hints" of the core entities.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar, cast

from pydantic import SecretStr

from kommo_orm.model.close_names import find_close_names
from kommo_orm.model.iterable_input import is_iterable_input
from kommo_orm.transport.json_encoder import convert_to_plain

T = TypeVar("T")


class Codec(Generic[T]):
    """The three directions of a value, the Python type it ends as, and how two values are compared."""

    def __init__(
        self,
        python: Any,
        clean: Callable[[Any], T],
        decode: Callable[[Any], T],
        encode: Callable[[T], Any],
        *,
        mutable: bool = False,
        zero_is_none: bool = False,
        empty: Callable[[], T] | None = None,
    ) -> None:
        self.python, self.clean, self.decode, self.encode = python, clean, decode, encode
        self.mutable, self.zero_is_none = mutable, zero_is_none
        self.empty = empty  # makes the value that null reads as, where None is not allowed: an empty list

    def __repr__(self) -> str:
        return f"<codec of {getattr(self.python, '__name__', self.python)}>"


def make_value_error(expected: str, value: object) -> ValueError:
    return ValueError(f"expected {expected}, got {value!r} ({type(value).__name__})")


def validate_iterable(given: Any, what: str) -> list[Any]:
    """Return the values given. Raises `ValueError` for one value in place of several."""
    if not is_iterable_input(given):
        raise make_value_error(f"several {what}, such as a list", given)
    return list(given)


def clean_int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise make_value_error("a whole number", value)
    return int(value)


def decode_int(raw: Any) -> int:
    if type(raw) is int:
        return raw
    if isinstance(raw, str | float | bool | Decimal):
        if isinstance(raw, float | Decimal) and not math.isfinite(raw):
            raise make_value_error("a whole number", raw)
        number = int(raw)
        if isinstance(raw, float | Decimal) and number != raw:
            raise make_value_error("a whole number", raw)
        return number
    raise make_value_error("a whole number", raw)


def clean_str(value: Any) -> str:
    if not isinstance(value, str):
        raise make_value_error("text", value)
    return value


def decode_str(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise make_value_error("text", raw)
    return str(raw)


def clean_bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise make_value_error("True or False", value)
    return value


FLAGS = {
    "1": True,
    "0": False,
    "true": True,
    "false": False,
    "": False,
    "y": True,
    "n": False,
    "yes": True,
    "no": False,
}


def decode_bool(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int | float):
        return bool(raw)
    if isinstance(raw, str) and raw.lower() in FLAGS:
        return FLAGS[raw.lower()]
    raise make_value_error("True or False", raw)


def clean_datetime(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise make_value_error("an aware datetime", value)
    if value.tzinfo is None or value.utcoffset() is None:
        raise ValueError(
            f"{value!r} has no time zone; write datetime.now(timezone.utc) or attach a zone, so that the moment is certain"
        )
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{value!r} lies beyond the years that UTC has here, 1 to 9999") from None


def decode_datetime(raw: Any) -> datetime:
    if isinstance(raw, str) and not raw.lstrip("-").isdigit():
        moment = datetime.fromisoformat(raw)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return datetime.fromtimestamp(decode_int(raw), UTC)


def encode_datetime(value: datetime) -> int:
    return math.floor(value.timestamp())


def clean_decimal(value: Any) -> Decimal:
    if type(value) is int:
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise make_value_error("a number", value)
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise make_value_error("a finite number", value)
    return number


def decode_decimal(raw: Any) -> Decimal:
    if isinstance(raw, str):
        try:
            return Decimal(raw.replace(" ", "").replace(",", "."))
        except InvalidOperation:
            raise make_value_error("a number", raw) from None
    if isinstance(raw, bool) or (isinstance(raw, float) and raw.is_integer()):
        return Decimal(int(raw))
    return clean_decimal(raw)


def encode_decimal(value: Decimal) -> int | float:
    """A JSON number. Refuses what a float would round: money must arrive as it was written."""
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    if Decimal(repr(number)) != value:
        raise ValueError(f"{value} has more digits than a JSON number can carry exactly")
    return number


def clean_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise make_value_error("an object (a dict)", value)
    return copy.deepcopy(cast("dict[str, Any]", value))


def decode_object(raw: Any) -> dict[str, Any]:
    """PHP writes an empty object as an empty list, or says that there is none."""
    is_empty = raw is None or raw is False or (isinstance(raw, str | list) and not raw)
    return {} if is_empty else clean_object(raw)


def keep_value(value: Any) -> Any:
    return value


def parse_list(raw: Any) -> list[Any]:
    """PHP's lists: a list, an object keyed by index, or an empty value of any kind."""
    if isinstance(raw, dict):
        return list(keep_value(raw).values())
    return list(keep_value(raw)) if isinstance(raw, list) else []


def make_list_codec(item: Codec[Any]) -> Codec[list[Any]]:
    """The codec of a list of such values; null reads as an empty list."""

    def clean_items(values: Any) -> list[Any]:
        if not is_iterable_input(values):
            raise make_value_error("several values", values)
        return [item.clean(value) for value in keep_value(values)]

    def decode_items(raw: Any) -> list[Any]:
        return [item.decode(value) for value in parse_list(raw)]

    def encode_items(values: list[Any]) -> list[Any]:
        return [item.encode(value) for value in values]

    return Codec(list, clean_items, decode_items, encode_items, mutable=True, empty=list[Any])


def make_choice_codec(item: Codec[T], able: Sequence[Any]) -> Codec[T]:
    """Return a codec that refuses values outside of `able` when a user sets them. Any value of the service is read."""

    def clean_choice(value: Any) -> T:
        chosen = item.clean(value)
        if chosen not in able:
            close = find_close_names(str(chosen), [str(one) for one in able])
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"expected one of {', '.join(map(repr, able))}, got {value!r}{hint}")
        return chosen

    return Codec(
        item.python,
        clean_choice,
        item.decode,
        item.encode,
        mutable=item.mutable,
        zero_is_none=item.zero_is_none,
        empty=item.empty,
    )


def clean_secret(value: Any) -> SecretStr:
    return value if isinstance(value, SecretStr) else SecretStr(clean_str(value))


def clean_id(value: Any) -> int:
    if (number := clean_int(value)) <= 0:
        raise ValueError(f"an id is a positive whole number, not {number}; leave it out to make a new object")
    return number


def clean_int_or_str(value: Any) -> int | str:
    return value if isinstance(value, str) else clean_int(value)


def decode_int_or_str(raw: Any) -> int | str:
    return raw if isinstance(raw, str) else decode_int(raw)


INT = Codec(int, clean_int, decode_int, int)
ID = Codec(int, clean_id, decode_int, int)
STR = Codec(str, clean_str, decode_str, str)
BOOL = Codec(bool, clean_bool, decode_bool, bool)
DATETIME = Codec(datetime, clean_datetime, decode_datetime, encode_datetime, zero_is_none=True)
DECIMAL = Codec(Decimal, clean_decimal, decode_decimal, encode_decimal)
SECRET = Codec(SecretStr, clean_secret, clean_secret, SecretStr.get_secret_value)
ANYTHING: Codec[Any] = Codec(object, keep_value, keep_value, convert_to_plain, mutable=True)

OBJECT = Codec(dict[str, Any], clean_object, decode_object, convert_to_plain, mutable=True, empty=dict[str, Any])

BY_TYPE: dict[Any, Codec[Any]] = {
    int: INT,
    str: STR,
    bool: BOOL,
    datetime: DATETIME,
    Decimal: DECIMAL,
    SecretStr: SECRET,
    int | str: Codec(int | str, clean_int_or_str, decode_int_or_str, keep_value),
    Any: ANYTHING,
    dict[str, Any]: OBJECT,
}
