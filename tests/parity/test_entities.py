"""Contacts, companies, leads, tasks, notes, lists: what each of them could do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import (
    CallIn,
    Catalog,
    CatalogElement,
    Company,
    ConfigurationError,
    Contact,
    Customer,
    Kommo,
    Lead,
    Note,
    ServiceMessage,
    SmsOut,
    Status,
    Task,
    UnknownParams,
)
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, ids_of
from tests.parity.ledger import proves

TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)


def ids(sandbox: Sandbox, kind: str, count: int) -> list[int]:
    return [int(sandbox.add(kind, name=f"{kind} {number}")["id"]) for number in range(count)]


@proves(80, "B3")
def test_a_contact_has_first_and_last_name(sandbox: Sandbox, kommo: Kommo) -> None:
    contact = Contact(first_name="Ann", last_name="Smith")
    contact.save(using=kommo)
    row = sandbox.rows("contacts")[0]
    assert (row["first_name"], row["last_name"]) == ("Ann", "Smith")


@proves(81, 83, "R4")
def test_a_contact_is_linked_and_unlinked(sandbox: Sandbox, kommo: Kommo) -> None:
    leads, (company,) = ids(sandbox, "leads", 2), ids(sandbox, "companies", 1)
    contact = Contact(name="Ann")
    contact.leads.add(*(Lead(id=pk) for pk in leads))
    contact.company = Company(id=company)
    contact.save(using=kommo)
    assert [ids_of(sandbox, "leads", pk, "contacts") for pk in leads] == [[contact.id], [contact.id]]
    contact = Contact.objects.using(kommo).include("leads").get(contact.id)
    contact.leads.remove(leads[0])
    contact.company = None
    contact.save()
    assert [ids_of(sandbox, "leads", pk, "contacts") for pk in leads] == [[], [contact.id]]
    assert ids_of(sandbox, "contacts", contact.id, "companies") == []


@proves(85, 86)
def test_a_company_is_linked(sandbox: Sandbox, kommo: Kommo) -> None:
    (lead,), (contact,) = ids(sandbox, "leads", 1), ids(sandbox, "contacts", 1)
    company = Company(name="Romashka")
    company.leads.add(Lead(id=lead))
    company.contacts.add(Contact(id=contact))
    company.save(using=kommo)
    assert ids_of(sandbox, "leads", lead, "companies") == [company.id]
    assert ids_of(sandbox, "companies", company.id, "contacts") == [contact]
    company = Company.objects.using(kommo).include("leads", "contacts").get(company.id)
    company.leads.remove(lead)
    company.contacts.remove(contact)
    company.save()
    assert ids_of(sandbox, "leads", lead, "companies") == []
    assert ids_of(sandbox, "companies", company.id, "contacts") == []


@proves(87, "B21", "R4")
def test_a_lead_begins_in_the_pipeline_that_is_named(sandbox: Sandbox, kommo: Kommo) -> None:
    other = sandbox.add("pipelines", name="Other", is_main=False, sort=20, is_unsorted_on=False)
    lead = Lead(name="Roof", price=Decimal("12.50"), pipeline_id=other["id"])
    lead.save(using=kommo)
    row = sandbox.rows("leads")[0]
    assert row["pipeline_id"] == other["id"]
    assert lead.price == Decimal("12.50")


@proves(88, 89, 129, "R4")
def test_contacts_of_a_lead_are_added_and_removed(sandbox: Sandbox, kommo: Kommo) -> None:
    one, two, three = ids(sandbox, "contacts", 3)
    lead = Lead(name="Roof")
    lead.contacts.add(Contact(id=one))
    lead.contacts.add(Contact(id=one), Contact(id=two))
    lead.contacts.add(Contact(id=three))
    lead.contacts.remove(three)
    lead.save(using=kommo)
    assert ids_of(sandbox, "leads", lead.id, "contacts") == [one, two]
    lead = Lead.objects.using(kommo).get(lead.id)
    lead.contacts.remove(one)
    lead.contacts.remove(one)
    lead.contacts.add(Contact(id=one))  # taken back
    lead.contacts.remove(two)
    lead.save()
    assert ids_of(sandbox, "leads", lead.id, "contacts") == [one]


@proves(90, 91, 129)
def test_the_company_of_a_lead_is_set_and_taken_away(sandbox: Sandbox, kommo: Kommo) -> None:
    one, two = ids(sandbox, "companies", 2)
    lead = Lead(name="Roof")
    lead.company = Company(id=one)
    lead.company = Company(id=one)
    lead.save(using=kommo)
    lead.company = Company(id=two)
    lead.save()
    assert ids_of(sandbox, "leads", lead.id, "companies") == [two]
    lead.company = None
    lead.company = Company(id=two)
    lead.save()
    assert ids_of(sandbox, "leads", lead.id, "companies") == [two]
    lead.company = None
    lead.save()
    assert ids_of(sandbox, "leads", lead.id, "companies") == []


@proves(92, "B6")
def test_list_elements_are_linked_with_quantities_and_detached(sandbox: Sandbox, kommo: Kommo) -> None:
    catalog = Catalog.objects.using(kommo).create("Cars")
    van = CatalogElement.objects.using(kommo).of(catalog).create("Van")
    lead = Lead.objects.using(kommo).create(name="Roof")
    lead.catalog_elements.add(van, quantity=2)
    lead.save()
    (link,) = lead.links.list("catalog_elements")
    assert (link.id, link.catalog_id, link.quantity) == (van.id, catalog.id, Decimal(2))
    lead.catalog_elements.remove(van)
    lead.save()
    assert lead.links.list() == []


@proves(93, 94, "R5")
def test_a_task_is_created_changed_and_completed(sandbox: Sandbox, kommo: Kommo) -> None:
    lead = Lead.objects.using(kommo).create(name="Roof")
    task = Task.objects.using(kommo).create(
        text="Meet", complete_till=TOMORROW, entity=lead, task_type_id=2, duration=1800
    )
    task.text = "Meet them"
    task.save()
    task.complete("Agreed")
    row = sandbox.rows("tasks")[0]
    assert (row["text"], row["task_type_id"], row["duration"], row["is_completed"]) == ("Meet them", 2, 1800, True)
    assert row["result"] == {"text": "Agreed"}
    assert bodies(sandbox) == [{"text": "Meet them"}, {"is_completed": True, "result": {"text": "Agreed"}}]


@proves(96, 97, "B22", "R5")
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ("Hello", {"text": "Hello"}),
        (ServiceMessage(service="Robot", text="Done"), {"service": "Robot", "text": "Done"}),
        (SmsOut(phone="+1555", text="Hi"), {"phone": "+1555", "text": "Hi"}),
        (
            CallIn(uniq="u-1", duration=60, source="pbx", link="https://a.example/1.mp3", phone="+1555"),
            {"uniq": "u-1", "duration": 60, "source": "pbx", "link": "https://a.example/1.mp3", "phone": "+1555"},
        ),
    ],
    ids=["common", "service", "sms", "call"],
)
def test_every_type_of_note_has_its_own_parameters(
    sandbox: Sandbox, kommo: Kommo, params: Any, expected: dict[str, Any]
) -> None:
    lead = Lead.objects.using(kommo).create(name="Roof")
    note = lead.notes.create(params)
    assert sandbox.rows("notes")[0]["params"] == expected
    assert Note.objects.using(kommo).of(Lead).get(note.id).params == note.params


@proves(97)
def test_what_happened_to_a_card_is_in_its_events(sandbox: Sandbox, kommo: Kommo) -> None:
    """Notes of the types 1, 2, 3 and 12 became events."""
    lead = Lead.objects.using(kommo).create(name="Roof")
    lead.win()
    assert [event.type for event in lead.events.all()] == ["lead_status_changed", "lead_added"]


@proves(98, 99, "R6")
def test_lists_and_their_elements_are_kept(sandbox: Sandbox, kommo: Kommo) -> None:
    cars = Catalog.objects.using(kommo).create("Cars", can_link_multiple=False)
    van = CatalogElement.objects.using(kommo).of(cars).create("Van")
    van.name = "Blue van"
    van.save()
    assert [row["name"] for row in sandbox.rows("catalog_elements")] == ["Blue van"]
    with pytest.raises(ConfigurationError, match="list"):
        CatalogElement(name="Nowhere").save(using=kommo)
    van.delete()
    cars.delete()
    assert sandbox.rows("catalogs") == []


@proves(99)
def test_a_list_by_its_name_is_a_class(sandbox: Sandbox, kommo: Kommo) -> None:
    class Car(CatalogElement, catalog="Cars"):
        pass

    cars = Catalog.objects.using(kommo).create("Cars")
    van = Car(name="Van")
    van.save(using=kommo)
    assert van.catalog_id == cars.id
    assert [car.name for car in Car.objects.using(kommo)] == ["Van"]


@proves(109)
def test_pipelines_and_their_stages_are_lists(sandbox: Sandbox, kommo: Kommo) -> None:
    from kommo_orm import Pipeline

    pipelines = Pipeline.objects.using(kommo).list()
    assert [pipeline.id for pipeline in pipelines] == [row["id"] for row in sandbox.rows("pipelines")]
    assert {142, 143} <= {status.id for status in Status.objects.using(kommo).of(pipelines[0])}


@proves(127, "R8")
def test_the_account_is_typed(sandbox: Sandbox, kommo: Kommo) -> None:
    from kommo_orm import CustomField, Pipeline, User

    account = kommo.account("task_types", "users_groups")
    assert account.subdomain == sandbox.subdomain
    assert {kind.id for kind in account.task_types} >= {1, 2}
    assert [group.name for group in account.users_groups]
    assert [user.id for user in User.objects.using(kommo)] == [user["id"] for user in sandbox.users]
    assert {field.name for field in CustomField.objects.using(kommo).of(Lead)} >= {"Budget", "Source"}
    assert Pipeline.objects.using(kommo).list()


@proves(97)
def test_notes_that_only_the_service_writes_are_refused(sandbox: Sandbox, kommo: Kommo) -> None:
    lead = Lead.objects.using(kommo).create(name="Roof")
    with pytest.raises(ValidationError, match="read-only"):
        Note(entity=lead, note_type="lead_created")  # type: ignore[call-arg]
    with pytest.raises((ConfigurationError, ValidationError), match="written by Kommo"):
        lead.notes.create(UnknownParams())  # type: ignore[arg-type]
    assert sandbox.rows("notes") == []


@proves(82, 86)
def test_customers_are_linked_to_contacts_and_companies(kommo: Kommo) -> None:
    Customer.objects.using(kommo).enable("periodicity")
    customer = Customer.objects.using(kommo).create(name="Ann's shop", next_date=TOMORROW)
    contact, company = Contact(name="Ann"), Company(name="Romashka")
    contact.customers.add(customer)
    company.customers.add(customer)
    for one in (contact, company):
        one.save(using=kommo)
    assert {(link.kind, link.id) for link in customer.links.list()} == {
        ("contacts", contact.id),
        ("companies", company.id),
    }
    contact = Contact.objects.using(kommo).include("customers").get(contact.id)
    contact.customers.remove(customer)
    contact.save()
    assert [link.kind for link in customer.links.list()] == ["companies"]
