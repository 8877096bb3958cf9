"""Stages of customers (Kommo: statuses), in accounts with customers by periods of purchase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.pipelines.status import COLOR, StatusColor
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.errors import ConfigurationError
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

S = TypeVar("S", bound="CustomerStatus", default="CustomerStatus", covariant=True)


class CustomerStatusOptions(TypedDict, total=False):
    """Values of a new stage beside its name and place."""

    color: StatusColor


class CustomerStatusQuery(DeletableQuery[S]):
    """All stages of customers: Kommo neither filters nor pages them."""

    def create(self, name: str, *, sort: int, **options: Unpack[CustomerStatusOptions]) -> S:
        """Add a stage; `sort` places it among the others. An account has at most thirty.

        Example:
            >>> CustomerStatus.objects.create("Waiting for delivery", sort=40, color="#98cbff")
        """
        return self._create_object({"name": name, "sort": sort, **options})

    async def acreate(self, name: str, *, sort: int, **options: Unpack[CustomerStatusOptions]) -> S:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, "sort": sort, **options})


class CustomerStatusManager(Manager):
    """`CustomerStatus.objects`."""

    def __get__(self, instance: None, owner: type[S]) -> CustomerStatusQuery[S]:
        return CustomerStatusQuery(require_class(instance, owner))


class CustomerStatus(Deletable):
    """A stage of customers. Kommo's own ones (`is_default`) cannot be deleted; writing is for administrators.

    `type` is 0 for an ordinary stage; the other numbers are Kommo's own stages (expected to buy, did not buy, closed,
    recently bought), whose meaning the documentation gives in two ways.

    Example:
        >>> sorted(status.name for status in CustomerStatus.objects)
        ['Did not buy', 'Expected to buy', 'Recently bought']

    Source: Kommo API v4, "Statuses of customers".
    """

    __kommo_info__ = EntityInfo(kind="customer_statuses", required=("name", "sort"), has_custom_fields=False)

    name: Plain[str] = field()
    sort: Plain[int] = field()
    color: Attr[str, StatusColor, Unfilterable[Any]] = field(codec=COLOR)
    type: ReadOnly[int] = field()
    is_default: ReadOnly[bool] = field()
    conditions: ReadOnly[Any | None] = field()
    account_id: ReadOnly[int] = field()

    objects = CustomerStatusManager()

    def delete(self, *, using: Any = None) -> None:
        """Delete the stage.

        Raises:
            ConfigurationError: a stage of Kommo's own. BadRequest: the service keeps it.
        """
        refuse_default(self)
        super().delete(using=using)

    async def adelete(self, *, using: Any = None) -> None:
        """`delete()` for async code."""
        refuse_default(self)
        await super().adelete(using=using)


def refuse_default(status: Model) -> None:
    if getattr(cast("CustomerStatus", status), "is_default", False):
        raise ConfigurationError(f"{describe(status)} is one of Kommo's own stages: it cannot be deleted")


register_class("customer_statuses", CustomerStatus)
__all__ = ["CustomerStatus", "CustomerStatusQuery"]
