"""An object is freed as soon as it is left, whatever of it was used; what is held of it keeps it alive."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kommo_orm import Contact, Lead

ROW = {
    "id": 5,
    "name": "Roof",
    "custom_fields_values": [{"field_id": 1, "field_name": "Size", "field_type": "text", "values": [{"value": "L"}]}],
    "_embedded": {"tags": [{"id": 1, "name": "vip"}], "contacts": [{"id": 7}], "companies": []},
}

USES: dict[str, Callable[[Any], object]] = {
    "tags": lambda lead: list(lead.tags),
    "changed tags": lambda lead: lead.tags.add("new"),
    "ids of contacts": lambda lead: lead.contacts.ids,
    "a new link": lambda lead: lead.contacts.add(Contact(id=9)),
    "custom fields": lambda lead: lead.custom_fields[1],
    "notes": lambda lead: lead.notes,
    "dump": lambda lead: lead.model_dump(),
    "changes": lambda lead: (setattr(lead, "name", "x"), lead.changes),
}


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_an_object_is_freed_without_the_collector(use: Callable[[Any], object]) -> None:
    lead = Lead.hydrate([ROW])[0]
    use(lead)
    gone = weakref.ref(lead)
    del lead
    assert gone() is None


def test_what_is_held_keeps_its_object() -> None:
    tags = Lead.hydrate([ROW])[0].tags
    tags.add("new")
    assert set(tags.names) == {"vip", "new"}
    fields = Lead.hydrate([ROW])[0].custom_fields
    assert fields[1] == "L"


def test_views_of_one_object_share_their_changes() -> None:
    lead = Lead.hydrate([ROW])[0]
    one, other = lead.tags, lead.tags
    one.add("new")
    other.remove("vip")
    assert one.names == other.names == lead.tags.names == ("new",)
