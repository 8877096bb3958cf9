"""Pending links are found by their object and by its id, also when the id comes later."""

from __future__ import annotations

import copy
import pickle

from kommo_orm import Contact, Lead
from kommo_orm.model.instance_state import assign_id
from kommo_orm.model.pending_links import PendingLink, PendingLinks


def test_a_link_is_found_by_its_object_and_by_the_id_of_its_object() -> None:
    new, stored = Contact(name="New"), Contact.reference(7)
    links = PendingLinks([PendingLink(new), PendingLink(stored)])
    assert [linked.object for linked in links] == [new, stored]
    for target in (new, stored, Contact.reference(7)):
        found = links.find(target)
        assert found is not None
        assert found.is_for(target)
    assert links.find_by_pk(7) is links.find(stored)
    assert links.find(Contact(name="New")) is None
    assert links.find_by_pk(None) is None


def test_an_object_that_gets_its_id_later_is_found_by_it() -> None:
    new = Contact(name="New")
    links = PendingLinks([PendingLink(new)])
    assert links.find_by_pk(7) is None
    assign_id(new, 7)
    found = links.find(Contact.reference(7))
    assert found is not None
    assert found.object is new
    links.discard(Contact.reference(7))
    assert len(links) == 0
    assert links.find(new) is None


def test_two_objects_of_one_row_are_one_link() -> None:
    new = Contact(name="New")
    links = PendingLinks([PendingLink(new, {"is_main": True, "updated_by": 5}), PendingLink(Contact.reference(7))])
    assign_id(new, 7)
    found = links.find_by_pk(7)
    assert [*links] == [found]
    assert found is not None
    assert found.meta == {"is_main": True, "updated_by": 5}
    assert links.find_main() is found


def test_the_main_one_is_found_until_there_is_none() -> None:
    one, two = Contact.reference(1), Contact.reference(2)
    links = PendingLinks([PendingLink(one, {"is_main": False}), PendingLink(two, {"is_main": True})])
    main = links.find_main()
    assert main is not None
    assert main.object is two
    links.clear_mains()
    assert links.find_main() is None
    assert [linked.meta for linked in links] == [{}, {}]
    links.merge_meta(main, {"is_main": True})
    assert links.find_main() is main
    links.discard(two)
    assert links.find_main() is None


def test_links_of_objects_that_know_each_other_are_found_after_a_copy() -> None:
    lead, contact = Lead(id=5), Contact(id=7)
    lead.contacts.add(contact)
    contact.leads.add(lead)
    for twin in (copy.deepcopy(lead), pickle.loads(pickle.dumps(lead))):
        assert twin.contacts._added.find_by_pk(7) is not None
        twin.contacts.remove(7)
        assert list(twin.contacts._added) == []
