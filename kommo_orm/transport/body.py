"""JSON in and out: the quickest parser that is installed, and one writer that knows what Kommo's bodies hold."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pydantic_core


def _loads(content: bytes) -> Any:
    return pydantic_core.from_json(content, cache_strings="keys")


loads: Callable[[bytes], Any] = _loads

with suppress(ImportError):  # the `fast` extra
    import orjson

    loads = orjson.loads


def dumps(value: Any) -> bytes:
    """Compact UTF-8. Values are already encoded for the wire: only plain JSON types arrive here."""
    return pydantic_core.to_json(value)
