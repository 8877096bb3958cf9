"""A contact, a company or a list element that an element of a list points to."""

from __future__ import annotations

from typing import Any

from kommo_orm.fields.compound_kinds import OneKind
from kommo_orm.fields.compound_value import Value, Whole, Words, part
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.kind import register_kind


class LinkedValue(Value):
    """What a field points to: an entity by id and type (with `catalog_id` for an element of a list), or just a name.

    Where there is an id, the name is Kommo's to show: it is not sent, and does not count in comparisons.

    Example:
        >>> LinkedValue(entity_id=40, entity_type="contacts")

    Source: Kommo API v4, "Custom field values".
    """

    entity_id: Whole = part()
    entity_type: Words = part()
    catalog_id: Whole = part()
    name: Words = part()

    def parts(self) -> dict[str, Any]:
        given = super().parts()
        if "entity_id" not in given:
            return {name: value for name, value in given.items() if name == "name"}
        return {name: value for name, value in given.items() if name != "name"}

    def check_parts(self) -> None:
        if self.entity_id is not None and not self.entity_type:
            raise ValueError(f"a link with an entity_id needs its entity_type, such as 'contacts', got {self!r}")
        if self.entity_id is not None and self.entity_type == "catalog_elements" and self.catalog_id is None:
            raise ValueError(f"a link to an element of a list needs its catalog_id, got {self!r}")
        if self.entity_id is None and not self.name:
            raise ValueError(f"a link needs an entity_id with its entity_type, or a name, got {self!r}")


class LinkedEntityKind(OneKind[LinkedValue]):
    types = ("linked_entity",)
    value = LinkedValue

    def same(self, one: Any, other: Any) -> bool:
        """A link that was made by its name has got an id when it is read again."""
        if isinstance(one, LinkedValue) and isinstance(other, LinkedValue) and None in (one.entity_id, other.entity_id):
            return one.name is not None and one.name == other.name
        return bool(one == other)


class LinkedEntity(CustomAttr[LinkedValue | None, LinkedValue | None, Unfilterable[LinkedValue | None]]):
    """A contact, a company or an element of a list that an element points to, a `LinkedValue`.

    Example:
        >>> class Car(CatalogElement, catalog="Cars"):
        ...     driver: LinkedEntity = custom(561)
        >>> car.driver = LinkedValue(entity_id=40, entity_type="contacts")

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = LinkedEntityKind()


register_kind(LinkedEntity.kind)


__all__ = ["LinkedEntity", "LinkedValue"]
