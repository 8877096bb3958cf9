"""Writes the JSON of bodies: compact UTF-8, by msgspec's encoder. What JSON cannot hold is refused, and never replaced.

Bodies that the library builds consist of plain JSON types. What users give in their own words (the body of a request by
hand, an object of free keys) passes `convert_to_plain` first, so that the encoder does not meet other types.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import msgspec
import pydantic_core


def encode_json(value: Any) -> bytes:
    """The JSON text of a value. Raises `ValueError` with a sentence that says what cannot be written."""
    try:
        encoded = ENCODER.encode(value)
    except UnicodeEncodeError as error:
        half = error.object[error.start : error.end]
        raise ValueError(f"a text contains {half!r}, half of a surrogate pair, which UTF-8 has no bytes for") from None
    except RecursionError:
        raise ValueError("the body is nested too deeply, or contains itself") from None
    except TypeError as error:
        raise ValueError(f"the body is no plain JSON: {error}") from None
    if b"null" in encoded:  # msgspec writes that for what is no number, too
        refuse_non_finite(value)
    return encoded


def convert_to_plain(value: Any) -> Any:
    """The value in plain JSON types: dates, models, sets and the like as pydantic writes them. Raises `ValueError`."""
    plain = pydantic_core.to_jsonable_python(value)
    refuse_non_finite(plain)
    return plain


def refuse_non_finite(value: Any, path: str = "") -> None:
    """Raise `ValueError` for `nan` and infinities, with their place in the body."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{path or 'the body'} is {value}, and JSON has finite numbers only")
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list | tuple):
        inner = enumerate(value)
    for key, item in inner:
        refuse_non_finite(item, f"{path}.{key}" if path else str(key))


def _encode_other(value: Any) -> Any:
    """Encode what msgspec does not know, such as an `Option`, which is a text."""
    if type(value) in VALUES_ONLY:
        raise TypeError(f"the keys of objects are texts, not {value!r}")
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else convert_to_plain(value)


VALUES_ONLY = (type(None), bool, tuple, frozenset)  # the encoder knows them, but as keys it does not
ENCODER = msgspec.json.Encoder(enc_hook=_encode_other)
