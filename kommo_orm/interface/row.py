"""One row of the service in its canonical shape: core fields by name, `custom_fields_values` and `_embedded`, as in API v4."""

from __future__ import annotations

from typing import Any, TypeAlias

from kommo_orm.model.instance_state import Row

MutableRow: TypeAlias = dict[str, Any]
"""A row that a dialect is making. What it hands over is only read."""

__all__ = ["MutableRow", "Row"]
