"""What a row embeds. PHP writes an object without keys as an empty list: such a row says that it embeds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


def read_embedded(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The embedded object of a row; None where the row does not speak of it."""
    found = (row or {}).get("_embedded")
    if isinstance(found, dict):
        return cast("dict[str, Any]", found)
    return {} if isinstance(found, list) and not found else None


def embeds_nothing(row: Mapping[str, Any] | None) -> bool:
    """Whether a row says so: then it lacks even what comes unasked, its tags."""
    return read_embedded(row) == {}
