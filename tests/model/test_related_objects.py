"""Relations: what is linked is known by id, changes are pending until saved, and nothing here talks."""

from __future__ import annotations

import pytest

from kommo_orm import Company, ConfigurationError, Contact, Kommo, Lead, NotLoaded, QueryError
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, Person, bodies, sent


@pytest.fixture
def ann(sandbox: Sandbox) -> int:
    return int(sandbox.add("contacts", name="Ann")["id"])


@pytest.fixture
def bob(sandbox: Sandbox) -> int:
    return int(sandbox.add("contacts", name="Bob")["id"])


@pytest.fixture
def olive(sandbox: Sandbox) -> int:
    return int(sandbox.add("companies", name="Olive")["id"])


@pytest.fixture
def lead(kommo: Kommo, sandbox: Sandbox, ann: int, bob: int, olive: int) -> Lead:
    """A stored lead with two contacts (Ann the main one) and a company; only their ids are known."""
    return Lead.objects.get(sandbox.add("leads", name="Roof", contacts=[ann, bob], company=olive)["id"])


# ---- what is known
def test_ids_are_always_there_and_the_objects_are_not(lead: Lead, ann: int, bob: int, olive: int):
    assert lead.contacts.ids == (ann, bob)
    assert lead.companies.ids == (olive,)
    assert lead.company_id == olive
    assert ann in lead.contacts
    assert Contact(id=bob) in lead.contacts
    assert 999 not in lead.contacts
    assert len(lead.contacts) == 2
    assert lead.contacts
    assert not lead.contacts.is_loaded
    assert repr(lead.contacts) == f"<contacts of Lead {lead.id}: ids ({ann}, {bob})>"


def test_iterating_what_is_not_loaded_names_the_cure(lead: Lead):
    sentence = rf"The contacts of Lead {lead.id} are not loaded \(only their ids, in .ids\). Add .include\('contacts'\)"
    with pytest.raises(NotLoaded, match=sentence):
        list(lead.contacts)
    with pytest.raises(NotLoaded, match=sentence):
        lead.contacts[0]
    with pytest.raises(NotLoaded, match="The companies of Lead"):
        lead.company  # noqa: B018


def test_the_main_contact_is_known_by_its_id(lead: Lead, ann: int):
    assert lead.contacts.main is not None
    assert lead.contacts.main.id == ann
    assert lead.contacts.main.account_name == lead.account_name
    with pytest.raises(NotLoaded, match="reference to row"):
        lead.contacts.main.name  # noqa: B018


def test_relations_that_the_service_was_not_asked_for_are_not_empty_but_unknown(kommo: Kommo, ann: int):
    contact = Contact.objects.get(ann)
    with pytest.raises(
        NotLoaded,
        match=rf"Contact {ann} does not know its leads: the query did not ask for them. Add .include\('leads'\)",
    ):
        contact.leads.ids  # noqa: B018
    for asking in (len, list, bool):
        with pytest.raises(NotLoaded):
            asking(contact.leads)
    assert repr(contact.leads) == f"<leads of Contact {ann}: not loaded>"
    with pytest.raises(NotLoaded):
        Lead(id=5).contacts.ids  # noqa: B018


def test_a_new_object_has_empty_relations():
    lead = Lead(name="Roof")
    assert (lead.contacts.ids, list(lead.contacts), lead.company, lead.company_id, lead.contacts.main) == (
        (),
        [],
        None,
        None,
        None,
    )
    assert not lead.contacts
    assert lead.contacts.is_loaded


def test_relations_cannot_be_filtered_by():
    with pytest.raises(QueryError, match="Kommo cannot filter by Lead.contacts"):
        Lead.contacts == 5  # noqa: B015
    assert Lead.company.__class__.__name__ == "RelatedOne"


# ---- pending changes
def test_adding_is_pending_and_told(lead: Lead, sandbox: Sandbox, ann: int, bob: int):
    cat = sandbox.add("contacts", name="Cat")["id"]
    lead.contacts.add(cat)
    assert lead.contacts.ids == (ann, bob, cat)
    assert lead.changes == {"contacts": ((ann, bob), (ann, bob, cat))}
    assert sent(sandbox) == []


def test_adding_what_is_linked_is_no_change(lead: Lead, ann: int):
    lead.contacts.add(ann, Contact(id=ann))
    lead.contacts.add(ann, main=True)
    assert lead.changes == {}


