"""Values of calls that Kommo restricts, for calls, notes of calls and incoming leads.

Source: Kommo API v4, "Calls".
"""

from __future__ import annotations

from typing import Any

from kommo_orm.model.codec import (
    Codec,
    clean_int,
    clean_int_or_str,
    clean_str,
    decode_int,
    decode_int_or_str,
    decode_str,
)

DIRECTIONS = ("inbound", "outbound")
STATUSES = range(1, 9)


def clean_direction(value: Any) -> str:
    if value not in DIRECTIONS:
        raise ValueError(f"a call is 'inbound' or 'outbound', not {value!r}")
    return clean_str(value)


def clean_duration(value: Any) -> int:
    seconds = clean_int(value)
    if seconds < 0:
        raise ValueError(f"a call lasts 0 seconds or more, not {seconds}")
    return seconds


def clean_phone(value: Any) -> str:
    number = clean_str(value)
    if not any(map(str.isdigit, number)):
        raise ValueError(f"Kommo finds whom a call is about by the digits of the number; {number!r} has none")
    return number


def clean_status(value: Any) -> int:
    number = clean_int(value)
    if number not in STATUSES:
        raise ValueError(f"the status of a call is from 1 (left a message) to 8 (not known), not {number}")
    return number


DIRECTION = Codec(str, clean_direction, decode_str, str)
DURATION = Codec(int, clean_duration, decode_int, int)
PHONE = Codec(str, clean_phone, decode_str, str)
STATUS = Codec(int, clean_status, decode_int, int)
RESPONSIBLE: Codec[Any] = Codec(object, clean_int_or_str, decode_int_or_str, lambda value: value)
