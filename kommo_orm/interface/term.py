"""One condition of a list request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kommo_orm.model.condition import Operator


@dataclass(frozen=True, slots=True)
class Term:
    """A condition in wire values: a core field by name, or a custom field by id. `value` is a scalar or a tuple."""

    name: str
    op: Operator
    value: Any
    field_id: int | None = None
