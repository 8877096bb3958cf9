"""JSON in and out: the quickest parser that is installed, and one writer for Kommo's bodies."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pydantic_core

LARGE = 50_000  # bytes from which on the collector's passes over half-built rows cost more than they could find


def parse_with_pydantic(content: bytes) -> Any:
    return pydantic_core.from_json(content, cache_strings="keys")


def _choose_parser() -> Callable[[bytes], Any]:
    try:
        import orjson
    except ImportError:  # the `fast` extra is not installed
        return parse_with_pydantic
    return orjson.loads


_parse: Callable[[bytes], Any] = _choose_parser()


def parse_json(content: bytes) -> Any:
    """The value of a JSON text. Raises `ValueError`.

    Parsing a page makes thousands of containers and no garbage: the cyclic collector waits until it is done.
    """
    if len(content) < LARGE or not gc.isenabled():
        return _parse(content)
    gc.disable()
    try:
        return _parse(content)
    finally:
        gc.enable()


def encode_json(value: Any) -> bytes:
    """Compact UTF-8. Values are already encoded for the wire: only plain JSON types arrive here."""
    return pydantic_core.to_json(value)
