"""Customers: people and companies who buy again, beside the leads of an account."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from typing_extensions import TypeVar, Unpack

from kommo_orm.entities.customers.amounts import AMOUNT, DAYS, Amount, ReadAmount
from kommo_orm.entities.customers.customer_segments import CustomerSegments
from kommo_orm.entities.customers.customers_mode import CustomersMode, Mode, switch_customers_mode
from kommo_orm.entities.lists.element_links import ElementLinksAttribute
from kommo_orm.entities.shared.card_filters import CardFilters, CardValues
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.entities.shared.related_manager import RelatedManagerAttribute
from kommo_orm.errors import ConfigurationError
from kommo_orm.model.attr import Attr, Found, Moment, OptionalReadMoment, ReadMoment, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Assignment, Condition, Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.relation_descriptors import Related, RelatedId, RelatedOne
from kommo_orm.model.tags import TagsAttribute
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.unit.report import Report, describe

if TYPE_CHECKING:
    from kommo_orm.entities.contacts.company import Company
    from kommo_orm.entities.contacts.contact import Contact
    from kommo_orm.entities.customers.bonus_points import BonusPoints
    from kommo_orm.entities.customers.customer_transactions import CustomerTransactions
    from kommo_orm.entities.events.card_events import CardEvents
    from kommo_orm.entities.files.attached_files import CardFiles
    from kommo_orm.entities.links.card_links import CardLinks
    from kommo_orm.entities.notes.card_notes import CardNotes
    from kommo_orm.entities.shared.subscriptions import Subscriptions
    from kommo_orm.entities.tags.tag import Tag
    from kommo_orm.entities.tasks.card_tasks import CardTasks


C = TypeVar("C", bound="Customer", default="Customer", covariant=True)

CustomerOrder = Literal["id", "-id", "created_at", "-created_at", "updated_at", "-updated_at"]
CustomerInclude = Literal["contacts", "company", "companies", "catalog_elements", "segments", "group_id"]


class CustomerFilters(CardFilters, total=False):
    """Filters of customers. Source: Kommo API v4, "Customers"."""


class CustomerValues(CardValues, total=False):
    """Values of a customer. Custom fields of a subclass are given by expressions (`Client.size.set(5)`)."""

    next_price: Decimal | int | float
    next_date: datetime
    status_id: int
    periodicity: int


class CustomerQuery(DeletableQuery[C]):
    """A query of customers."""

    _filters = CustomerFilters
    _orders = ("id", "created_at", "updated_at")
    _includes = get_args(CustomerInclude)
    _is_searchable = True

    def filter(self, *conditions: Condition, **lookups: Unpack[CustomerFilters]) -> Self:
        """Customers for which all conditions hold. Kommo documents no filter by stage, segment or next purchase.

        Raises:
            QueryError: an unknown or impossible filter, or a value that does not fit.

        Source: Kommo API v4, "Customers".
        """
        return self._add_conditions(conditions, lookups)

    def order_by(self, field: CustomerOrder) -> Self:
        """Order by one field; a minus in front reverses the order."""
        return self._set_order(field)

    def include(self, *names: CustomerInclude) -> Self:
        """Bring related objects along, one more request a page each; `group_id` stands in the rows."""
        return self._add_includes(names)

    def create(self, **values: Unpack[CustomerValues]) -> C:
        """Create one customer and return it."""
        return self._create_object(values)

    async def acreate(self, **values: Unpack[CustomerValues]) -> C:
        """`create()` for async code."""
        return await self._acreate_object(values)

    def update(self, *assignments: Assignment, **values: Unpack[CustomerValues]) -> Report:
        """Give all customers of the query the same values, 250 a request, after all rows were read and verified."""
        return self._update_rows(assignments, values)

    async def aupdate(self, *assignments: Assignment, **values: Unpack[CustomerValues]) -> Report:
        """`update()` for async code."""
        return await self._aupdate_rows(assignments, values)

    def enable(self, mode: Mode) -> CustomersMode:
        """Switch customers on in the account, kept by `"segments"` or by `"periodicity"`. For administrators.

        Raises:
            PaymentRequired: the account's plan has no customers. ConfigurationError: another mode.

        Example:
            >>> Customer.objects.enable("segments")
            CustomersMode(mode='segments', is_enabled=True)
        """
        return self._require_connection().run(switch_customers_mode(self._require_connection(), mode, on=True))

    async def aenable(self, mode: Mode) -> CustomersMode:
        """`enable()` for async code."""
        return await self._require_connection().arun(switch_customers_mode(self._require_connection(), mode, on=True))

    def disable(self, mode: Mode = "segments") -> CustomersMode:
        """Switch customers off. Kommo wants a mode with that, too. For administrators."""
        return self._require_connection().run(switch_customers_mode(self._require_connection(), mode, on=False))

    async def adisable(self, mode: Mode = "segments") -> CustomersMode:
        """`disable()` for async code."""
        return await self._require_connection().arun(switch_customers_mode(self._require_connection(), mode, on=False))


class CustomerManager(Manager):
    """`Customer.objects`."""

    def __get__(self, instance: None, owner: type[C]) -> CustomerQuery[C]:
        return CustomerQuery(require_class(instance, owner))


KEPT = ("next_price", "next_date", "status_id", "periodicity")  # null on read, where the mode has no use for them


class Customer(Deletable):
    """A customer. Deleting goes by API v2, 250 a request: v4 cannot.

    Accounts keep customers in one of two modes (`kommo.account().customers_mode`): in segments, or by the stages and the
    `periodicity` (in days) of their purchases; there, `name` and `next_date` are needed. Amounts are in whole units of the
    account's currency.

    Example:
        >>> shop = Customer(name="Olive SL", next_price=500, next_date=spring)
        >>> shop.contacts.add(ann, main=True)
        >>> shop.segments.add(51)
        >>> shop.save()
        >>> shop.transactions.create(480)

    Source: Kommo API v4, "Customers".
    """

    __kommo_info__ = EntityInfo(
        kind="customers", on_request=frozenset({"group_id"}), includes={"company": "companies", "segments": None}
    )

    name: Found[str] = field()
    next_price: Amount = field(codec=AMOUNT)
    next_date: Attr[datetime | None, datetime, Unfilterable[Any]] = field()
    responsible_user_id: Found[int] = field()
    group_id: ReadOnly[int] = field()
    status_id: Attr[int | None, int, Unfilterable[Any]] = field(positive=True)
    periodicity: Attr[int | None, int, Unfilterable[Any]] = field(codec=DAYS)
    created_by: Found[int] = field()
    updated_by: Found[int] = field()
    created_at: Moment = field()
    updated_at: ReadMoment = field()
    closest_task_at: OptionalReadMoment = field()
    is_deleted: ReadOnly[bool] = field()
    ltv: ReadAmount = field()
    purchases_count: ReadOnly[int | None] = field()
    average_check: ReadAmount = field()
    account_id: ReadOnly[int] = field()

    if TYPE_CHECKING:  # checkers take annotated attributes for arguments of the constructor
        contacts: Related[Contact] = Related("contacts", has_main=True)
        companies: Related[Company] = Related("companies")
        company: RelatedOne[Company] = RelatedOne("companies")
        company_id: RelatedId = RelatedId("companies")
        tags: TagsAttribute[Tag] = TagsAttribute()
    else:
        contacts = Related["Contact"]("contacts", has_main=True)
        companies = Related["Company"]("companies")
        company = RelatedOne["Company"]("companies")
        company_id = RelatedId("companies")
        tags = TagsAttribute["Tag"]()
    catalog_elements = ElementLinksAttribute()
    segments = CustomerSegments()
    notes = RelatedManagerAttribute["CardNotes"]("CardNotes")
    tasks = RelatedManagerAttribute["CardTasks"]("CardTasks")
    events = RelatedManagerAttribute["CardEvents"]("CardEvents")
    links = RelatedManagerAttribute["CardLinks"]("CardLinks")
    files = RelatedManagerAttribute["CardFiles"]("CardFiles")
    transactions = RelatedManagerAttribute["CustomerTransactions"]("CustomerTransactions")
    bonus_points = RelatedManagerAttribute["BonusPoints"]("BonusPoints")
    subscriptions = RelatedManagerAttribute["Subscriptions"]("Subscriptions")

    objects = CustomerManager()

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        for name in KEPT:
            if name in body and body[name] is None:
                raise ConfigurationError(f"{describe(self)}: {name} cannot be removed, only replaced")
        return body


register_class("customers", Customer)
__all__ = ["Customer", "CustomerQuery"]
