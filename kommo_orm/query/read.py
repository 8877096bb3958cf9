"""What is asked of the service, as plain values: a dialect compiles a `Read`, a test compares it, a log line prints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kommo_orm.model.condition import Operator
from kommo_orm.model.parent import Parent

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Term:
    """One condition in wire values: a core field by name, or a custom field by id. `value` is a scalar or a tuple."""

    name: str
    op: Operator
    value: Any
    field_id: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """One list of rows of one kind."""

    kind: str
    parent: Parent | None = None
    terms: tuple[Term, ...] = ()
    order: tuple[str, bool] | None = None  # the field and whether it is descending
    search: str | None = None
    includes: frozenset[str] = frozenset()
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one answer. `last` when the service names no further page; `seconds` is how long the answer took."""

    rows: list[Row]
    last: bool
    seconds: float = 0.0
