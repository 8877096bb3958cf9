"""Lists and their elements; a class of one's own stands for a list by its id or its name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import ConfigurationError, Kommo, Lead, NotLoaded, Number, QueryError, Session, Text, custom
from kommo_orm.entities.lists.catalog import Catalog
from kommo_orm.entities.lists.catalog_element import CatalogElement
from kommo_orm.sandbox import Sandbox
from tests.account import asked, bodies, sent


class Product(CatalogElement, catalog="Goods"):
    sku: Text = custom(code="SKU")
    price: Number = custom(name="Price")


@pytest.fixture
def goods(kommo: Kommo, sandbox: Sandbox) -> Catalog:
    catalog = Catalog.objects.create("Goods")
    sandbox.add_field(catalog.id, "Article", "text", code="SKU")
    sandbox.add_field(catalog.id, "Price", "numeric")
    sandbox.log.clear()
    return catalog


def test_lists(kommo: Kommo, sandbox: Sandbox):
    cars = Catalog.objects.create("Cars", can_link_multiple=False)
    assert bodies(sandbox, "POST") == [[{"name": "Cars", "can_link_multiple": False, "request_id": "0"}]]
    assert (cars.type, cars.changes) == ("regular", {})
    cars.sort = 3
    cars.save()
    assert bodies(sandbox) == [{"sort": 3}]
    assert [catalog.name for catalog in Catalog.objects.filter(type="regular")] == ["Cars"]
    assert Catalog.objects.filter(type="products").list() == []
    gone = cars.id
    cars.delete()
    assert bodies(sandbox, "POST")[-1] == {"delete": [gone]}
    assert sandbox.row("catalogs", gone) is None


def test_an_empty_name_is_refused_before_anything_is_sent(kommo: Kommo, sandbox: Sandbox):
    cars = Catalog.objects.create("Cars")
    sandbox.log.clear()
    for make in (
        lambda: Catalog.objects.create(" "),
        lambda: setattr(cars, "name", ""),
        lambda: CatalogElement.objects.of(cars).create(""),
    ):
        with pytest.raises(ConfigurationError, match="its name is empty, and Kommo wants one"):
            make()
            cars.save()
        cars.revert()
    assert not sandbox.log


def test_old_and_new_rows_of_lists_read():
    old = Catalog.hydrate([{"id": 11271, "name": "Goods", "sort": 0, "type": "things", "widgets": []}])[0]
    assert (old.type, old.extra) == ("things", {"widgets": []})
    with pytest.raises(NotLoaded):
        old.can_be_deleted  # noqa: B018


@pytest.mark.parametrize("deleted", [None, False])
def test_odd_rows_of_elements_read(deleted: Any):
    row = {"id": 880, "name": "Lamp", "is_deleted": deleted, "custom_fields_values": [], "request_id": 880}
    element = CatalogElement.hydrate([{**row, "_embedded": {"warning": {"message": "Totals changed"}}}])[0]
    assert (element.is_deleted, len(element.custom_fields), element.warning) == (deleted, 0, "Totals changed")
    assert CatalogElement.hydrate([{**row, "_embedded": []}])[0].warning is None


def test_elements_of_a_list(kommo: Kommo, goods: Catalog, sandbox: Sandbox):
    lamp = CatalogElement.objects.of(goods.id).create("Blue lamp")
    assert sent(sandbox)[0][1] == f"/api/v4/catalogs/{goods.id}/elements"
    assert (lamp.catalog_id, lamp.is_deleted, lamp.changes) == (goods.id, None, {})
    lamp.name = "Red lamp"
    lamp.save()
    assert bodies(sandbox) == [{"name": "Red lamp"}]
    lamp.refresh()
    assert lamp.is_deleted is False
    assert [one.name for one in CatalogElement.objects.of(goods).search("red")] == ["Red lamp"]
    assert CatalogElement.objects.of(goods).filter(id=lamp.id).one().name == "Red lamp"
    assert CatalogElement.objects.of(goods).include("invoice_link").get(lamp.id).invoice_link is None


def test_a_class_finds_its_list_by_name_once(kommo: Kommo, goods: Catalog, sandbox: Sandbox):
    lamp = Product(name="Blue lamp", sku="BL-9", price=49.5)
    lamp.save()
    assert [(product.sku, product.price) for product in Product.objects] == [("BL-9", Decimal("49.5"))]
    assert Product.objects.get(lamp.id).catalog_id == goods.id
    assert asked(sandbox).count("/api/v4/catalogs") == 1
    assert asked(sandbox).count(f"/api/v4/catalogs/{goods.id}/custom_fields") == 1
    lamp.price = 50
    lamp.save()
    assert bodies(sandbox)[0]["custom_fields_values"][0]["values"] == [{"value": "50"}]


def test_a_class_may_know_its_list_by_id(kommo: Kommo, goods: Catalog, sandbox: Sandbox):
    class Thing(CatalogElement, catalog=goods.id):
        sku: Text = custom(code="SKU")

    thing = Thing(name="Lamp", sku="L")
    assert thing.catalog_id == goods.id
    thing.save()
    assert Thing.objects.list()[0].sku == "L"
    assert "/api/v4/catalogs" not in asked(sandbox)


def test_an_unknown_name_is_a_sentence(kommo: Kommo, goods: Catalog):
    class Wrong(CatalogElement, catalog="Godds"):
        pass

    with pytest.raises(ConfigurationError, match="no list named 'Godds'. Did you mean 'Goods'"):
        Wrong.objects.list()
    with pytest.raises(ConfigurationError, match="no list named"):
        Wrong(name="x").save()
    Catalog.objects.create("Twin")
    Catalog.objects.create("Twin")

    class Twin(CatalogElement, catalog="Twin"):
        pass

    with pytest.raises(ConfigurationError, match="2 lists named 'Twin'"):
        Twin.objects.list()


def test_a_list_that_was_made_later_is_found(kommo: Kommo, sandbox: Sandbox):
    class Late(CatalogElement, catalog="Late"):
        pass

    with pytest.raises(ConfigurationError):
        Late.objects.list()
    Catalog.objects.create("Late")
    assert Late.objects.list() == []


def test_wrong_declarations_are_refused():
    for wrong in (True, 2.5):
        with pytest.raises(ConfigurationError, match="catalog= is the id or the name"):
            type("Odd", (CatalogElement,), {}, catalog=wrong)  # type: ignore[call-overload]


def test_what_kommo_cannot_is_refused(kommo: Kommo, goods: Catalog):
    with pytest.raises(QueryError, match="cannot filter elements by sku"):
        Product.objects.filter(Product.sku == "x")
    with pytest.raises(QueryError, match="cannot filter elements by price"):
        Product.objects.filter(price__gte=5)  # type: ignore[call-arg]
    with pytest.raises(QueryError, match="lives under"):
        CatalogElement.objects.list()
    with pytest.raises(QueryError, match="an object or its id"):
        CatalogElement.objects.of(Catalog)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="needs its list"):
        CatalogElement(name="x").save()
    with pytest.raises(ConfigurationError, match="does not know its catalog_id"):
        CatalogElement(id=5, name="x").save()
    with pytest.raises(ValidationError):
        CatalogElement(name="x", catalog_id="y")  # type: ignore[arg-type]


def test_undeclared_fields_of_elements(kommo: Kommo, goods: Catalog):
    lamp = CatalogElement.objects.of(goods).create("Lamp")
    lamp.custom_fields["SKU"] = "BL-9"
    lamp.save()
    lamp.refresh()
    assert lamp.custom_fields["SKU"] == "BL-9"


def test_many_are_updated_at_once(kommo: Kommo, goods: Catalog, sandbox: Sandbox):
    Product.objects.bulk_create([Product(name=name) for name in "abc"])
    report = Product.objects.all().update(Product.price.set(5))
    assert (len(report.updated), report.requests) == (3, 1)


def test_new_elements_are_created_before_they_are_linked(kommo: Kommo, goods: Catalog, sandbox: Sandbox):
    with Session(kommo) as session:
        lead = Lead(name="Order")
        lead.catalog_elements.add(Product(name="New", catalog_id=goods.id), quantity=3)
        session.add(lead)
    assert [path for _, path, _ in sent(sandbox)] == [
        "/api/v4/leads",
        f"/api/v4/catalogs/{goods.id}/elements",
        f"/api/v4/leads/{lead.id}/link",
    ]
    found = Lead.objects.include("catalog_elements").get(lead.id)
    assert [element.name for element in found.catalog_elements] == ["New"]


async def test_async(kommo: Kommo, goods: Catalog):
    made = await CatalogElement.objects.of(goods).acreate("Lamp")
    report = await Product.objects.all().aupdate(name="Light")
    assert len(report.updated) == 1
    assert [one.name async for one in Product.objects] == ["Light"]
    assert (await Product.objects.aget(made.id)).name == "Light"
    assert (await Catalog.objects.acreate("Async")).name == "Async"


def test_declarations_are_checked_against_the_list(kommo: Kommo, goods: Catalog):
    class Misfit(CatalogElement, catalog="Goods"):
        sku: Number = custom(code="SKU")
        colour: Text = custom(name="Colour")

    assert kommo.check(Product) == []
    assert [(found.attribute, found.problem) for found in kommo.check(Misfit)] == [
        ("sku", "type"),
        ("colour", "absent"),
    ]
