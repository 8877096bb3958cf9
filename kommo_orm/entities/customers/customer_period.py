"""Periods of customers: the days until the next expected purchase, and a colour for each period."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typing_extensions import TypeVar

from kommo_orm.entities.customers.amounts import DAYS
from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.find_in_list import find_in_list
from kommo_orm.errors import QueryError
from kommo_orm.interface.action import Action
from kommo_orm.model.attr import Attr, Plain
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.model import Model
from kommo_orm.query.arguments import validate_pk
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.execution import stream_objects
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.query.query import Query
from kommo_orm.transport.flow import Flow, collect_values
from kommo_orm.unit.report import describe

P = TypeVar("P", bound="CustomerPeriod", default="CustomerPeriod", covariant=True)
Q = TypeVar("Q", bound="CustomerPeriod")

KIND = "customer_periods"
WRITTEN = ("id", "period", "color", "sort")


class CustomerPeriodQuery(Query[P]):
    """All periods of the account: Kommo neither filters nor orders them, and writes them all together."""

    def replace(self, periods: Iterable[Q]) -> list[Q]:
        """Make these the account's periods. Returns them, as they are stored.

        Kommo takes the whole list and no single one: read, change and give them all. Stored ones keep their ids; one that
        is left out goes.

        Args:
            periods: new and stored ones, at least one. Without a `sort` they stand in the order that is given.

        Raises:
            QueryError: no period at all, or one without its days. BadRequest: the service refused them.
            UncertainWrite: the answer was lost, and there were new ones among them: look before you give them again.

        Example:
            >>> periods = CustomerPeriod.objects.list()
            >>> periods[0].period = 45
            >>> CustomerPeriod.objects.replace([*periods, CustomerPeriod(period=90, color="#98cbff")])

        Source: Kommo API v2, "Customers", periods.
        """
        request, sent = self._prepare_replace(periods)
        found: list[Any] = request.connection.run(replace_periods(request, sent))
        return found

    async def areplace(self, periods: Iterable[Q]) -> list[Q]:
        """`replace()` for async code."""
        request, sent = self._prepare_replace(periods)
        found: list[Any] = await request.connection.arun(replace_periods(request, sent))
        return found

    def _prepare_replace(self, periods: Iterable[Any]) -> tuple[BoundQuery, list[dict[str, Any]]]:
        return self._copy_with(_limit=None, _whole=True)._bind(), [
            build_period_body(place, one) for place, one in enumerate(periods)
        ]

    def _read_by_id(self, pk: Any) -> Flow[Model]:
        return find_in_list(self._copy_with(_limit=None)._bind(), validate_pk(pk))


def build_period_body(place: int, period: Any) -> dict[str, Any]:
    """The body of one period, with all of its values."""
    if not isinstance(period, CustomerPeriod):
        raise QueryError(f"The account's periods are CustomerPeriod objects, not {period!r}")
    made = {name: value for name in WRITTEN if (value := getattr(period, name, None)) is not None}
    if "period" not in made:
        raise QueryError(f"{describe(period)} needs its period, in days")
    return {"sort": place + 1, **made}


def replace_periods(request: BoundQuery, sent: list[dict[str, Any]]) -> Flow[list[Any]]:
    """Write all periods and read them again."""
    if not sent:
        raise QueryError("Kommo takes all periods together, at least one: replace([CustomerPeriod(period=30)])")
    yield from run_action(request.connection, Action("replace", KIND, body=sent))
    pages = yield from collect_values(stream_objects(request))
    return [model for page in pages for model in page]


class CustomerPeriodManager(Manager):
    """`CustomerPeriod.objects`."""

    def __get__(self, instance: None, owner: type[P]) -> CustomerPeriodQuery[P]:
        return CustomerPeriodQuery(require_class(instance, owner))


class CustomerPeriod(Model):
    """A period: the days (`period`) until the next expected purchase. Accounts with customers by segments have none.

    Only API v2 knows periods, and that is where they are read and written in either dialect.

    Example:
        >>> sorted(period.period for period in CustomerPeriod.objects)
        [30, 60]

    Source: Kommo API v2, "Customers", periods.
    """

    __kommo_info__ = EntityInfo(
        kind=KIND,
        required=("period",),
        create_hint="periods are written all together, by CustomerPeriod.objects.replace([...])",
        has_custom_fields=False,
    )

    period: Attr[int, int, Unfilterable[Any]] = field(codec=DAYS)
    color: Plain[str] = field()
    sort: Plain[int] = field()

    objects = CustomerPeriodManager()


register_class("customer_periods", CustomerPeriod)
__all__ = ["CustomerPeriod", "CustomerPeriodQuery"]
