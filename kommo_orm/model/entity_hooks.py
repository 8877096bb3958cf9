"""`EntityHooks`: the steps of reading and writing that an entity may do in its own way.

Each method has a default that suits an ordinary entity. Queries and flushes call them; an entity's file overrides what
Kommo does differently there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from kommo_orm.transport.flow import Flow

if TYPE_CHECKING:
    from kommo_orm.model.entity_info import EntityInfo
    from kommo_orm.model.instance_state import Row
    from kommo_orm.model.parent import Parent


class EntityHooks:
    """Base of `Model` with the default of every hook."""

    __slots__ = ()

    if TYPE_CHECKING:
        __kommo_info__: ClassVar[EntityInfo]

    # ---- constructing
    def _derive_values(self) -> None:
        """Set what follows from the values that a new object was given: the type of a note, from its params."""

    # ---- where a row lives
    def _get_parent(self) -> Parent | None:
        """Return the row that stands before this one in its address: the lead of a note.

        Raises `ConfigurationError` where it must be known and is not.
        """
        return None

    @classmethod
    def _find_class_parent(cls, connection: Any) -> Flow[Parent | None]:
        """Find the row that all rows of the class live under: the list of a `CatalogElement` that names its list.

        `connection` is the account; models know no type that could name its dialect.
        """
        return None
        yield  # a flow that yields nothing

    def _assign_parent(self, connection: Any) -> Flow[None]:
        """Find the row that this object lives under, and set its id, before the object is encoded."""
        return
        yield  # a flow that yields nothing

    def _get_definitions_kind(self) -> str:
        """Return the kind under which the account keeps the definitions of this object's custom fields."""
        return self.__kommo_info__.kind

    # ---- writing
    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        """Return the body that is sent, from the one that the changes make."""
        return body

    def _build_delete_body(self) -> dict[str, Any]:
        """Return what a deletion names the row by, beside its id."""
        return {}

    def _after_write(self, row: dict[str, Any]) -> None:
        """Take note of a write. `row` is the answer; it is empty after a deletion."""

    # ---- reading
    @classmethod
    def _is_listed_by_id(cls) -> bool:
        """Whether Kommo lists the rows of several ids in one request."""
        return False

    def _complete_row(self, row: Row) -> Row:
        """Return a new row of this object, completed by what Kommo says only once."""
        return row

    def _after_nested_id(self) -> None:
        """Take note that an object which was created inside of this one has its id."""
