"""Contacts, companies and elements of cards: linked, unlinked, replaced; tags."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from kommo_orm import Company, Contact, Lead, Link
from kommo_orm.errors import ConfigurationError

if TYPE_CHECKING:
    from tests.dialects.suite.spoken import Spoken


@pytest.fixture
def people(spoken: Spoken) -> list[Contact]:
    made = [Contact(name=name) for name in ("Ana", "Bo", "Cy")]
    Contact.objects.bulk_create(made)
    return made


def test_a_new_lead_is_saved_with_new_ones_it_is_linked_to(spoken: Spoken) -> None:
    lead, ana, firm = Lead(name="x"), Contact(name="Ana"), Company(name="Olive")
    lead.contacts.add(ana, main=True)
    lead.company = firm
    ana.company = firm
    lead.save()
    found = Lead.objects.include("contacts", "company").get(lead.id)
    assert [contact.name for contact in found.contacts] == ["Ana"]
    assert found.contacts.main is not None
    assert found.contacts.main.id == ana.id
    assert found.company is not None
    assert found.company.name == "Olive"
    assert spoken.linked("contacts", ana.id, "companies") == [firm.id]


def test_links_are_added_removed_replaced_and_cleared(spoken: Spoken, people: list[Contact]) -> None:
    ana, bo, cy = people
    lead = Lead(name="x")
    lead.contacts.add(ana, bo)
    lead.save()
    assert set(spoken.linked("leads", lead.id, "contacts")) == {ana.id, bo.id}

    lead = Lead.objects.get(lead.id)
    lead.contacts.remove(ana)
    lead.contacts.add(cy)
    lead.save()
    assert set(spoken.linked("leads", lead.id, "contacts")) == {bo.id, cy.id}
    assert not lead.has_changes

    lead.contacts.set([ana])
    lead.save()
    assert spoken.linked("leads", lead.id, "contacts") == [ana.id]

    lead.contacts.clear()
    lead.save()
    assert Lead.objects.get(lead.id).contacts.ids == ()


def test_another_company_takes_the_place_of_the_first(spoken: Spoken) -> None:
    one, two = Company(name="one"), Company(name="two")
    lead = Lead(name="x")
    lead.company = one
    lead.save()
    lead.company = two
    lead.save()
    assert Lead.objects.get(lead.id).company_id == two.id
    lead.company = None
    lead.save()
    assert Lead.objects.get(lead.id).company_id is None


def test_links_from_the_other_side(spoken: Spoken, people: list[Contact]) -> None:
    lead = Lead(name="new")
    people[0].leads.add(lead)
    people[0].save()
    assert lead.id is not None
    assert spoken.linked("leads", lead.id, "contacts") == [people[0].id]
    found = Contact.objects.include("leads").get(people[0].id)
    assert [one.name for one in found.leads] == ["new"]
    found.leads.remove(lead)
    found.save()
    assert spoken.linked("leads", lead.id, "contacts") == []


def test_links_and_values_of_many_go_together(spoken: Spoken, people: list[Contact]) -> None:
    leads = [Lead(name=str(number)) for number in range(5)]
    Lead.objects.bulk_create(leads)
    spoken.forget()
    for lead in leads:
        lead.price = 5
        lead.contacts.add(people[0])
    report = Lead.objects.bulk_update(leads)
    assert len(report.updated) == 5
    assert report.requests == (2 if spoken.dialect == "v4" else 1)
    assert all(spoken.linked("leads", lead.id, "contacts") == [people[0].id] for lead in leads)


def test_changed_links_without_other_changes_are_saved(spoken: Spoken, people: list[Contact]) -> None:
    lead = Lead(name="x")
    lead.save()
    spoken.forget()
    lead.contacts.add(people[0])
    lead.save()
    assert len(spoken.sent) == 1
    lead.save()
    assert len(spoken.sent) == 1
    assert spoken.linked("leads", lead.id, "contacts") == [people[0].id]


def test_the_links_of_a_card_are_listed(spoken: Spoken, people: list[Contact]) -> None:
    lead = Lead(name="x")
    lead.contacts.add(people[0], main=True)
    lead.company = Company(name="Olive")
    lead.save()
    links = {(link.kind, link.id): link.is_main for link in Lead.objects.get(lead.id).links.list()}
    assert links.keys() == {("contacts", people[0].id), ("companies", lead.company_id)}
    assert links["contacts", people[0].id] is True
    found = Link.objects.of(lead).filter(to_entity_type="contacts")
    assert [(link.kind, link.id) for link in found.list()] == [("contacts", people[0].id)]


def test_elements_are_linked_with_quantities(spoken: Spoken) -> None:
    stock = spoken.sandbox.add("catalogs", name="Stock")
    lamp = spoken.sandbox.add("catalog_elements", name="Lamp", catalog_id=stock["id"])
    lead = Lead(name="x")
    lead.catalog_elements.add(lamp["id"], catalog_id=stock["id"], quantity=2)
    lead.save()
    found = Lead.objects.include("catalog_elements").get(lead.id)
    assert [(one.id, one.catalog_id, one.quantity) for one in found.catalog_elements.links] == [
        (lamp["id"], stock["id"], Decimal(2))
    ]
    found.catalog_elements.add(lamp["id"], catalog_id=stock["id"], quantity=5)
    found.save()
    again = Lead.objects.include("catalog_elements").get(lead.id)
    assert again.catalog_elements.quantity(lamp["id"]) == Decimal(5)


# ---- tags
def test_tags_are_added_and_removed(spoken: Spoken) -> None:
    lead = Lead(name="x")
    lead.tags.add("vip", "paid")
    lead.save()
    found = Lead.objects.get(lead.id)
    assert set(found.tags.names) == {"vip", "paid"}
    found.tags.remove("vip")
    found.tags.add("late")
    found.save()
    assert set(Lead.objects.get(lead.id).tags.names) == {"paid", "late"}
    assert set(found.tags.names) == {"paid", "late"}
    assert not found.has_changes
    found.tags.clear()
    found.save()
    assert Lead.objects.get(lead.id).tags.names == ()


def test_all_tags_go_where_nobody_knows_which_there_are(spoken: Spoken) -> None:
    lead = Lead(name="x")
    lead.tags.add("vip")
    lead.save()
    other = Lead(id=lead.id)
    other.tags.clear()
    other.save()
    assert Lead.objects.get(lead.id).tags.names == ()


def test_v2_must_know_the_other_tags(v2: Spoken) -> None:
    lead = Lead(id=5)
    lead.tags.add("vip")
    with pytest.raises(ConfigurationError, match="writes all tags of an object together, and they are not loaded"):
        lead.save()
    assert not v2.sent


def test_a_comma_is_part_of_a_tags_name(v2: Spoken) -> None:
    lead = Lead(name="x")
    lead.tags.add("rich, and famous")
    lead.save()
    assert v2.written("leads")[0]["tags"] == ["rich, and famous"]
    assert Lead.objects.get(lead.id).tags.names == ("rich, and famous",)


def test_v2_attaches_tags_of_leads_by_ids_too(v2: Spoken) -> None:
    first = Lead(name="x")
    first.tags.add("vip")
    first.save()
    (pk,) = Lead.objects.get(first.id).tags.ids
    second = Lead(name="y")
    second.tags.add(pk)
    second.save()
    assert v2.written("leads")[-1]["tags"] == [pk]
    assert Lead.objects.get(second.id).tags.names == ("vip",)
    company = Company(name="c")
    company.tags.add(pk)
    with pytest.raises(ConfigurationError, match="attaches tags by their names"):
        company.save()
