"""The request of a list of rows, before a dialect makes a call of it."""

from __future__ import annotations

from dataclasses import dataclass

from kommo_orm.interface.term import Term
from kommo_orm.model.parent import Parent


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """One list of rows of one kind, in wire values."""

    kind: str
    parent: Parent | None = None
    terms: tuple[Term, ...] = ()
    order: tuple[str, bool] | None = None  # the field and whether it is descending
    search: str | None = None
    includes: frozenset[str] = frozenset()
    deleted: bool = False
