"""Lists, links, chats, currencies, moves, finding: what the checkers say of them. Never run.

A line that must be an error carries `# type: ignore[code]`, with mypy's code; every other line must be none.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, assert_type

from kommo_orm import (
    Catalog,
    CatalogElement,
    Company,
    Contact,
    ContactChat,
    Currency,
    CustomField,
    Invoice,
    InvoiceStatus,
    Item,
    Kommo,
    Lead,
    Link,
    LossReason,
    Option,
    Phone,
    Pipeline,
    Price,
    ProductsSettings,
    Seller,
    Session,
    Status,
    SupplierValue,
    aload,
    custom,
    load,
)
from kommo_orm.entities.account.currency import CurrencyQuery
from kommo_orm.entities.contacts.contact_chats import ContactChats
from kommo_orm.entities.custom_fields.custom_field import CustomFieldQuery
from kommo_orm.entities.links.link import LinkQuery
from kommo_orm.entities.lists.element_cards import ElementCards
from kommo_orm.entities.pipelines.pipeline_statuses import PipelineStatuses
from kommo_orm.entities.pipelines.status import StatusQuery


class Ware(CatalogElement, catalog_type="products"):
    price: Price = custom(code="PRICE")


class Person(Contact):
    phone: Phone = custom(code="PHONE")


def lists(ware: Ware, lead: Lead, invoice: Invoice) -> None:
    assert_type(Catalog.objects.products_settings(), ProductsSettings)
    assert_type(Catalog.objects.switch_products(on=True).is_enabled, bool | None)
    assert_type(CustomField.objects.of(Ware), CustomFieldQuery[CustomField])
    assert_type(CustomField.objects.of(Ware).create("Size", "text"), CustomField)
    assert_type(ware.leads, ElementCards[Lead])
    ware.leads.add(lead, 5, quantity=2, price_id=7, updated_by=42)
    assert_type(ware.leads.quantity(lead), Decimal | None)
    assert_type(ware.leads[0], Lead)
    assert_type(ware.links.list("leads"), list[Link])
    lead.catalog_elements.add(ware, quantity=1.5, updated_by=42)
    load([ware], "leads")
    assert_type(invoice.status, InvoiceStatus | Option | None)
    assert_type(invoice.items, list[Item])
    assert_type(invoice.total, Decimal | None)
    invoice.status = "paid"
    invoice.status = InvoiceStatus.PAID
    invoice.supplier = SupplierValue(880)
    assert_type(Seller.objects.search("Olive").one().vat_id, str | None)
    assert_type(invoice.warning, str | None)


def links(leads: list[Lead], lead: Lead) -> None:
    found = Link.objects.of(*leads).filter(to_entity_type="contacts", to_entity_id=55)
    assert_type(found, LinkQuery)
    assert_type(found.list(), list[Link])
    assert_type(found.by_owner(), dict[int, list[Link]])
    assert_type(Link.objects.of(kind=Lead, ids=[5]).list()[0].quantity, Decimal | None)
    assert_type(lead.links.all(), LinkQuery)
    for link in found:
        assert_type(link.entity_id, int | None)


def chats(contact: Contact) -> None:
    assert_type(contact.chats, ContactChats)
    assert_type(contact.chats.list(), list[ContactChat])
    assert_type(contact.chats.attach("c"), ContactChat)
    assert_type(Person.objects.of_chat("c"), Person | None)
    assert_type(Contact.objects.attach_chats([(contact, "c"), (5, "d")]), list[ContactChat])


def currencies(session: Session) -> None:
    assert_type(Currency.objects.get("EUR"), Currency)
    assert_type(Currency.objects.get("EUR").code, str)
    assert_type(Currency.objects.get("EUR").id, str)
    assert_type(session.query(Currency), CurrencyQuery[Currency])


def moves(lead: Lead, status: Status, reason: LossReason, pipeline: Pipeline) -> None:
    lead.move_to(status)
    lead.move_to((7, 71))
    lead.move_to(71)
    lead.win()
    lead.lose(reason)
    lead.lose(31)
    lead.lose()
    assert_type(pipeline.statuses, PipelineStatuses)
    assert_type(pipeline.statuses.all(), StatusQuery[Status])
    assert_type(pipeline.statuses[0], Status)
    assert_type(pipeline.statuses.named("Offer"), Status | None)
    assert_type(pipeline.statuses.create("Signed", sort=30, color="#98cbff"), Status)


def finding(kommo: Kommo) -> None:
    assert_type(Person.objects.find(phone="+1"), list[Person])
    assert_type(Company.objects.using(kommo).find(email="a@b.example", phone="+1", match="any"), list[Company])
    person, created = Person.objects.find_or_create(phone="+1", name="Ann")
    assert_type(person, Person)
    assert_type(created, bool)
    Person.objects.find_or_create(phone="+1", choose=lambda found: found[0])
    Company.objects.find_or_create(email="a@b.example", name="Olive", responsible_user_id=42)


async def asynchronous(ware: Ware, lead: Lead, contact: Contact) -> None:
    assert_type(await Catalog.objects.aswitch_products(on=False), ProductsSettings)
    assert_type(await Link.objects.of(lead).alist(), list[Link])
    assert_type(await Currency.objects.aget_or_none("EUR"), Currency | None)
    assert_type(await Person.objects.afind(phone="+1"), list[Person])
    assert_type(await Person.objects.afind_or_create(phone="+1"), tuple[Person, bool])
    assert_type(await contact.chats.alist(), list[ContactChat])
    await lead.amove_to((7, 71))
    await lead.awin()
    await lead.alose(31)
    await aload([ware], "leads")


def wrong(lead: Lead, ware: Ware, contact: Contact, invoice: Invoice) -> None:
    """One mistake a line."""
    Catalog.objects.switch_products()  # type: ignore[call-arg]
    ware.leads.add(lead, quantity="2")  # type: ignore[arg-type]
    Link.objects.of(lead).filter(to_entity_type="lead")  # type: ignore[arg-type]
    Link.objects.of(5)  # type: ignore[arg-type]
    lead.links.list("lead")  # type: ignore[arg-type]
    contact.chats.attach(5)  # type: ignore[arg-type]
    Currency.objects.get(5)  # type: ignore[arg-type]
    lead.move_to("won")  # type: ignore[arg-type]
    lead.move_to((7,))  # type: ignore[arg-type]
    lead.lose("dear")  # type: ignore[arg-type]
    Contact.objects.find(phone=5)  # type: ignore[arg-type]
    Contact.objects.find(phone="+1", match="both")  # type: ignore[arg-type]
    Contact.objects.find_or_create(phone="+1", nmae="Ann")  # type: ignore[call-arg]
    Contact.objects.find_or_create(phone="+1", choose=lambda found: 5)  # type: ignore[arg-type, return-value]
    invoice.invoice_link = "x"  # type: ignore[assignment]
    lead.contacts.add(5, quantity=2)  # type: ignore[call-arg]


class Wrong(CatalogElement, catalog_type="regular"):  # type: ignore[arg-type]
    pass


def anything(value: Any) -> None:
    """Values from elsewhere pass."""
    Contact.objects.find(phone=value)
    Link.objects.of(value).filter(to_entity_id=value)
