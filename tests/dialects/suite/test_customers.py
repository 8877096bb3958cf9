"""Customers and their purchases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kommo_orm import Company, Contact, Customer, CustomerPeriod, Lead, Note, Transaction
from kommo_orm.errors import BadRequest, ConfigurationError, QueryError
from tests.dialects.suite.spoken import NOW, Spoken


@pytest.fixture
def shop(spoken: Spoken) -> Customer:
    spoken.sandbox.account.customers_mode = "segments"
    shop = Customer(name="Olive", next_price=500, next_date=NOW)
    shop.save()
    return shop


def test_a_customer_comes_back_as_it_was_saved(spoken: Spoken, shop: Customer) -> None:
    found = Customer.objects.get(shop.id)
    assert (found.name, found.next_price, found.next_date) == ("Olive", 500, NOW)
    found.next_price = 700
    found.tags.add("vip")
    found.save()
    again = Customer.objects.get(shop.id)
    assert (again.next_price, again.tags.names, again.name) == (700, ("vip",), "Olive")
    assert [one.id for one in Customer.objects.filter(id__in=[shop.id])] == [shop.id]
    assert [one.id for one in Customer.objects.filter(responsible_user_id=again.responsible_user_id)] == [shop.id]


def test_customers_are_linked(spoken: Spoken, shop: Customer) -> None:
    ana, firm = Contact(name="Ana"), Company(name="Firm")
    shop.contacts.add(ana)
    shop.company = firm
    shop.save()
    found = Customer.objects.include("contacts", "company").get(shop.id)
    assert ([one.name for one in found.contacts], found.company_id) == (["Ana"], firm.id)
    found.contacts.remove(ana)
    found.save()
    assert Customer.objects.include("contacts").get(shop.id).contacts.ids == ()


def test_customers_are_deleted(spoken: Spoken, shop: Customer) -> None:
    other = Customer(name="Other")
    other.save()
    shop.delete()
    assert [one.id for one in Customer.objects] == [other.id]
    with pytest.raises(BadRequest, match="was not deleted"):
        Customer(id=9999).delete()


def test_purchases_are_entered_and_given_back(spoken: Spoken, shop: Customer) -> None:
    purchase = Transaction.objects.of(shop).create(120, comment="Two lamps", completed_at=NOW)
    (found,) = Transaction.objects.of(shop).list()
    assert (found.id, found.price, found.comment, found.completed_at) == (purchase.id, 120, "Two lamps", NOW)
    assert found.customer_id == shop.id
    assert Transaction.objects.get(purchase.id).price == 120
    found.comment = "Three lamps"
    found.save()
    assert Transaction.objects.get(purchase.id).comment == "Three lamps"
    assert shop.transactions.list()[0].id == purchase.id
    found.delete()
    assert Transaction.objects.list() == []


def test_what_v2_cannot_do_with_customers(v2: Spoken) -> None:
    with pytest.raises(ConfigurationError, match="API v2 cannot write status_id of customers"):
        Customer(name="x", status_id=1).save()
    shop = Customer(name="x")
    shop.segments.add(5)
    with pytest.raises(ConfigurationError, match="API v2 cannot write segments of customers"):
        shop.save()
    with pytest.raises(QueryError, match="cannot filter customers by updated_at__gte"):
        Customer.objects.filter(updated_at__gte=NOW - timedelta(days=1)).list()
    main = Customer(id=5)
    main.contacts.add(7, main=True)
    with pytest.raises(ConfigurationError, match="the main one of contacts"):
        main.save()
    bonus = Transaction(customer_id=5, price=5, accrue_bonus=True)
    with pytest.raises(ConfigurationError, match="cannot say whether a purchase earns bonus points"):
        bonus.save()
    assert not v2.sent


def test_periods_are_written_all_together(spoken: Spoken) -> None:
    spoken.sandbox.account.customers_mode = "periodicity"
    made = CustomerPeriod.objects.replace([CustomerPeriod(period=30), CustomerPeriod(period=60)])
    made[1].period = 90
    CustomerPeriod.objects.replace(made)
    assert [(one.id, one.period, one.sort) for one in CustomerPeriod.objects] == [
        (made[0].id, 30, 1),
        (made[1].id, 90, 2),
    ]


def test_notes_of_a_customer(spoken: Spoken, shop: Customer) -> None:
    """API v2 has no list of them, so they are chosen from all notes."""
    other, lead = Customer(name="Other", next_date=NOW), Lead(name="x")
    other.save()
    lead.save()
    lead.notes.create("of a lead")
    other.notes.create("of another")
    note = shop.notes.create("of the shop")
    assert [found.text for found in shop.notes.all()] == ["of the shop"]
    assert Note.objects.of(shop).get(note.id).text == "of the shop"
    assert [found.text for found in Note.objects.of(Customer)] == ["of another", "of the shop"]
