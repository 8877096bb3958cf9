"""The list of products switched on; lists found by their type; invoices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from kommo_orm import (
    Catalog,
    CatalogElement,
    ConfigurationError,
    CustomField,
    CustomFieldGroup,
    Forbidden,
    Invoice,
    InvoiceStatus,
    Item,
    Kommo,
    PayerValue,
    Price,
    ProductsSettings,
    QueryError,
    Seller,
    Session,
    SupplierValue,
    Text,
    VatType,
    custom,
)
from kommo_orm.sandbox import Sandbox
from tests.account import asked, bodies, sent


class Ware(CatalogElement, catalog_type="products"):
    sku: Text = custom(code="SKU")
    price: Price = custom(code="PRICE")


class Named(CatalogElement, catalog="Products"):
    pass


# ---- settings
def test_products_are_switched_on_and_off(kommo: Kommo, sandbox: Sandbox):
    assert Catalog.objects.products_settings() == ProductsSettings.from_raw({"is_enabled": False, "catalog_id": None})
    on = Catalog.objects.switch_products(on=True)
    assert on.is_enabled
    assert sent(sandbox) == [("PATCH", "/api/v4/catalogs/products/settings", {"is_enabled": True})]
    assert [catalog.id for catalog in Catalog.objects.filter(type="products")] == [on.catalog_id]
    assert Catalog.objects.products_settings().is_enabled
    off = Catalog.objects.switch_products(on=False)
    assert off.is_enabled is False
    with pytest.raises(QueryError, match="on=True or on=False"):
        Catalog.objects.switch_products(on=1)  # type: ignore[arg-type]


async def test_products_in_async_code(kommo: Kommo):
    assert (await Catalog.objects.aswitch_products(on=True)).is_enabled
    assert (await Catalog.objects.aproducts_settings()).is_enabled


def test_switching_is_for_administrators(sandbox: Sandbox):
    sandbox.faults.next(403, method="PATCH", path="/api/v4/catalogs/products/settings")
    with sandbox.connect(backoff=0) as kommo, pytest.raises(Forbidden):
        Catalog.objects.using(kommo).switch_products(on=True)


def test_settings_keep_unknown_keys():
    told = ProductsSettings.from_raw({"is_enabled": True, "colour": "red"})
    assert (told.is_enabled, told.catalog_id, told.extra) == (True, None, {"colour": "red"})
    assert ProductsSettings.from_raw([]).is_enabled is None


# ---- lists by their type
def test_a_class_finds_its_list_by_type(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match="no list of type 'products'.*switch_products"):
        Ware.objects.list()
    Catalog.objects.switch_products(on=True)
    sandbox.log.clear()
    lamp = Ware(name="Lamp", sku="L", price=49.5)
    lamp.save()
    assert [(ware.sku, ware.price) for ware in Ware.objects] == [("L", Decimal("49.5"))]
    assert asked(sandbox).count("/api/v4/catalogs") == 1
    assert kommo.check(Ware) == []


@pytest.mark.parametrize("given", [{"catalog_type": "regular"}, {"catalog_type": "products", "catalog": 5}])
def test_only_types_of_which_there_is_one(given: dict[str, Any]):
    with pytest.raises(ConfigurationError, match="give either catalog= .* or catalog_type="):
        type("Wrong", (CatalogElement,), {}, **given)


def test_the_sandbox_makes_the_list_of_a_type(sandbox: Sandbox, kommo: Kommo):
    sandbox.define(Ware, Invoice)
    assert {catalog.type for catalog in Catalog.objects} == {"products", "invoices"}
    assert kommo.check(Ware, Invoice) == []


def test_a_list_that_was_renamed_or_deleted_is_asked_again(kommo: Kommo):
    goods = Catalog.objects.create("Products")
    Named(name="Lamp").save()
    goods.name = "Wares"
    goods.save()
    with pytest.raises(ConfigurationError, match="no list named 'Products'"):
        Named.objects.list()


# ---- definitions of a list that is found by name
def test_definitions_of_a_named_list(kommo: Kommo, sandbox: Sandbox):
    goods = Catalog.objects.create("Products")
    sandbox.log.clear()
    size = CustomField.objects.of(Named).create("Size", "text")
    assert [path for _, path, _ in sent(sandbox)] == [f"/api/v4/catalogs/{goods.id}/custom_fields"]
    assert (size.catalog_id, size.entity_type) == (goods.id, "catalogs")
    assert CustomField.objects.of(Named).get(size.id).name == "Size"
    assert [field.name for field in CustomField.objects.of(Named).filter(type="text")] == ["Size"]
    report = CustomField.objects.of(Named).bulk_create(
        [CustomField(name="A", type="text"), CustomField(name="B", type="text")]
    )
    assert len(report.created) == 2
    group = CustomFieldGroup.objects.of(Named).create("Measures", fields=[size.id])
    assert [one.id for one in CustomFieldGroup.objects.of(Named)][-1] == group.id
    group.delete()
    CustomField.objects.of(Named).filter(type="text").delete()
    assert CustomField.objects.of(Named).list() == []
    assert asked(sandbox).count("/api/v4/catalogs") == 1


async def test_definitions_of_a_named_list_in_async_code(kommo: Kommo):
    await Catalog.objects.acreate("Products")
    field = await CustomField.objects.of(Named).acreate("Size", "text")
    await CustomField.objects.of(Named).abulk_create([CustomField(name="A", type="text")])
    assert [one.name async for one in CustomField.objects.of(Named)] == ["Size", "A"]
    assert (await CustomField.objects.of(Named).aget(field.id)).name == "Size"


def test_a_named_list_that_is_absent_is_an_error(kommo: Kommo):
    with pytest.raises(ConfigurationError, match="no list named 'Products'"):
        CustomField.objects.of(Named).list()
    with pytest.raises(ConfigurationError, match="no list named 'Products'"):
        CustomField.objects.of(Named).create("Size", "text")


# ---- invoices
@pytest.fixture
def invoices(sandbox: Sandbox) -> Sandbox:
    sandbox.define(Invoice, Seller)
    return sandbox


def test_an_invoice_is_written_and_read(kommo: Kommo, invoices: Sandbox):
    seller = Seller(name="Olive SL", vat_id="77-1")
    seller.save()
    ann = invoices.add("contacts", name="Ann")
    invoice = Invoice(name="Invoice 17", status=InvoiceStatus.CREATED, vat_type="vat_included", total=99)
    invoice.payer = PayerValue(entity_id=ann["id"], entity_type="contacts", type="individual")
    invoice.supplier = SupplierValue(seller.id)
    invoice.items.append(Item(description="Lamp", unit_price=49.5, quantity=2))
    invoice.payment_date = date(2026, 11, 24)
    invoice.save()
    found = Invoice.objects.include("invoice_link").get(invoice.id)
    assert (found.status, found.vat_type, found.total) == (InvoiceStatus.CREATED, VatType.INCLUDED, 99)
    assert found.items[0].unit_price == Decimal("49.5")
    assert found.supplier is not None
    assert found.supplier.entity_id == seller.id
    assert (found.payment_date, found.legal_entity, found.comment) == (date(2026, 11, 24), None, None)
    found.status = InvoiceStatus.PAID
    found.save()
    [values] = bodies(invoices)[-1]["custom_fields_values"]
    assert list(values["values"][0]) == ["enum_id"]
    assert Invoice.objects.get(invoice.id).status is InvoiceStatus.PAID


def test_the_link_and_the_warning_of_a_write_are_kept(kommo: Kommo, invoices: Sandbox):
    invoice = Invoice(name="Invoice 18", total=1)
    invoice.save()
    assert invoice.warning is None
    row = {
        "id": invoice.id,
        "invoice_link": "https://pay.example/18",
        "_embedded": {"warning": {"message": "Total is 99"}},
    }
    invoices.faults.next(method="PATCH", status=200, body=row)
    invoice.total = 2
    invoice.save()
    assert (invoice.warning, invoice.invoice_link) == ("Total is 99", "https://pay.example/18")


# ---- deleting
def test_a_thousand_elements_are_deleted_in_four_requests(kommo: Kommo, sandbox: Sandbox):
    lists = [Catalog.objects.create(name) for name in ("One", "Two")]
    for catalog in lists:
        CatalogElement.objects.of(catalog).bulk_create(CatalogElement(name=f"Lamp {number}") for number in range(500))
    with Session(kommo, batch_size=250) as session:
        for catalog in lists:
            for element in session.query(CatalogElement).of(catalog).list():
                session.delete(element)
        sandbox.log.clear()
        report = session.flush()
    assert [(path, len(body["delete"])) for _, path, body in sent(sandbox)] == [("/api/v2/catalog_elements", 250)] * 4
    assert (len(report.deleted), report.requests) == (1000, 4)
    assert sandbox.rows("catalog_elements") == []
    with Session(kommo) as session:
        for catalog in lists:
            session.delete(catalog)
    assert sent(sandbox)[4:] == [("POST", "/api/v2/catalogs", {"delete": [catalog.pk for catalog in lists]})]
    assert Catalog.objects.list() == []
