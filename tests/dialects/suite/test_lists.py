"""Lists and their elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kommo_orm import Catalog, CatalogElement, Discount, Item, Items, NotFound, Number, Text, custom
from kommo_orm.errors import ConfigurationError, FlushError

if TYPE_CHECKING:
    from tests.dialects.suite.spoken import Spoken


class Lamp(CatalogElement, catalog="Lamps"):
    sku: Text = custom(name="Sku")
    watts: Number = custom(name="Watts")


@pytest.fixture
def lamps(spoken: Spoken) -> Catalog:
    catalog = Catalog.objects.create("Lamps")
    for name, kind in (("Sku", "text"), ("Watts", "numeric")):
        spoken.sandbox.add_field(f"catalogs/{catalog.id}", name, kind)
    return catalog


def test_lists_are_made_changed_and_deleted(spoken: Spoken) -> None:
    one, two = Catalog.objects.create("One"), Catalog.objects.create("Two")
    assert {catalog.name for catalog in Catalog.objects} == {"One", "Two"}
    one.name = "First"
    one.save()
    assert Catalog.objects.get(one.id).name == "First"
    assert [catalog.id for catalog in Catalog.objects.filter(type="regular")] == [one.id, two.id]
    two.delete()
    assert [catalog.name for catalog in Catalog.objects] == ["First"]
    with pytest.raises(NotFound):
        Catalog.objects.get(two.id)


def test_elements_come_back_as_they_were_saved(spoken: Spoken, lamps: Catalog) -> None:
    lamp = Lamp(name="Blue", sku="BL-9", watts=12.5)
    lamp.save()
    found = Lamp.objects.get(lamp.id)
    assert (found.name, found.sku, found.watts, found.catalog_id) == ("Blue", "BL-9", 12.5, lamps.id)
    found.watts = 20
    spoken.forget()
    found.save()
    (row,) = spoken.written("elements" if spoken.dialect == "v4" else "catalog_elements")
    assert row.get("name", "Blue") == "Blue"
    assert (Lamp.objects.get(lamp.id).watts, Lamp.objects.get(lamp.id).sku) == (20, "BL-9")


def test_elements_are_found_and_deleted(spoken: Spoken, lamps: Catalog) -> None:
    made = [Lamp(name=name) for name in ("Blue", "Red", "Green")]
    Lamp.objects.bulk_create(made)
    assert {lamp.name for lamp in Lamp.objects.filter(id__in=[made[0].id, made[1].id])} == {"Blue", "Red"}
    assert [lamp.name for lamp in CatalogElement.objects.of(lamps).search("Gree")] == ["Green"]
    made[0].delete()
    assert {lamp.name for lamp in Lamp.objects} == {"Red", "Green"}
    spoken.forget()
    report = Lamp.objects.all().delete()
    assert len(report.deleted) == 2
    assert len(spoken.sent) == 1
    assert Lamp.objects.list() == []


def test_six_hundred_elements_come_once_each(spoken: Spoken, lamps: Catalog) -> None:
    Lamp.objects.bulk_create([Lamp(name=f"{number}") for number in range(600)])
    found = [lamp.name for lamp in Lamp.objects]
    assert sorted(found, key=int) == [str(number) for number in range(600)]
    some = Lamp.objects.in_bulk(list(Lamp.objects.in_bulk(range(1, 5000)))[:300])
    assert len(some) == 300


def test_elements_deleted_while_they_are_read_leave_no_gap(spoken: Spoken, lamps: Catalog) -> None:
    Lamp.objects.bulk_create([Lamp(name=f"{number}") for number in range(600)])
    seen = 0
    for lamp in Lamp.objects:
        seen += 1
        if seen % 2 and seen < 40:
            lamp.delete()
    assert seen == 600
    assert len(Lamp.objects.list()) == 580


def test_what_is_not_there_is_not_deleted(spoken: Spoken, lamps: Catalog) -> None:
    lamp = Lamp(name="Blue")
    lamp.save()
    session = spoken.kommo.session()
    with pytest.raises(FlushError, match="was not deleted"), session:
        session.delete(lamp)
        session.delete(CatalogElement(id=9999, catalog_id=lamps.id))
    assert session.report.deleted == [lamp]


def test_items_of_an_invoice_come_back(spoken: Spoken) -> None:
    class Invoice(CatalogElement, catalog="Bills"):
        items: Items = custom(code="ITEMS")

    catalog = Catalog.objects.create("Bills", type="invoices")
    if not any(row["type"] == "items" for row in spoken.sandbox.rows("custom_fields")):
        spoken.sandbox.add_field(f"catalogs/{catalog.id}", "Items", "items", code="ITEMS")
    given = Item(description="Lamp", unit_price=49.5, quantity=2, unit_type="pcs", discount=Discount(5, "percentage"))
    invoice = Invoice(name="No 1", items=[given])
    invoice.save()
    (found,) = Invoice.objects.get(invoice.id).items
    assert (found.description, found.unit_price, found.quantity) == ("Lamp", given.unit_price, given.quantity)


def test_v2_wants_the_name_of_an_element(v2: Spoken) -> None:
    element = CatalogElement(id=5, catalog_id=3)
    element.custom_fields[77] = None
    with pytest.raises(ConfigurationError):
        element.save()
    assert not v2.sent


def test_a_changed_name_is_not_taken_back_by_the_next_change(spoken: Spoken, lamps: Catalog) -> None:
    """API v2 wants the name with every change: the one that was saved last, not the one that was read."""
    lamp = Lamp(name="Desk lamp", sku="D-1")
    lamp.save()
    lamp.sku = "D-2"
    lamp.save()
    lamp = Lamp.objects.get(lamp.id)
    lamp.name = "Floor lamp"
    lamp.save()
    lamp.sku = "F-1"
    lamp.save()
    found = Lamp.objects.get(lamp.id)
    assert (found.name, found.sku) == ("Floor lamp", "F-1")
