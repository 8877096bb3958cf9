"""`customer.transactions`: the purchases of one customer."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from typing_extensions import Unpack

from kommo_orm.entities.customers.transaction import (
    Bought,
    Transaction,
    TransactionFilters,
    TransactionOptions,
    TransactionQuery,
)
from kommo_orm.entities.shared.related_manager import WritableRelatedManager
from kommo_orm.errors import QueryError
from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.condition import Condition
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.flush import Flush, run_flush
from kommo_orm.unit.report import Report


class CustomerTransactions(WritableRelatedManager[TransactionQuery[Transaction], Transaction]):
    """The purchases of one customer.

    Example:
        >>> purchase = customer.transactions.create(120, comment="Two lamps", elements=[(lamp, 2)])
        >>> [one.price for one in customer.transactions.list()]
        [Decimal('120')]
        >>> customer.transactions.delete(purchase)
    """

    def all(self) -> TransactionQuery[Transaction]:
        """A query of these purchases."""
        owner = self.owner
        return Transaction.objects.using(self._owner.__kommo_state__.unit or self.connection).of(owner)

    def filter(self, *conditions: Condition, **lookups: Unpack[TransactionFilters]) -> TransactionQuery[Transaction]:
        """Purchases of these ids among them; Kommo has no other filter for them."""
        return self.all().filter(*conditions, **lookups)

    def create(
        self, price: Decimal | int | float, *, elements: Iterable[Bought] = (), **options: Unpack[TransactionOptions]
    ) -> Transaction:
        """Enter a purchase, as `Transaction.objects.of(customer).create()` does. Sends a request."""
        return self.all().create(price, elements=elements, **options)

    async def acreate(
        self, price: Decimal | int | float, *, elements: Iterable[Bought] = (), **options: Unpack[TransactionOptions]
    ) -> Transaction:
        """`create()` for async code."""
        return await self.all().acreate(price, elements=elements, **options)

    def delete(self, *transactions: Transaction | int) -> Report:
        """Delete purchases of this customer, given as objects or by their ids, one request each.

        Raises:
            QueryError: none was given, or a new one. FlushError: some are no purchases of this customer, or stayed.
        """
        return self.connection.run(self._delete_transactions(transactions))

    async def adelete(self, *transactions: Transaction | int) -> Report:
        """`delete()` for async code."""
        return await self.connection.arun(self._delete_transactions(transactions))

    def _delete_transactions(self, transactions: Iterable[Transaction | int]) -> Flow[Report]:
        """Delete by references that name the customer, so that a purchase of another customer is refused."""
        refuse_list_argument(transactions, "delete", QueryError)
        ids = [one.pk if isinstance(one, Transaction) else one for one in transactions]
        if not ids or not all(isinstance(pk, int) and not isinstance(pk, bool) and pk > 0 for pk in ids):
            raise QueryError("delete() takes purchases that are stored, or their ids")
        customer = self.owner.pk or 0
        return delete_references(self, [Transaction(id=pk, customer_id=customer) for pk in ids if pk is not None])


def delete_references(view: CustomerTransactions, references: list[Transaction]) -> Flow[Report]:
    report = yield from run_flush(Flush(view.connection, (), references))
    report.raise_for_failures()
    return report
