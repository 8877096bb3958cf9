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


def test_a_reference_is_built_without_the_validating_constructor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The main contact that is not loaded costs as little as one of a page."""
    [lead] = Lead.hydrate([ROW])
    with monkeypatch.context() as patch:
        patch.setattr(Contact, "__init__", None)
        main = lead.contacts.main
    assert main is not None
    assert (main.id, main.pk, main.is_new, main.has_changes) == (7, 7, False, False)
    assert main == Contact(id=7)
    main.name = "Ann"
    assert main.changes == {"name": (None, "Ann")}
