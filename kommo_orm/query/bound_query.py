"""`BoundQuery`: all that a query asks, frozen, with the account and the session that it is asked in."""

from __future__ import annotations

from dataclasses import dataclass

from kommo_orm.interface.connection import Connection
from kommo_orm.model.condition import Condition
from kommo_orm.model.instance_state import Unit
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.model.relation_descriptors import Related, RelatedOne


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """A query that can be executed: its values are still the user's own (`query_compiler.py` encodes them)."""

    model: type[Model]
    connection: Connection
    conditions: tuple[Condition, ...] = ()
    order: tuple[str, bool] | None = None  # the field and whether it is descending
    has_own_order: bool = False  # whether the user names the order
    search: str | None = None
    includes: tuple[str, ...] = ()
    deleted: bool = False
    parent: Parent | None = None
    limit: int | None = None
    unit: Unit | None = None
    for_writing: bool = False  # every row must be verified, or none is written
    home: type[Model] | None = None  # the class whose parent, found by name, is the parent of this list

    @property
    def kind(self) -> str:
        """The kind of entity, as dialects know it."""
        return self.model.__kommo_info__.kind

    @property
    def size(self) -> int:
        """How many rows a page is asked for."""
        most = min(self.connection.page_size, self.connection.dialect.capabilities(self.kind).page_size)
        return max(1, min(most, self.limit)) if self.limit is not None else most

    @property
    def relations(self) -> tuple[str, ...]:
        """Those includes that bring objects of other kinds, in requests of their own."""
        attached = self.model.__kommo_info__.attached
        return tuple(name for name in self.includes if isinstance(attached.get(name), Related | RelatedOne))
