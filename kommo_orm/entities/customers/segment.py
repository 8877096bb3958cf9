"""Segments: groups of customers, in accounts with customers by segments. They have their own custom fields."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.shared.color import make_color_codec
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Assignment, Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.unit.report import Report

if TYPE_CHECKING:
    pass

S = TypeVar("S", bound="Segment", default="Segment", covariant=True)

SegmentColor = Literal[
    "10599d", "2176ff", "006acc", "07a0c3", "247ba0", "177e89", "046e8f", "598381", "0c7c59", "495f41", "00a44b",
    "08605f", "bf2600", "06d6a0", "e14945", "79b473", "ae003f", "a2ad59", "cd0f53", "8e936d", "832161", "2e5339",
    "bf126f", "6f7c12", "ff5376", "dd1c1a", "bb304e", "631d76", "9d2b32", "4a001f", "b118c8", "6a0f49", "6610f2",
    "b38a58", "8963ba", "4b3666", "932f6d", "6b2d5c", "6461a0", "4f517d",
]  # fmt: skip
"""The colours that can be given to a segment, without `#`; others can be read."""


COLOR = make_color_codec(get_args(SegmentColor), "segment", lambda color: color.removeprefix("#").lower())


class SegmentOptions(TypedDict, total=False):
    """Values of a segment beside its name. Custom fields of a subclass are given to its constructor."""

    color: SegmentColor
    available_products_price_types: Iterable[int]


class SegmentChanges(SegmentOptions, total=False):
    """Values that many segments can be given at once, one request each."""

    name: str


class SegmentQuery(DeletableQuery[S]):
    """All segments: Kommo does not filter them. A write takes one request a segment."""

    def create(self, name: str, **options: Unpack[SegmentOptions]) -> S:
        """Create a segment. An account has at most a hundred.

        Example:
            >>> Segment.objects.create("Regulars", color="2176ff")
        """
        return self._create_object({"name": name, **options})

    async def acreate(self, name: str, **options: Unpack[SegmentOptions]) -> S:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, **options})

    def update(self, *assignments: Assignment, **values: Unpack[SegmentChanges]) -> Report:
        """Give all segments the same values, one request each."""
        return self._update_rows(assignments, values)

    async def aupdate(self, *assignments: Assignment, **values: Unpack[SegmentChanges]) -> Report:
        """`update()` for async code."""
        return await self._aupdate_rows(assignments, values)


class SegmentManager(Manager):
    """`Segment.objects`."""

    def __get__(self, instance: None, owner: type[S]) -> SegmentQuery[S]:
        return SegmentQuery(require_class(instance, owner))


class Segment(Deletable):
    """A segment of customers. Writing is for administrators.

    `available_products_price_types` are ids of the price fields of the products list that its customers may buy by.

    Example:
        >>> class Club(Segment):
        ...     discount: Number = custom(name="Discount")
        >>> Club(name="Regulars", discount=5).save()
        >>> customer.segments.add(Club.objects.get(51))

    Source: Kommo API v4, "Segments of customers".
    """

    __kommo_info__ = EntityInfo(kind="segments", required=("name",))

    name: Plain[str] = field()
    color: Attr[str | None, SegmentColor, Unfilterable[Any]] = field(codec=COLOR)
    available_products_price_types: Attr[list[int], Iterable[int], Unfilterable[Any]] = field()
    customers_count: ReadOnly[int | None] = field()
    created_at: ReadOnly[datetime] = field()
    updated_at: ReadOnly[datetime] = field()
    account_id: ReadOnly[int] = field()

    objects = SegmentManager()


register_class("segments", Segment)
__all__ = ["Segment", "SegmentQuery"]
