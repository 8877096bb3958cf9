"""The state of a relation, which its owner keeps and which knows the owner weakly."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from kommo_orm import Contact, Lead

ROW = {"id": 5, "name": "x", "_embedded": {"contacts": [{"id": 7, "is_main": True}]}}


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_an_object_whose_relations_were_read_is_freed_without_the_collector(no_collector: None) -> None:
    [lead] = Lead.hydrate([ROW])
    assert lead.contacts.ids == (7,)
    lead.contacts.add(Contact(id=8))
    known = weakref.ref(lead)
    del lead
    assert known() is None


def test_a_relation_in_hand_keeps_its_owner_alive(no_collector: None) -> None:
    contacts = Lead.hydrate([ROW])[0].contacts
    contacts.add(Contact(id=8))
    assert contacts.ids == (7, 8)
    assert repr(contacts) == "<contacts of Lead 5: ids (7, 8)>"


def test_what_is_added_by_one_view_of_a_relation_is_seen_by_all() -> None:
    [lead] = Lead.hydrate([ROW])
    one, other = lead.contacts, lead.contacts
    one.add(Contact(id=8))
    one.remove(7)
    assert other.ids == lead.contacts.ids == (8,)
