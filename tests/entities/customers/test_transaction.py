"""Purchases: entered for a customer, read with and without it, deleted, never changed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import (
    BadRequest,
    ConfigurationError,
    Customer,
    FlushError,
    Kommo,
    NotFound,
    NotLoaded,
    QueryError,
    Session,
    Transaction,
    TransactionMetadata,
    UncertainWrite,
)
from kommo_orm.entities.lists.catalog import Catalog
from kommo_orm.entities.lists.catalog_element import CatalogElement
from kommo_orm.sandbox import Sandbox
from tests.account import asked, bodies, sent

SPRING = datetime(2031, 5, 1, tzinfo=UTC)
FLAT = "/api/v4/customers/transactions"


def nested(customer: Customer) -> str:
    return f"/api/v4/customers/{customer.id}/transactions"


@pytest.fixture
def lamp(kommo: Kommo, sandbox: Sandbox) -> CatalogElement:
    made = CatalogElement.objects.of(Catalog.objects.create("Goods")).create("Lamp")
    sandbox.log.clear()
    return made


@pytest.mark.parametrize("quantity", [Decimal("0.1"), 2.7, Decimal("1.001"), 3])
def test_quantities_are_sent_as_they_were_given(sandbox: Sandbox, shop: Customer, lamp: CatalogElement, quantity: Any):
    shop.transactions.create(5, elements=[(lamp, quantity)])
    [row] = sandbox.log[-1].json[0]["_embedded"]["catalog_elements"]
    assert Decimal(str(row["metadata"]["quantity"])) == Decimal(str(quantity))


def test_a_purchase_is_entered_whole(kommo: Kommo, sandbox: Sandbox, shop: Customer, lamp: CatalogElement):
    purchase = shop.transactions.create(
        120,
        comment="Two lamps",
        completed_at=SPRING,
        next_price=700,
        next_date=SPRING,
        created_by=0,
        accrue_bonus=True,
        metadata=TransactionMetadata(external_id="K-7"),
        elements=[(lamp, 2.5)],
    )
    [entry] = sandbox.requests("POST")
    assert (entry.path, entry.query) == (nested(shop), "accrue_bonus=true")
    assert entry.json == [
        {
            "price": 120,
            "comment": "Two lamps",
            "completed_at": int(SPRING.timestamp()),
            "next_price": 700,
            "next_date": int(SPRING.timestamp()),
            "metadata": {"external_id": "K-7"},
            "created_by": 0,
            "_embedded": {
                "catalog_elements": [{"id": lamp.id, "metadata": {"catalog_id": lamp.catalog_id, "quantity": 2.5}}]
            },
            "request_id": "0",
        }
    ]
    assert (purchase.customer_id, purchase.changes, purchase.is_new) == (shop.id, {}, False)
    shop.refresh()
    assert (shop.next_price, shop.ltv, shop.purchases_count, shop.average_check) == (700, 120, 1, 120)
    stored = Transaction.objects.get(purchase.id)
    assert asked(sandbox)[-1] == f"{FLAT}/{purchase.id}"
    assert (stored.price, stored.comment, stored.completed_at) == (Decimal(120), "Two lamps", SPRING)
    assert (stored.customer_id, stored.created_by, stored.is_deleted) == (shop.id, 0, False)
    assert stored.catalog_elements.quantity(lamp) == Decimal("2.5")


def test_elements_without_a_quantity_count_as_one_each(
    kommo: Kommo, sandbox: Sandbox, shop: Customer, lamp: CatalogElement
):
    purchase = Transaction(customer_id=shop.id, price=5)
    purchase.catalog_elements.add(lamp)
    purchase.save()
    [[body]] = bodies(sandbox, "POST")
    assert body["_embedded"]["catalog_elements"][0]["metadata"] == {"catalog_id": lamp.catalog_id, "quantity": 1}
    assert sandbox.requests("POST")[0].query == ""


def test_whether_points_are_earned_stands_in_the_address(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    """Purchases that say different things of it are no one batch."""
    given: list[dict[str, Any]] = [{"accrue_bonus": True}, {}, {"accrue_bonus": False}, {"accrue_bonus": True}]
    Transaction.objects.bulk_create([Transaction(customer=shop, price=100, **values) for values in given])
    found = sorted((entry.query, len(entry.json)) for entry in sandbox.requests("POST"))
    assert found == [("", 1), ("accrue_bonus=false", 1), ("accrue_bonus=true", 2)]
    assert shop.bonus_points.earn(1) == 3


def test_they_are_listed(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    other = Customer.objects.create(name="Other")
    mine, theirs = shop.transactions.create(5), other.transactions.create(7)
    sandbox.log.clear()
    assert [one.pk for one in shop.transactions.list()] == [mine.id]
    assert [one.pk for one in Transaction.objects] == [mine.id, theirs.id]
    assert [one.pk for one in Transaction.objects.filter(id__in=[theirs.id, 999])] == [theirs.id]
    assert Transaction.objects.of(shop).get(mine.id).price == 5
    assert asked(sandbox) == [nested(shop), FLAT, FLAT, f"{nested(shop)}/{mine.id}"]
    with pytest.raises(NotFound):
        Transaction.objects.of(shop).get(theirs.id)
    with pytest.raises(NotLoaded, match=r"transactions\.list|transactions\.all"):
        len(shop.transactions)
    with pytest.raises(NotLoaded):
        iter(shop.transactions)


def test_they_are_deleted(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    one, two, three = (shop.transactions.create(price) for price in (1, 2, 3))
    sandbox.log.clear()
    one.delete()
    shop.transactions.delete(two, three.id)
    assert [(verb, path) for verb, path, _ in sent(sandbox)] == [
        ("DELETE", f"{FLAT}/{one.id}"),
        ("DELETE", f"{nested(shop)}/{two.id}"),
        ("DELETE", f"{nested(shop)}/{three.id}"),
    ]
    assert shop.transactions.list() == []
    with pytest.raises(FlushError):
        shop.transactions.delete(999)
    with pytest.raises(QueryError, match="that are stored"):
        shop.transactions.delete()


def test_nobody_elses_purchase_is_deleted(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    other = Customer.objects.create(name="Other")
    theirs = other.transactions.create(7)
    with pytest.raises(FlushError):
        shop.transactions.delete(theirs.id)
    assert [one.pk for one in other.transactions.list()] == [theirs.id]


def test_of_a_stored_purchase_the_comment_is_changed(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    """API v4 cannot; the older one can, many at once."""
    one, two = shop.transactions.create(5), shop.transactions.create(6)
    sandbox.log.clear()
    one.comment, two.comment = "Late", "Early"
    report = Transaction.objects.bulk_update([one, two])
    rows = [{"transaction_id": one.id, "comment": "Late"}, {"transaction_id": two.id, "comment": "Early"}]
    assert sent(sandbox) == [("POST", "/api/v2/transactions", {"update": rows})]
    assert (report.updated, one.changes) == ([one, two], {})
    assert [found.comment for found in shop.transactions.list()] == ["Late", "Early"]


def test_a_comment_that_is_refused_stays_a_change(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    one, two = shop.transactions.create(5), shop.transactions.create(6)
    one.comment, two.comment = "Late", "Early"
    refused = {"_embedded": {"items": [], "errors": {"update": {str(two.id): "Not found"}}}}
    sandbox.faults.next(path="/api/v2/transactions", body=refused)
    with pytest.raises(FlushError, match="Not found") as caught:
        Transaction.objects.bulk_update([one, two])
    assert [failed.object for failed in caught.value.report.failed] == [two]
    assert (one.has_changes, two.has_changes) == (False, True)


def test_nothing_else_of_a_purchase_is_changed(kommo: Kommo, sandbox: Sandbox, shop: Customer, lamp: CatalogElement):
    purchase = shop.transactions.create(5)
    sandbox.log.clear()
    purchase.price = 6
    with pytest.raises(ConfigurationError, match="at creation only"):
        purchase.save()
    for change in (purchase.catalog_elements.add, purchase.catalog_elements.remove):
        with pytest.raises(ConfigurationError, match="what was bought"):
            change(lamp)
    assert sent(sandbox) == []


def test_bad_input_is_refused_before_anything_is_sent(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    with pytest.raises(ValidationError):
        Transaction(price=5.5)
    with pytest.raises(ConfigurationError, match="needs its customer"):
        Transaction(price=5).save()
    with pytest.raises(ConfigurationError, match="without price"):
        Transaction(customer=shop).save()
    with pytest.raises(QueryError, match="created for one customer"):
        Transaction.objects.create(5)
    with pytest.raises(ConfigurationError, match=r"save\(\) it first"):
        Customer(name="x").transactions.create(5)
    with pytest.raises(ConfigurationError, match="one of customers"):
        Transaction(customer=kommo, price=5)  # type: ignore[arg-type]
    with pytest.raises(QueryError):
        Transaction.objects.filter(price__gte=5)  # type: ignore[call-arg]
    assert sent(sandbox) == []


def test_a_new_customer_is_created_first(kommo: Kommo, sandbox: Sandbox):
    shop = Customer(name="Shop")
    purchase = Transaction(customer=shop, price=5)
    assert purchase.customer is shop
    assert purchase.changes["customer"] == (None, shop)
    with Session(kommo) as session:
        session.add(purchase)
        assert [step.kind for step in session.plan()] == ["customers", "transactions"]
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/customers", nested(shop)]
    assert (purchase.customer_id, purchase.changes) == (shop.id, {})
    found = Transaction.objects.get(purchase.id).customer
    assert isinstance(found, Customer)
    assert found.pk == shop.id


def test_a_lost_answer_leaves_it_uncertain(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    sandbox.faults.next(method="POST", path=nested(shop), drop_after=True)
    with pytest.raises(UncertainWrite):
        shop.transactions.create(5)
    assert len(sandbox.requests("POST")) == 1


def test_answers_may_name_the_rows_otherwise(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    """The documentation shows new purchases under another word."""
    row = {"id": 77, "customer_id": shop.id, "request_id": "0"}
    sandbox.faults.next(method="POST", path=nested(shop), body={"_total_items": 1, "_embedded": {"customers": [row]}})
    assert shop.transactions.create(5).id == 77


def test_rows_of_another_shape_read():
    row = {
        "id": "9",
        "price": "120.5",
        "comment": None,
        "completed_at": 0,
        "is_deleted": None,
        "metadata": [],
        "odd": 1,
    }
    [purchase] = Transaction.hydrate(
        [{**row, "_embedded": {"catalog_elements": [{"id": 5, "metadata": {"quantity": "2"}}]}}]
    )
    assert (purchase.pk, purchase.price, purchase.comment, purchase.completed_at) == (9, Decimal("120.5"), None, None)
    assert (purchase.metadata.external_id, purchase.extra) == (None, {"odd": 1})
    assert purchase.catalog_elements.quantity(5) == 2


async def test_async(kommo: Kommo, sandbox: Sandbox, shop: Customer, lamp: CatalogElement):
    purchase = await shop.transactions.acreate(5, elements=[(lamp, 1)])
    other = await Transaction.objects.of(shop.id).acreate(7)
    assert [one.price for one in await shop.transactions.alist()] == [5, 7]
    await purchase.adelete()
    assert len((await shop.transactions.adelete(other)).deleted) == 1
    assert [one async for one in Transaction.objects] == []
    with pytest.raises(BadRequest):
        await Transaction.objects.of(999).acreate(5)
