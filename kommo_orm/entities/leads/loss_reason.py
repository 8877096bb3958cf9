"""Loss reasons: why leads are lost."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from typing_extensions import TypeVar

from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.model.attr import Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.query.manager import Manager, require_class

if TYPE_CHECKING:
    pass

R = TypeVar("R", bound="LossReason", default="LossReason", covariant=True)


class LossReasonQuery(DeletableQuery[R]):
    """All loss reasons: Kommo neither filters nor pages them."""

    def create(self, name: str, *, sort: int | None = None) -> R:
        """Create a loss reason."""
        return self._create_object({"name": name, **({"sort": sort} if sort is not None else {})})

    async def acreate(self, name: str, *, sort: int | None = None) -> R:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, **({"sort": sort} if sort is not None else {})})


class LossReasonManager(Manager):
    """`LossReason.objects`."""

    def __get__(self, instance: None, owner: type[R]) -> LossReasonQuery[R]:
        return LossReasonQuery(require_class(instance, owner))


class LossReason(Deletable):
    """A loss reason.

    Example:
        >>> LossReason.objects.create("Too expensive")

    Source: Kommo API v4, "Loss reasons".
    """

    __kommo_info__ = EntityInfo(kind="loss_reasons", required=("name",), has_custom_fields=False)

    name: Plain[str] = field()
    sort: Plain[int] = field()
    created_at: ReadOnly[datetime] = field()
    updated_at: ReadOnly[datetime] = field()

    objects = LossReasonManager()


register_class("loss_reasons", LossReason)
__all__ = ["LossReason", "LossReasonQuery"]
