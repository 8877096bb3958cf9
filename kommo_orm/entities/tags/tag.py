"""The directory of tags: one list for each kind of entity. Tags of an object are `lead.tags`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.shared.color import make_color_codec
from kommo_orm.entities.shared.entity import Editable
from kommo_orm.entities.shared.parent_query import require_parent_key
from kommo_orm.errors import ConfigurationError
from kommo_orm.model.attr import Attr, Found, Plain
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Condition
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_values import get_values
from kommo_orm.model.parent import Parent
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.query.query import Query
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

G = TypeVar("G", bound="Tag", default="Tag", covariant=True)


COLORS: tuple[str, ...] = (
    "EBEBEB", "D0D0D0", "F2DDF7", "D1A4DC", "FF8F92", "FFC8C8", "C7DB8C", "DDEBB5", "8699DA", "AABDFF", "FFCE5A", "FFE193",
    "90CDB0", "C6F4DE", "A9A5D7", "D8D5FF", "86C0FC", "832161", "6A0F49", "0C7C59", "10599D", "9D2B32", "247BA0",
)  # fmt: skip
"""The colours that a tag can be given; others can be read."""


COLOR = make_color_codec(COLORS, "tag", str.upper)


class TagFilters(TypedDict, total=False):
    """Filters of tags. Source: Kommo API v4, "Tags"."""

    id: int
    id__in: Iterable[int]
    name: str


class TagQuery(Query[G]):
    """A query of the tags of one kind of entity: `Tag.objects.of(Lead)`."""

    _filters = TagFilters
    _is_searchable = True
    _parent_kinds = ("leads", "contacts", "companies", "customers")
    _needs_parent = True

    def of(self, entity: type[Model]) -> Self:
        """The tags of a kind of entity, given by its class: `Tag.objects.of(Contact)`."""
        return self._set_parent(entity)

    def filter(self, *conditions: Condition, **lookups: Unpack[TagFilters]) -> Self:
        """Tags for which all conditions hold."""
        return self._add_conditions(conditions, lookups)

    def create(self, name: str, *, color: str | None = None) -> G:
        """Create a tag; only tags of leads have colours (six hex digits without `#`)."""
        return self._create_object({"name": name, **({"color": color} if color is not None else {})})

    async def acreate(self, name: str, *, color: str | None = None) -> G:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, **({"color": color} if color is not None else {})})

    def _adopt_object(self, model: Model) -> None:
        if self._parent is not None:
            get_values(model)["entity_type"] = self._parent.kind


class TagManager(Manager):
    """`Tag.objects`."""

    def __get__(self, instance: None, owner: type[G]) -> TagQuery[G]:
        return TagQuery(require_class(instance, owner))


class Tag(Editable):
    """A tag. Its name is unique within its kind of entity. Only tags of leads can be renamed and recoloured.

    Example:
        >>> Tag.objects.of(Lead).create("vip", color="FFCE5A")

    Source: Kommo API v4, "Tags".
    """

    __kommo_info__ = EntityInfo(kind="tags", required=("name",), has_custom_fields=False)

    name: Found[str] = field()
    color: Plain[str | None] = field(codec=COLOR)
    entity_type: Attr[str, str] = field(place=True)

    objects = TagManager()

    def _get_parent(self) -> Parent | None:
        kind = require_parent_key(self, "entity_type")
        return Parent(kind) if kind is not None else None

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        if creating and require_parent_key(self, "entity_type") is None:
            raise ConfigurationError(
                f"{describe(self)} needs its entity, such as {type(self).__name__}.objects.of(Lead)"
            )
        kind = require_parent_key(self, "entity_type")
        if not creating and kind != "leads":
            raise ConfigurationError(f"{describe(self)}: only tags of leads can be changed, those of {kind} cannot")
        if body.get("color") is not None and kind != "leads":
            raise ConfigurationError(f"{describe(self)}: only tags of leads have colours, those of {kind} have none")
        return body


register_class("tags", Tag)
__all__ = ["Tag", "TagQuery"]
