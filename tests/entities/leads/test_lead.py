"""What is linked to a lead: sent with as few calls as Kommo allows, new objects first; includes and loads."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kommo_orm import (
    BadRequest,
    Company,
    Contact,
    FlushError,
    Kommo,
    Lead,
    NotLoaded,
    QueryError,
    Session,
    aload,
    load,
)
from kommo_orm.sandbox import Sandbox
from kommo_orm.unit.report import DependencyFailed
from tests.account import Deal, Person, asked, bodies, ids_of, sent


def main_of(sandbox: Sandbox, pk: int) -> int:
    row = sandbox.row("leads", pk)
    assert row is not None
    return int(next(item["id"] for item in row["_embedded"]["contacts"] if item["is_main"]))


# ---- saving
def test_a_new_lead_is_created_with_what_it_is_related_to_in_three_requests(kommo: Kommo, sandbox: Sandbox):
    deal = Deal(name="New deal", price=10, budget=500)
    deal.company = Company(name="Romashka")
    deal.contacts.add(Person(name="Ann", phone="+1555000100"), main=True)
    deal.contacts.add(Person(name="Bob"))
    deal.save()
    assert [(method, path, len(body)) for method, path, body in sent(sandbox)] == [
        ("POST", "/api/v4/companies", 1),
        ("POST", "/api/v4/contacts", 2),
        ("POST", "/api/v4/leads", 1),
    ]
    ann, bob = deal.contacts
    assert ids_of(sandbox, "leads", deal.id, "contacts") == [ann.id, bob.id]
    assert ids_of(sandbox, "leads", deal.id, "companies") == [deal.company_id]
    assert main_of(sandbox, deal.id) == ann.id
    assert deal.company is not None
    assert deal.company.name == "Romashka"
    for model in (deal, ann, bob, deal.company):
        assert model.changes == {}


def test_the_creation_itself_carries_the_links(kommo: Kommo, sandbox: Sandbox):
    ann, olive = sandbox.add("contacts", name="Ann")["id"], sandbox.add("companies", name="Olive")["id"]
    lead = Lead(name="Roof")
    lead.contacts.add(ann, main=True)
    lead.company = olive
    lead.save()
    [[body]] = bodies(sandbox, "POST")
    assert body["_embedded"] == {"contacts": [{"id": ann, "is_main": True}], "companies": [{"id": olive}]}


def test_links_of_a_stored_lead_are_one_request_and_unlinks_another(kommo: Kommo, sandbox: Sandbox):
    ann, bob, cat = (sandbox.add("contacts", name=name)["id"] for name in ("Ann", "Bob", "Cat"))
    olive, pine = (sandbox.add("companies", name=name)["id"] for name in ("Olive", "Pine"))
    lead = Lead.objects.get(sandbox.add("leads", name="Roof", contacts=[ann, bob], company=olive)["id"])
    lead.contacts.remove(ann)
    lead.contacts.add(cat, main=True)
    lead.company = pine
    assert sent(sandbox) == []
    lead.save()
    assert [(method, path) for method, path, _ in sent(sandbox)] == [
        ("POST", f"/api/v4/leads/{lead.id}/unlink"),
        ("POST", f"/api/v4/leads/{lead.id}/link"),
    ]
    assert ids_of(sandbox, "leads", lead.id, "contacts") == [bob, cat]
    assert main_of(sandbox, lead.id) == cat
    assert ids_of(sandbox, "leads", lead.id, "companies") == [pine]
    assert (lead.contacts.ids, lead.company_id, lead.changes) == ((bob, cat), pine, {})
    lead.refresh()
    assert (lead.contacts.ids, lead.company_id) == ((bob, cat), pine)


def test_fields_and_links_of_one_save(kommo: Kommo, sandbox: Sandbox):
    lead = Lead.objects.get(sandbox.add("leads", name="Roof")["id"])
    lead.price = 5
    lead.contacts.add(Contact(name="New"))
    lead.save()
    assert [(method, path) for method, path, _ in sent(sandbox)] == [
        ("POST", "/api/v4/contacts"),
        ("PATCH", f"/api/v4/leads/{lead.id}"),
        ("POST", f"/api/v4/leads/{lead.id}/link"),
    ]
    assert sent(sandbox)[1][2] == {"price": 5}


def test_only_the_main_contact_can_change(kommo: Kommo, sandbox: Sandbox):
    ann, bob = (sandbox.add("contacts", name=name)["id"] for name in ("Ann", "Bob"))
    lead = Lead.objects.get(sandbox.add("leads", name="Roof", contacts=[ann, bob])["id"])
    assert main_of(sandbox, lead.id) == ann
    lead.contacts.add(bob, main=True)
    lead.save()
    assert bodies(sandbox, "POST") == [
        [{"to_entity_id": bob, "to_entity_type": "contacts", "metadata": {"is_main": True}}]
    ]
    assert main_of(sandbox, lead.id) == bob
    assert lead.contacts.main is not None
    assert (lead.contacts.main.id, lead.changes) == (bob, {})


def test_a_reference_links_and_unlinks_without_reading(kommo: Kommo, sandbox: Sandbox):
    ann, bob = (sandbox.add("contacts", name=name)["id"] for name in ("Ann", "Bob"))
    pk = sandbox.add("leads", name="Roof", contacts=[ann])["id"]
    lead = Lead(id=pk)
    lead.contacts.add(bob)
    lead.contacts.remove(ann)
    lead.save()
    assert ids_of(sandbox, "leads", pk, "contacts") == [bob]
    assert asked(sandbox) == []
    assert not lead.has_changes
    with pytest.raises(NotLoaded):
        lead.contacts.ids  # noqa: B018


def test_new_objects_come_along_from_both_sides_and_over_several_steps(kommo: Kommo, sandbox: Sandbox):
    contact = Contact(name="Ann")
    contact.company = Company(name="Olive")
    lead = Lead(name="Roof")
    lead.contacts.add(contact)
    contact.leads.add(lead)
    lead.save()
    assert [(method, path) for method, path, _ in sent(sandbox)] == [
        ("POST", "/api/v4/companies"),
        ("POST", "/api/v4/contacts"),
        ("POST", "/api/v4/leads"),
        ("POST", f"/api/v4/contacts/{contact.id}/link"),
    ]
    assert ids_of(sandbox, "contacts", contact.id, "companies") == [contact.company_id]
    assert ids_of(sandbox, "leads", lead.id, "contacts") == [contact.id]
    for model in (lead, contact, contact.company):
        assert model is not None
        assert model.changes == {}


def test_stored_related_objects_are_not_saved_with_it(kommo: Kommo, sandbox: Sandbox):
    ann = Contact.objects.get(sandbox.add("contacts", name="Ann")["id"])
    ann.name = "Anna"
    lead = Lead(name="Roof")
    lead.contacts.add(ann)
    lead.save()
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/leads"]
    assert ann.has_changes


def test_what_depends_on_a_refused_object_is_not_sent_and_both_stay_pending(kommo: Kommo, sandbox: Sandbox):
    lead, ann = Lead(name="Roof"), Contact(name="Ann", responsible_user_id=999)
    lead.contacts.add(ann)
    with pytest.raises(BadRequest, match="new Contact 'Ann' was refused: responsible_user_id") as refused:
        lead.save()
    assert refused.value.items[0].object is ann
    with pytest.raises(FlushError) as failed, Session(kommo) as session:
        session.add(lead)
    errors = [one.error for one in failed.value.report.failed]
    assert [type(error) for error in errors] == [BadRequest, DependencyFailed]
    assert "new Lead 'Roof' waits for new Contact 'Ann', which was not saved" in str(errors[1])
    sandbox.log.clear()
    with pytest.raises(BadRequest):
        lead.save()
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/contacts"]
    ann.responsible_user_id = 1001
    lead.save()
    assert ids_of(sandbox, "leads", lead.id, "contacts") == [ann.id]


def test_a_refused_link_fails_the_owner_and_stays_pending(kommo: Kommo, sandbox: Sandbox):
    lead = Lead.objects.get(sandbox.add("leads", name="Roof")["id"])
    lead.contacts.add(999)
    lead.price = 5
    with pytest.raises(BadRequest, match=rf"Lead {lead.id} was refused"):
        lead.save()
    assert lead.changes == {"contacts": ((), (999,))}
    lead.contacts.remove(999)
    assert lead.changes == {}


# ---- includes
@pytest.fixture
def pk(sandbox: Sandbox) -> int:
    ann, bob = (sandbox.add("contacts", name=name)["id"] for name in ("Ann", "Bob"))
    olive = sandbox.add("companies", name="Olive")["id"]
    return int(sandbox.add("leads", name="Roof", contacts=[ann, bob], company=olive)["id"])


def test_an_include_brings_whole_objects_in_one_more_request_a_page(kommo: Kommo, sandbox: Sandbox, pk: int):
    [lead] = Lead.objects.include("contacts", "company")
    assert [contact.name for contact in lead.contacts] == ["Ann", "Bob"]
    assert lead.contacts[1].name == "Bob"
    assert lead.contacts.is_loaded
    assert lead.contacts.main is lead.contacts[0]
    assert lead.company is not None
    assert lead.company.name == "Olive"
    assert lead.changes == {}
    assert asked(sandbox) == ["/api/v4/leads", "/api/v4/contacts", "/api/v4/companies"]


def test_included_objects_are_one_object_a_row(kommo: Kommo, sandbox: Sandbox):
    ann = sandbox.add("contacts", name="Ann")["id"]
    for name in ("a", "b", "c"):
        sandbox.add("leads", name=name, contacts=[ann])
    leads = Lead.objects.include("contacts").list()
    assert len({id(contact) for lead in leads for contact in lead.contacts}) == 1
    assert len(asked(sandbox)) == 2


def test_an_include_is_kept_by_refresh(kommo: Kommo, sandbox: Sandbox, pk: int):
    lead = Lead.objects.include("contacts").get(pk)
    cat = sandbox.add("contacts", name="Cat")["id"]
    other = Lead(id=pk)
    other.contacts.add(cat)
    other.save()
    lead.refresh()
    assert [contact.name for contact in lead.contacts] == ["Ann", "Bob", "Cat"]


def test_load_brings_related_objects_for_a_list_250_ids_a_request(kommo: Kommo, sandbox: Sandbox):
    for number in range(260):
        contacts = [sandbox.add("contacts", name=f"{number}-{index}")["id"] for index in range(2)]
        sandbox.add("leads", name=str(number), contacts=contacts)
    leads = Lead.objects.list()
    sandbox.log.clear()
    load(leads, "contacts", "company")
    assert len(asked(sandbox)) == 3
    assert all(len(list(lead.contacts)) == 2 for lead in leads)
    load(leads, "contacts")
    assert len(asked(sandbox)) == 3  # they are here
    load([], "contacts")


def test_load_knows_its_relations(kommo: Kommo, pk: int):
    with pytest.raises(QueryError, match="Lead has no relation 'contcts' to load"):
        load([Lead.objects.get(pk)], "contcts")
    with pytest.raises(NotLoaded, match="does not know its leads"):
        load([Contact.objects.get(Lead.objects.get(pk).contacts.ids[0])], "leads")


async def test_load_in_async_code(sandbox: Sandbox, pk: int):
    async with sandbox.connect():
        leads = await Lead.objects.alist()
        await aload(leads, "contacts")
        await aload([], "contacts")
    assert [contact.name for contact in leads[0].contacts] == ["Ann", "Bob"]


def test_relations_of_contacts_and_companies_need_an_include(kommo: Kommo, sandbox: Sandbox, pk: int):
    contact = Contact.objects.include("leads", "company").filter(name="Ann").one()
    assert [lead.name for lead in contact.leads] == ["Roof"]
    assert contact.company is None
    company = Company.objects.include("contacts", "leads").first()
    assert company is not None
    assert [lead.name for lead in company.leads] == ["Roof"]
    assert list(company.contacts) == []
    company.contacts.add(contact)
    company.save()
    assert ids_of(sandbox, "companies", company.id, "contacts") == [contact.id]


# ---- values of its own
def test_a_price_with_cents_is_read_and_written_exactly(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Roof", price=Decimal("8450.50"))
    lead.save(refresh=True)
    assert lead.price == Decimal("8450.5")
    lead.price += Decimal("0.01")
    lead.save(refresh=True)
    assert lead.price == Decimal("8450.51")
    assert lead.changes == {}


def test_a_lead_is_closed_and_reopened(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Roof")
    lead.save(refresh=True)
    open_stage = lead.status_id
    lead.status_id = 142
    lead.save()
    assert bodies(sandbox) == [{"status_id": 142}]
    lead.refresh()
    assert lead.closed_at is not None
    lead.status_id = open_stage
    lead.save(refresh=True)
    assert lead.closed_at is None
