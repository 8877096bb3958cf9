"""Customers and their parts: what the checkers say of them. Never run.

A line that must be an error carries `# type: ignore[code]`, with mypy's code; every other line must be none.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import assert_type

from kommo_orm import (
    Catalog,
    CatalogElement,
    Company,
    Contact,
    Customer,
    CustomersMode,
    CustomerStatus,
    CustomField,
    Lead,
    Number,
    Report,
    Segment,
    Session,
    Subscription,
    Transaction,
    TransactionMetadata,
    custom,
)
from kommo_orm.entities.customers.bonus_points import BonusPoints
from kommo_orm.entities.customers.customer import CustomerQuery
from kommo_orm.entities.customers.customer_transactions import CustomerTransactions
from kommo_orm.entities.customers.segment import SegmentQuery
from kommo_orm.entities.customers.transaction import TransactionQuery
from kommo_orm.model.replace_relation import ReplacedObjects


class Client(Customer):
    size: Number = custom(name="Staff")


class Club(Segment):
    discount: Number = custom(name="Discount")


def customers(shop: Customer, client: Client, ann: Contact, olive: Company, segment: Segment, day: datetime) -> None:
    assert_type(Client.objects.filter(Client.size >= 5, name="x", created_at__gte=day), CustomerQuery[Client])
    assert_type(Customer.objects.order_by("-updated_at").include("segments", "company").first(), Customer | None)
    assert_type(Customer.objects.create(name="x", next_price=5, next_date=day), Customer)
    assert_type(Client.objects.all().update(Client.size.set(5), periodicity=30), Report)
    assert_type(Customer.objects.all().delete(), Report)
    assert_type(Client(name="x", size=5, next_price=5), Client)
    assert_type(shop.next_price, Decimal | None)
    assert_type(shop.next_date, datetime | None)
    assert_type(shop.status_id, int | None)
    assert_type(shop.ltv, Decimal | None)
    assert_type(shop.segments, ReplacedObjects[Segment])
    assert_type(shop.segments.ids, tuple[int, ...])
    assert_type(shop.contacts.main, Contact | None)
    assert_type(shop.company, Company | None)
    assert_type(ann.customers[0], Customer)
    assert_type(olive.customers.of(Client)[0], Client)
    shop.segments.add(segment, 51)
    shop.segments = [segment]
    shop.company = olive
    shop.next_price = 5.0
    shop.delete()


def parts(shop: Customer, lead: Lead, lamp: CatalogElement, day: datetime, purchase: Transaction) -> None:
    assert_type(shop.transactions, CustomerTransactions)
    assert_type(shop.transactions.create(120, elements=[(lamp, 2)], accrue_bonus=True), Transaction)
    assert_type(shop.transactions.list(), list[Transaction])
    assert_type(shop.transactions.delete(purchase, 5), Report)
    assert_type(Transaction.objects.of(shop).filter(id__in=[1]), TransactionQuery[Transaction])
    assert_type(Transaction(customer=shop, price=5, metadata=TransactionMetadata(external_id="x")), Transaction)
    assert_type(purchase.price, Decimal)
    assert_type(purchase.metadata.receipt_link, str | None)
    assert_type(shop.bonus_points, BonusPoints)
    assert_type(shop.bonus_points.earn(5), int)
    assert_type(shop.subscriptions.list(), list[Subscription])
    assert_type(lead.subscriptions.list()[0].type, str | None)
    assert_type(Customer.objects.enable("segments"), CustomersMode)
    assert_type(Customer.objects.disable().is_enabled, bool)


def stages_and_segments(status: CustomerStatus, club: Club, session: Session) -> None:
    assert_type(CustomerStatus.objects.create("x", sort=1, color="#98cbff"), CustomerStatus)
    assert_type(status.is_default, bool)
    assert_type(Club.objects.all(), SegmentQuery[Club])
    assert_type(Club(name="x", discount=5, color="2176ff"), Club)
    assert_type(club.discount, Decimal | None)
    assert_type(club.color, str | None)
    assert_type(CustomField.objects.of(Segment).list(), list[CustomField])
    assert_type(session.query(Client).first(), Client | None)
    assert_type(session.query(Club), SegmentQuery[Club])
    assert_type(session.query(Transaction), TransactionQuery[Transaction])


async def asynchronous(shop: Customer, lead: Lead) -> None:
    assert_type(await shop.transactions.acreate(5), Transaction)
    assert_type(await shop.bonus_points.aredeem(5), int)
    assert_type(await lead.subscriptions.alist(), list[Subscription])
    assert_type(await Customer.objects.aenable("periodicity"), CustomersMode)
    async for client in Client.objects:
        assert_type(client, Client)


def wrong(shop: Customer, purchase: Transaction, day: datetime, catalog: Catalog) -> None:
    """One mistake a line."""
    Customer(name="x", next_date=5)  # type: ignore[arg-type]
    Customer.objects.filter(status_id=5)  # type: ignore[call-arg]
    Customer.objects.order_by("name")  # type: ignore[arg-type]
    Customer.objects.include("leads")  # type: ignore[arg-type]
    Customer.objects.enable("dynamic")  # type: ignore[arg-type]
    shop.next_date = None  # type: ignore[assignment]
    shop.ltv = 5  # type: ignore[assignment]
    shop.transactions = []  # type: ignore[assignment]
    shop.bonus_points.earn("5")  # type: ignore[arg-type]
    shop.transactions.create()  # type: ignore[call-arg]
    shop.transactions.create(5, accrue_bonus="yes")  # type: ignore[arg-type]
    purchase.updated_at = day  # type: ignore[assignment]
    Transaction.objects.filter(price=5)  # type: ignore[call-arg]
    Transaction(customer=5, price=5)  # type: ignore[arg-type]
    CustomerStatus.objects.create("x")  # type: ignore[call-arg]
    Segment.objects.create("x", color="#2176ff")  # type: ignore[arg-type]
