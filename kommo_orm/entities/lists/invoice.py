"""Invoices and their sellers: elements of two lists that an account has one of at most.

Which fields such a list has is the account's affair: it may have deleted some. What a list lacks reads as None.
Source: Kommo API v4, "Invoices".
"""

from __future__ import annotations

from enum import StrEnum

from kommo_orm.entities.lists.catalog_element import CatalogElement
from kommo_orm.fields.date import Date
from kommo_orm.fields.invoice_items import Items
from kommo_orm.fields.legal_entity import LegalEntity
from kommo_orm.fields.number import Number
from kommo_orm.fields.payer import Payer, Supplier
from kommo_orm.fields.select import Select
from kommo_orm.fields.text import Text
from kommo_orm.model.custom import custom


class InvoiceStatus(StrEnum):
    """Whether an invoice is paid."""

    CREATED = "created"
    PAID = "paid"
    PAID_IN_ADVANCE = "paid_in_advance"
    PARTIALLY_PAID = "partially_paid"


class VatType(StrEnum):
    """Whether the prices of an invoice hold the tax."""

    EXEMPT = "vat_exempt"
    INCLUDED = "vat_included"
    NOT_INCLUDED = "vat_not_included"


class Invoice(CatalogElement, catalog_type="invoices"):
    """An invoice: an element of the account's list of invoices, whose fields are found by their codes.

    `items` are its lines, `total` is what was sent, until the web interface computes it anew; what the service remarks on
    a wrong one is `warning` after a save. `invoice_link`, the page where it can be paid, comes with
    `.include("invoice_link")`. In old accounts the seller is `legal_entity` and the payer a `LinkedEntity`, which a
    subclass can declare.

    Example:
        >>> invoice = Invoice(name="Invoice 17", status=InvoiceStatus.CREATED, total=99)
        >>> invoice.payer = PayerValue(entity_id=40, entity_type="contacts", type="individual")
        >>> invoice.items.append(Item(description="Lamp", unit_price=49.5, quantity=2))
        >>> invoice.save()

    Source: Kommo API v4, "Invoices".
    """

    status: Select[InvoiceStatus] = custom(code="BILL_STATUS")
    supplier: Supplier = custom(code="SUPPLIER")
    legal_entity: LegalEntity = custom(code="LEGAL_ENTITY")
    payer: Payer = custom(code="PAYER")
    items: Items = custom(code="ITEMS")
    vat_type: Select[VatType] = custom(code="BILL_VAT_TYPE")
    reason_for_no_vat: Text = custom(code="BILL_REASON_FOR_NO_VAT")
    payment_date: Date = custom(code="BILL_PAYMENT_DATE")
    comment: Text = custom(code="BILL_COMMENT")
    total: Number = custom(code="BILL_PRICE")


class Seller(CatalogElement, catalog_type="suppliers"):
    """Who sells: an element of the account's list of suppliers, to which `invoice.supplier` points.

    Example:
        >>> invoice.supplier = SupplierValue(Seller.objects.search("Olive").one().id)

    Source: Kommo API v4, "Invoices".
    """

    vat_id: Text = custom(code="SUPPLIER_VAT_ID")
    tax_registration_reason_code: Text = custom(code="SUPPLIER_TAX_REGISTRATION_REASON_CODE")
    registration_number: Text = custom(code="SUPPLIER_PRIMARY_STATE_REGISTRATION_NUMBER")
    bank_code: Text = custom(code="SUPPLIER_BANK_IDENTIFICATION_CODE")
    account_number: Text = custom(code="SUPPLIER_ACCOUNT_NUMBER")
    legal_address: Text = custom(code="SUPPLIER_LEGAL_ADDRESS")
    real_address: Text = custom(code="SUPPLIER_REAL_ADDRESS")
    director_name: Text = custom(code="SUPPLIER_DIRECTOR_NAME")
    director_post: Text = custom(code="SUPPLIER_DIRECTOR_POST")
    accountant_name: Text = custom(code="SUPPLIER_ACCOUNTANT_NAME")
    accountant_post: Text = custom(code="SUPPLIER_ACCOUNTANT_POST")
    phone: Text = custom(code="SUPPLIER_PHONE")


__all__ = ["Invoice", "InvoiceStatus", "Seller", "VatType"]
