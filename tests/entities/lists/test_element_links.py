"""List elements linked to a card: the quantity belongs to the link."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kommo_orm import ConfigurationError, Contact, Kommo, Lead, NotLoaded, load
from kommo_orm.entities.lists.catalog import Catalog
from kommo_orm.entities.lists.catalog_element import CatalogElement
from kommo_orm.entities.lists.element_links import ElementLink
from kommo_orm.sandbox import Sandbox
from tests.account import asked, bodies, sent


@pytest.fixture
def goods(kommo: Kommo) -> int:
    return int(Catalog.objects.create("Goods").id)


@pytest.fixture
def lamp(sandbox: Sandbox, goods: int) -> int:
    return int(sandbox.add("catalog_elements", catalog_id=goods, name="Lamp")["id"])


@pytest.fixture
def chair(sandbox: Sandbox, goods: int) -> int:
    return int(sandbox.add("catalog_elements", catalog_id=goods, name="Chair")["id"])


def lead_with(sandbox: Sandbox, goods: int, **quantities: float) -> Lead:
    """A stored lead with linked elements, read with them."""
    pk = sandbox.add("leads", name="Roof")["id"]
    lead = Lead(id=pk)
    for name, quantity in quantities.items():
        element = next(row["id"] for row in sandbox.rows("catalog_elements") if row["name"] == name)
        lead.catalog_elements.add(element, catalog_id=goods, quantity=quantity)
    lead.save()
    sandbox.log.clear()
    return Lead.objects.include("catalog_elements").get(pk)


def linked(sandbox: Sandbox, pk: int) -> dict[int, float]:
    row = sandbox.row("leads", pk)
    assert row is not None
    return {item["id"]: item["metadata"]["quantity"] for item in row["_embedded"]["catalog_elements"]}


def test_links_are_read_with_their_quantities(kommo: Kommo, sandbox: Sandbox, goods: int, lamp: int, chair: int):
    lead = lead_with(sandbox, goods, Lamp=2, Chair=1.5)
    assert lead.catalog_elements.links == [
        ElementLink(lamp, goods, Decimal(2)),
        ElementLink(chair, goods, Decimal("1.5")),
    ]
    assert lead.catalog_elements.quantity(lamp) == 2
    assert lead.catalog_elements.quantity(CatalogElement(id=chair)) == Decimal("1.5")
    assert lead.catalog_elements.quantity(999) is None
    assert lead.catalog_elements.ids == (lamp, chair)
    assert lead.changes == {}


@pytest.mark.parametrize("metadata", [{"quantity": 1.0}, {"quantity": 1}, {"quantity": "1"}], ids=repr)
def test_quantities_in_odd_forms(metadata: dict[str, Any]):
    for item in (
        {"id": 5, "metadata": {**metadata, "catalog_id": 9}},
        {"id": 5, **metadata, "catalog_id": 9, "metadata": []},
    ):
        lead = Lead.hydrate([{"id": 1, "_embedded": {"catalog_elements": [item]}}])[0]
        assert lead.catalog_elements.links == [ElementLink(5, 9, Decimal(1))]


def test_they_come_on_request_only(kommo: Kommo, sandbox: Sandbox):
    lead = Lead.objects.get(sandbox.add("leads", name="Roof")["id"])
    with pytest.raises(NotLoaded, match=r"does not know its catalog_elements.*.include\('catalog_elements'\)"):
        lead.catalog_elements.links  # noqa: B018


def test_adding_sends_quantity_and_list(kommo: Kommo, sandbox: Sandbox, goods: int, lamp: int, chair: int):
    lead = lead_with(sandbox, goods)
    lead.catalog_elements.add(lamp, catalog_id=goods, quantity=2, price_id=77)
    lead.catalog_elements.add(CatalogElement.objects.of(goods).get(chair), quantity=Decimal("0.5"))
    lead.save()
    [rows] = bodies(sandbox, "POST")
    assert rows == [
        {
            "to_entity_id": lamp,
            "to_entity_type": "catalog_elements",
            "metadata": {"catalog_id": goods, "quantity": 2, "price_id": 77},
        },
        {
            "to_entity_id": chair,
            "to_entity_type": "catalog_elements",
            "metadata": {"catalog_id": goods, "quantity": 0.5},
        },
    ]
    assert linked(sandbox, lead.id) == {lamp: 2, chair: 0.5}
    assert lead.changes == {}
    assert lead.catalog_elements.quantity(lamp) == 2


def test_a_quantity_can_change(kommo: Kommo, sandbox: Sandbox, goods: int, lamp: int):
    lead = lead_with(sandbox, goods, Lamp=2)
    lead.catalog_elements.add(lamp, quantity=2)
    assert lead.changes == {}
    lead.catalog_elements.add(lamp, quantity=5)
    assert lead.has_changes
    assert lead.catalog_elements.quantity(lamp) == 5
    lead.save()
    assert linked(sandbox, lead.id) == {lamp: 5}
    assert lead.catalog_elements.links == [ElementLink(lamp, goods, Decimal(5))]


def test_removing_names_the_list(kommo: Kommo, sandbox: Sandbox, goods: int, lamp: int):
    lead = lead_with(sandbox, goods, Lamp=2)
    lead.catalog_elements.remove(lamp)
    lead.save()
    assert sent(sandbox) == [
        (
            "POST",
            f"/api/v4/leads/{lead.id}/unlink",
            [{"to_entity_id": lamp, "to_entity_type": "catalog_elements", "metadata": {"catalog_id": goods}}],
        )
    ]
    assert linked(sandbox, lead.id) == {}


def test_the_elements_themselves_come_list_by_list(kommo: Kommo, sandbox: Sandbox, goods: int, lamp: int, chair: int):
    cars = Catalog.objects.create("Cars").id
    sandbox.add("catalog_elements", catalog_id=cars, name="Van")
    lead = lead_with(sandbox, goods, Lamp=1, Chair=2)
    other = Lead(id=lead.id)
    van = next(row["id"] for row in sandbox.rows("catalog_elements") if row["name"] == "Van")
    other.catalog_elements.add(van, catalog_id=cars)
    other.save()
    lead.refresh()
    sandbox.log.clear()
    load([lead], "catalog_elements")
    assert [element.name for element in lead.catalog_elements] == ["Lamp", "Chair", "Van"]
    assert asked(sandbox) == [f"/api/v4/catalogs/{goods}/elements", f"/api/v4/catalogs/{cars}/elements"]
    included = Lead.objects.include("catalog_elements").get(lead.id)
    assert [element.name for element in included.catalog_elements] == ["Lamp", "Chair", "Van"]


def test_what_makes_no_sense_is_refused(kommo: Kommo, sandbox: Sandbox, goods: int, lamp: int):
    lead = Lead(name="Roof")
    for wrong in (0, -1, Decimal(0)):
        with pytest.raises(ConfigurationError, match="A quantity is positive, got"):
            lead.catalog_elements.add(lamp, catalog_id=goods, quantity=wrong)
    with pytest.raises(
        ConfigurationError,
        match=rf"Cannot link element {lamp}: its list is unknown. Name it: add\({lamp}, catalog_id=...\)",
    ):
        lead.catalog_elements.add(lamp)
    with pytest.raises(ConfigurationError, match="links catalog_elements; Contact is not one of them"):
        lead.catalog_elements.add(Contact(name="Ann"))
    assert "catalog_elements" not in lead.changes


def test_a_new_element_is_created_first(kommo: Kommo, sandbox: Sandbox, goods: int):
    lead, new = Lead(name="Roof"), CatalogElement(name="New", catalog_id=goods)
    lead.catalog_elements.add(new, quantity=3)
    assert lead.catalog_elements.links == [ElementLink(None, None, Decimal(3))]
    lead.save()
    assert linked(sandbox, lead.id) == {new.id: 3}
    assert lead.catalog_elements.links[0].id == new.id
    assert lead.changes == {}