def test_removing_is_pending_and_told(lead: Lead, ann: int, bob: int):
    lead.contacts.remove(bob)
    assert lead.contacts.ids == (ann,)
    assert lead.changes == {"contacts": ((ann, bob), (ann,))}


def test_removing_what_is_not_linked_is_no_change(lead: Lead):
    lead.contacts.remove(999)
    lead.contacts.remove(Contact(name="Never"))
    assert lead.changes == {}


def test_remove_after_add_and_add_after_remove_leave_nothing(lead: Lead, sandbox: Sandbox, bob: int):
    cat = sandbox.add("contacts", name="Cat")["id"]
    lead.contacts.add(cat)
    lead.contacts.remove(cat)
    lead.contacts.remove(bob)
    lead.contacts.add(bob)
    new = Contact(name="New")
    lead.contacts.add(new)
    lead.contacts.remove(new)
    assert lead.changes == {}
    assert not lead.has_changes


def test_the_last_word_counts(lead: Lead, ann: int, bob: int):
    for _ in range(3):
        lead.contacts.remove(bob)
        lead.contacts.add(bob)
    lead.contacts.remove(bob)
    assert lead.contacts.ids == (ann,)


def test_adding_the_same_new_object_twice_links_it_once():
    lead, ann = Lead(name="Roof"), Contact(name="Ann")
    lead.contacts.add(ann, ann)
    lead.contacts.add(ann)
    assert list(lead.contacts) == [ann]


def test_equal_new_objects_are_two():
    lead = Lead(name="Roof")
    lead.contacts.add(Contact(name="Ann"), Contact(name="Ann"))
    assert len(lead.contacts) == 2


def test_set_unlinks_the_others_and_keeps_what_stays(lead: Lead, ann: int, bob: int):
    new = Contact(name="New")
    lead.contacts.add(Contact(name="Forgotten"))
    lead.contacts.set([bob, new])
    assert lead.contacts.ids == (bob,)
    assert lead.changes == {"contacts": ((ann, bob), (bob, new))}
    lead.contacts.set([ann, bob])
    assert lead.changes == {}


def test_clear_unlinks_all(lead: Lead, ann: int, bob: int):
    lead.contacts.clear()
    assert lead.changes == {"contacts": ((ann, bob), ())}
    assert list(lead.contacts) == []
    assert not lead.contacts


@pytest.mark.parametrize("change", ["set", "clear"])
def test_set_and_clear_need_to_know_what_is_linked(kommo: Kommo, ann: int, change: str):
    contact = Contact.objects.get(ann)
    with pytest.raises(NotLoaded, match="does not know its leads"):
        contact.leads.set([5]) if change == "set" else contact.leads.clear()
    assert contact.changes == {}


def test_add_and_remove_do_not(kommo: Kommo, ann: int):
    contact = Contact.objects.get(ann)
    contact.leads.add(5)
    contact.leads.remove(6)
    assert contact.has_changes
    with pytest.raises(NotLoaded):
        contact.leads.ids  # noqa: B018


def test_one_contact_is_the_main_one(lead: Lead, ann: int, bob: int):
    lead.contacts.add(bob, main=True)
    assert lead.contacts.main is not None
    assert lead.contacts.main.id == bob
    assert lead.contacts.ids == (ann, bob)
    assert lead.has_changes
    new = Contact(name="New")
    lead.contacts.add(new, main=True)
    assert lead.contacts.main is new
    lead.revert()
    assert lead.contacts.main is not None
    assert lead.contacts.main.id == ann


def test_the_last_of_several_given_is_the_main_one():
    lead, one, two = Lead(), Contact(name="1"), Contact(name="2")
    lead.contacts.add(one, two, main=True)
    assert lead.contacts.main is two


def test_only_contacts_of_leads_have_a_main_one(kommo: Kommo):
    with pytest.raises(ConfigurationError, match="Company.contacts has no main one"):
        Company(name="Olive").contacts.add(5, main=True)


