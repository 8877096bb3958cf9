"""The embedded part of a row. PHP writes an object without keys as an empty list: such a row embeds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


def read_embedded(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the embedded object of a row; None where the row has no such key."""
    found = (row or {}).get("_embedded")
    if isinstance(found, dict):
        return cast("dict[str, Any]", found)
    return {} if isinstance(found, list) and not found else None


def embeds_nothing(row: Mapping[str, Any] | None) -> bool:
    """Whether a row embeds nothing. Then it has no tags either, which others carry unasked."""
    return read_embedded(row) == {}
