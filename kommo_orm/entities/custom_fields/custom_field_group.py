"""Groups of custom fields: the tabs of a card. Their ids are texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.custom_fields.definitions_query import (
    DefinitionsQuery,
    forget_definitions,
    get_definition_parent,
)
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.entities.shared.text_id_query import TextIdQuery
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.parent import Parent
from kommo_orm.query.manager import Manager, require_class

if TYPE_CHECKING:
    pass

G = TypeVar("G", bound="CustomFieldGroup", default="CustomFieldGroup", covariant=True)


class GroupOptions(TypedDict, total=False):
    """Values of a new group beside its name: its place, and the ids of fields that move into it."""

    sort: int
    fields: Iterable[int]


class CustomFieldGroupQuery(TextIdQuery[G], DefinitionsQuery[G], DeletableQuery[G]):  # pyright: ignore[reportIncompatibleMethodOverride]
    """All groups of one entity: Kommo neither filters nor pages them."""

    def create(self, name: str, **options: Unpack[GroupOptions]) -> G:
        """Create a group.

        Example:
            >>> CustomFieldGroup.objects.of(Contact).create("Passport", fields=[9110, 9111])
        """
        return self._create_object({"name": name, **options})

    async def acreate(self, name: str, **options: Unpack[GroupOptions]) -> G:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, **options})


class CustomFieldGroupManager(Manager):
    """`CustomFieldGroup.objects`."""

    def __get__(self, instance: None, owner: type[G]) -> CustomFieldGroupQuery[G]:
        return CustomFieldGroupQuery(require_class(instance, owner))


class CustomFieldGroup(Deletable):
    """A group of custom fields. Writing `fields` moves these fields into it; predefined groups cannot be deleted.

    Example:
        >>> CustomFieldGroup.objects.of(Lead).get("leads_77001").fields
        [9101, 9102]

    Source: Kommo API v4, "Groups of custom fields".
    """

    __kommo_info__ = EntityInfo(
        kind="custom_field_groups",
        required=("name",),
        id_type=str,
        unique_within=("entity_type", "catalog_id"),
        has_custom_fields=False,
    )

    id: Attr[str, str, Unfilterable[Any]] = field(writable="")  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
    entity_type: Attr[str, str] = field(place=True)
    catalog_id: Attr[int | None, int] = field(place=True)
    name: Plain[str] = field()
    sort: Plain[int] = field()
    type: ReadOnly[str] = field()
    is_predefined: ReadOnly[bool] = field()
    fields: Attr[list[int], Iterable[int], Unfilterable[Any]] = field()

    objects = CustomFieldGroupManager()

    if TYPE_CHECKING:

        @property
        def pk(self) -> str | None: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]

    def _get_parent(self) -> Parent | None:
        return get_definition_parent(self)

    def _after_write(self, row: dict[str, Any]) -> None:
        forget_definitions(self)


register_class("custom_field_groups", CustomFieldGroup)
__all__ = ["CustomFieldGroup", "CustomFieldGroupQuery"]
