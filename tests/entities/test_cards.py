"""Related managers of cards: notes, tasks, links. Getting one sends no request, its methods do."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import Company, ConfigurationError, Contact, Kommo, Lead, NotLoaded
from kommo_orm.entities.links.link import Link, parse_link
from kommo_orm.entities.lists.catalog import Catalog
from kommo_orm.entities.lists.catalog_element import CatalogElement
from kommo_orm.sandbox import Sandbox
from tests.account import asked, sent

TILL = datetime(2031, 5, 1, tzinfo=UTC)


def stored(sandbox: Sandbox, cls: Any, **values: Any) -> Any:
    return cls.objects.get(sandbox.add(cls.__kommo_kind__, **{"name": "One", **values})["id"])


@pytest.mark.parametrize("cls", [Lead, Contact, Company])
def test_notes_and_tasks_of_one_card(kommo: Kommo, sandbox: Sandbox, cls: Any):
    card, other = stored(sandbox, cls), stored(sandbox, cls)
    other.notes.create("Elsewhere")
    note = card.notes.create("Hi")
    task = card.tasks.create("Call", TILL, duration=600)
    assert [one.text for one in card.notes.all()] == ["Hi"]
    assert [one.text for one in card.tasks.all().filter(is_completed=False)] == ["Call"]
    assert (note.entity_type, note.entity_id) == (cls.__kommo_kind__, card.id)
    assert (task.entity_type, task.entity_id, task.entity) == (cls.__kommo_kind__, card.id, card)


async def test_notes_and_tasks_async(kommo: Kommo, sandbox: Sandbox):
    card = stored(sandbox, Lead)
    await card.notes.acreate("Hi")
    await card.tasks.acreate("Call", TILL)
    assert [one.text async for one in card.notes.all()] == ["Hi"]
    assert await card.tasks.all().aexists()
    assert await card.links.alist() == []


def test_links_of_all_kinds(kommo: Kommo, sandbox: Sandbox):
    catalog = Catalog.objects.create("Cars")
    van = CatalogElement.objects.of(catalog).create("Van")
    ann, olive = stored(sandbox, Contact), stored(sandbox, Company)
    lead = Lead(name="Roof")
    lead.contacts.add(ann, main=True)
    lead.company = olive
    lead.catalog_elements.add(van, quantity=2.5)
    lead.save()
    links = lead.links.list()
    assert {(link.kind, link.id, link.is_main) for link in links} == {
        ("contacts", ann.id, True),
        ("companies", olive.id, None),
        ("catalog_elements", van.id, None),
    }
    (element,) = lead.links.list("catalog_elements")
    assert (element.catalog_id, element.quantity, element.price_id) == (catalog.id, Decimal("2.5"), None)
    assert asked(sandbox)[-1] == f"/api/v4/leads/{lead.id}/links"


@pytest.mark.parametrize("metadata", [None, [], {}, "absent"], ids=["null", "list", "object", "absent"])
def test_plain_links_read_whatever_their_metadata(metadata: Any):
    row = {"to_entity_id": "55", "to_entity_type": "contacts"}
    assert parse_link(row if metadata == "absent" else {**row, "metadata": metadata}) == Link("contacts", 55)


def test_nothing_talks_in_secret(kommo: Kommo, sandbox: Sandbox):
    lead = stored(sandbox, Lead)
    before = len(sandbox.requests())
    views = ((lead.notes, r"notes\.\w+\(\)"), (lead.tasks, r"tasks\.\w+\(\)"), (lead.links, r"links\.list\(\)"))
    for view, cure in views:
        for use in (iter, len, bool):
            with pytest.raises(NotLoaded, match=cure):
                use(view)
        assert repr(view).endswith(f"of Lead {lead.id}>")
    assert len(sandbox.requests()) == before


def test_a_new_card_has_none_yet(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Fresh")
    for use in (lead.notes.all, lead.tasks.all, lead.links.list, lambda: lead.tasks.create("Call", TILL)):
        with pytest.raises(ConfigurationError, match=r"save\(\) it first"):
            use()
    assert sent(sandbox) == []


def test_they_cannot_be_set_and_are_no_part_of_changes(kommo: Kommo, sandbox: Sandbox):
    lead = stored(sandbox, Lead)
    with pytest.raises(AttributeError, match="cannot be set"):
        lead.tasks = []
    with pytest.raises(ValidationError):
        Lead(name="x", tasks=[])  # type: ignore[call-arg]
    lead.notes.create("Hi")
    assert lead.changes == {}


def test_they_belong_to_the_account_of_the_card(kommo: Kommo, sandbox: Sandbox):
    with Sandbox(subdomain="second").connect() as other:
        lead = Lead.objects.create(name="There")
        with kommo.use():
            lead.notes.create("Hi")
            assert [note.text for note in lead.notes.all()] == ["Hi"]
        assert other.name == "second.kommo.com"
    assert sent(sandbox) == []


def test_copies_and_pickles_have_their_own(kommo: Kommo, sandbox: Sandbox):
    lead = stored(sandbox, Lead)
    for twin in (copy.copy(lead), pickle.loads(pickle.dumps(lead))):
        twin.notes.create("Hi")
    assert len(lead.notes.all().list()) == 2