def test_a_contact_can_be_made_the_main_one_of_its_leads(kommo: Kommo, sandbox: Sandbox, lead: Lead):
    ann = Contact.objects.create(name="Ann")
    other = Lead.objects.create(name="Other")
    ann.leads.add(lead, other, main=True, updated_by=sandbox.users[0]["id"])
    assert ann.leads.main is None
    sandbox.log.clear()
    ann.save()
    metadata = {"is_main": True, "updated_by": sandbox.users[0]["id"]}
    assert [row["metadata"] for row in bodies(sandbox, "POST")[0]] == [metadata, metadata]
    for one in (lead, other):
        one.refresh()
        assert one.contacts.main is not None
        assert one.contacts.main.id == ann.id
    ann.leads.add(lead, main=True, updated_by=5)
    assert not ann.has_changes, "who did it is said once; what is so already is not said again"
    ann.leads.remove(other, updated_by=sandbox.users[0]["id"])
    ann.save()
    assert bodies(sandbox, "POST")[-1][0]["metadata"] == {"updated_by": sandbox.users[0]["id"]}


# ---- one company
def test_the_company_is_set_by_object_by_id_and_to_none(lead: Lead, olive: int, sandbox: Sandbox):
    pine = Company(name="Pine")
    lead.company = pine
    assert lead.company is pine
    assert lead.company_id is None
    assert lead.changes == {"company": (olive, pine)}
    lead.company = olive
    assert lead.changes == {}
    lead.company = None
    assert lead.company is None
    assert lead.changes == {"company": (olive, None)}


def test_the_company_of_a_reference_is_set_but_not_taken_away():
    lead = Lead(id=5)
    lead.company = 7
    assert lead.changes == {"company": (None, 7)}
    lead.company = 8
    assert lead.changes == {"company": (None, 8)}
    with pytest.raises(NotLoaded, match="does not know its companies"):
        lead.company = None


# ---- whose objects
def test_objects_of_another_entity_are_refused(lead: Lead):
    with pytest.raises(ConfigurationError, match="Lead.contacts links contacts; Company is not one of them"):
        lead.contacts.add(Company(name="Olive"))
    for wrong in ("Ann", True, 5.0):
        with pytest.raises(ConfigurationError, match="links contacts"):
            lead.contacts.add(wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="links companies"):
        lead.company = Contact(name="Ann")


def test_objects_of_another_account_are_refused(lead: Lead):
    elsewhere = Sandbox(subdomain="elsewhere")
    with elsewhere.connect() as other:
        foreign = Contact.objects.using(other).create(name="Ann")
    with pytest.raises(
        ConfigurationError, match="an object of elsewhere.kommo.com cannot be linked to one of sandbox.kommo.com"
    ):
        lead.contacts.add(foreign)
    with pytest.raises(ConfigurationError, match="cannot be linked"):
        lead.contacts.remove(foreign)
    assert lead.changes == {}


# ---- objects of one's own class
def test_of_reads_the_objects_as_ones_own_class(kommo: Kommo, sandbox: Sandbox, lead: Lead):
    loaded = Lead.objects.include("contacts").get(lead.id)
    people = loaded.contacts.of(Person)
    assert [type(person) for person in people] == [Person, Person]
    assert [person.name for person in people] == ["Ann", "Bob"]
    assert all(one is other for one, other in zip(loaded.contacts.of(Person), people, strict=True))
    with pytest.raises(ConfigurationError, match="Deal does not stand for contacts"):
        loaded.contacts.of(Deal)


def test_of_loses_no_pending_change_of_an_object(kommo: Kommo, lead: Lead):
    loaded = Lead.objects.include("contacts").get(lead.id)
    loaded.contacts[0].name = "Changed"
    with pytest.raises(ConfigurationError, match="has changes"):
        loaded.contacts.of(Person)
    loaded.contacts[0].save()
    assert loaded.contacts.of(Person)[0].name == "Changed"


def test_what_was_asked_for_and_did_not_come_is_nothing():
    row = {"id": 1, "_embedded": {"tags": []}}
    (lead,) = Lead.hydrate([row], None, None, frozenset({"contacts"}))
    assert (lead.contacts.ids, list(lead.contacts)) == ((), [])
    with pytest.raises(NotLoaded):
        _ = lead.catalog_elements.ids


def test_a_link_that_was_taken_back_and_given_again_keeps_what_it_carries():
    """Unlinked, sent, and linked again with another author before the answer came: one link is pending."""
    [lead] = Lead.hydrate([{"id": 5, "_embedded": {"contacts": [{"id": 7, "is_main": True}]}}])
    lead.contacts.remove(7)
    sent = lead.contacts._take_snapshot()
    lead.contacts.add(7, main=False)
    lead.contacts._mark_stored(sent)
    assert [(linked.object.pk, linked.meta) for linked in lead.contacts._added] == [(7, {"is_main": False})]
    assert lead.contacts.ids == (7,)
