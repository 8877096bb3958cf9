"""Transactions: the purchases of customers. They can be created and deleted; of a stored one only the comment can be changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, TypeAlias, cast

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.customers.amounts import AMOUNT, Amount
from kommo_orm.entities.customers.purchased_elements import PurchasedElementsAttribute
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.entities.shared.parent_query import ChildQuery, set_parent_keys
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.fields.compound_value import part
from kommo_orm.model.arguments import validate_list
from kommo_orm.model.attr import Attr, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Condition, Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.parent import Parent
from kommo_orm.model.parent_object import ParentObject
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

T = TypeVar("T", bound="Transaction", default="Transaction", covariant=True)

Bought: TypeAlias = "tuple[Model, Decimal | int | float]"
"""A list element and how many of it."""


class TransactionMetadata(NestedValue):
    """Where else a purchase is known: the link of its receipt, its id in another system."""

    receipt_link: Attr[str | None, str | None] = part()
    external_id: Attr[str | None, str | None] = part()


class TransactionFilters(TypedDict, total=False):
    """Filters of transactions. Source: Kommo API v4, "Transactions"."""

    id: int
    id__in: Iterable[int]


class TransactionOptions(TypedDict, total=False):
    """Values of a new transaction beside its price. `next_price` and `next_date` change the customer."""

    comment: str
    completed_at: datetime
    next_price: Decimal | int | float
    next_date: datetime
    created_by: int
    metadata: TransactionMetadata
    accrue_bonus: bool


class TransactionQuery(ChildQuery[T], DeletableQuery[T]):
    """A query of transactions: all of the account, or those of one customer, `Transaction.objects.of(customer)`."""

    _filters = TransactionFilters
    _parent_kinds = ("customers",)
    _needs_parent = False

    def of(self, customer: Model | int) -> Self:
        """The transactions of one customer, given as an object or by its id."""
        return self._select_parent(customer, row=True)

    def filter(self, *conditions: Condition, **lookups: Unpack[TransactionFilters]) -> Self:
        """Transactions of these ids; Kommo has no other filter for them."""
        return self._add_conditions(conditions, lookups)

    def create(
        self, price: Decimal | int | float, *, elements: Iterable[Bought] = (), **options: Unpack[TransactionOptions]
    ) -> T:
        """Enter a purchase of the customer that the query is of.

        Args:
            price: what it cost, in whole units of the account's currency.
            elements: what was bought: pairs of a list element and its quantity.
            options: `accrue_bonus` is whether bonus points are earned by it; `next_price` and `next_date` go to the
                customer.

        Raises:
            QueryError: the query is not of one customer. UncertainWrite: the answer was lost.

        Example:
            >>> Transaction.objects.of(customer).create(120, comment="Two lamps", elements=[(lamp, 2)])
        """
        return self._create_object(self._build_values(price, elements, options))

    async def acreate(
        self, price: Decimal | int | float, *, elements: Iterable[Bought] = (), **options: Unpack[TransactionOptions]
    ) -> T:
        """`create()` for async code."""
        return await self._acreate_object(self._build_values(price, elements, options))

    def _build_values(self, price: Any, elements: Iterable[Bought], options: TransactionOptions) -> dict[str, Any]:
        if self._parent is None or self._parent.id is None:
            raise QueryError("A purchase is created for one customer: Transaction.objects.of(customer).create(...)")
        bought = validate_list("elements=", elements, QueryError)
        if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in bought):
            raise QueryError(
                f"elements= takes pairs of a list element and its quantity, [(lamp, 2)], not {bought!r:.120}"
            )
        return {"price": price, **options, "elements": bought}

    def _make_object(self, values: Any) -> T:
        given = dict(values)
        elements = given.pop("elements", ())
        model = super()._make_object(given)
        for element, quantity in elements:
            cast("Transaction", model).catalog_elements.add(element, quantity=quantity)
        return model

    def _adopt_object(self, model: Model) -> None:
        set_parent_keys(model, customer_id=self._parent.id if self._parent is not None else None)


class TransactionManager(Manager):
    """`Transaction.objects`."""

    def __get__(self, instance: None, owner: type[T]) -> TransactionQuery[T]:
        return TransactionQuery(require_class(instance, owner))


class Transaction(Deletable):
    """A purchase of a customer, in whole units of the account's currency. Of a stored one Kommo changes the comment only.

    Example:
        >>> purchase = Transaction(customer=shop, price=120, comment="Two lamps", accrue_bonus=True)
        >>> purchase.save()

    Source: Kommo API v4, "Transactions".
    """

    __kommo_info__ = EntityInfo(kind="transactions", required=("price",), has_custom_fields=False)

    customer_id: Attr[int, int] = field(place=True)
    price: Attr[Decimal, Decimal | int | float, Unfilterable[Any]] = field(codec=AMOUNT, writable="create")
    comment: Attr[str | None, str, Unfilterable[Any]] = field()
    completed_at: Attr[datetime | None, datetime, Unfilterable[Any]] = field(writable="create")
    next_price: Amount = field(codec=AMOUNT, writable="create")
    next_date: Attr[datetime | None, datetime, Unfilterable[Any]] = field(writable="create")
    metadata: Attr[TransactionMetadata, TransactionMetadata, Unfilterable[Any]] = field(writable="create")
    accrue_bonus: Attr[bool, bool, Unfilterable[Any]] = field(writable="create")
    created_by: Attr[int, int, Unfilterable[Any]] = field(writable="create")
    updated_by: ReadOnly[int] = field()
    created_at: ReadOnly[datetime] = field()
    updated_at: ReadOnly[datetime] = field()
    is_deleted: ReadOnly[bool] = field()
    account_id: ReadOnly[int] = field()

    catalog_elements = PurchasedElementsAttribute()

    objects = TransactionManager()

    if TYPE_CHECKING:
        customer: ParentObject = ParentObject("customers", key="customer_id", named=False)
    else:
        customer = ParentObject("customers", key="customer_id", named=False)

    def _get_parent(self) -> Parent | None:
        """The customer, in the address of a new purchase. A stored one is addressed by its id."""
        customer = getattr(self, "customer_id", None)
        if self.__kommo_state__.row is not None or customer is None:
            return None
        bonus = getattr(self, "accrue_bonus", None)
        return Parent("customers", customer, options=() if bonus is None else (("accrue_bonus", bonus),))

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        """Whether points are earned stands in the address."""
        if creating and self.customer is None:
            raise ConfigurationError(f"{describe(self)} needs its customer: customer=shop, or customer_id=7")
        body.pop("accrue_bonus", None)
        return body


register_class("transactions", Transaction)
__all__ = ["Transaction", "TransactionMetadata", "TransactionQuery"]
