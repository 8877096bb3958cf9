"""Rows that embed nothing: `{}`, which PHP writes `[]`, says "none" of what comes unasked and of what was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import (
    CatalogElement,
    Company,
    Contact,
    Customer,
    Event,
    IncomingLead,
    Lead,
    Model,
    NotLoaded,
    Pipeline,
    Role,
    User,
)
from kommo_orm.model.php_shapes import embeds_nothing, read_embedded

nothing = pytest.mark.parametrize("nothing", [[], {}], ids=["PHP's", "JSON's"])


def read(cls: Any, nothing: Any, *included: str) -> Any:
    """A row as a query brings it that asked for these."""
    return cls.hydrate([{"id": 5, "_embedded": nothing}], included=frozenset(included))[0]


@nothing
@pytest.mark.parametrize(
    ("cls", "names"),
    [
        (Lead, ("tags", "companies")),
        (Contact, ("tags", "companies")),
        (Company, ("tags",)),
        (Customer, ("tags", "segments")),
        (IncomingLead, ("leads", "contacts", "companies")),
        (Pipeline, ("statuses",)),
    ],
)
def test_what_comes_unasked_is_empty(cls: type[Model], names: tuple[str, ...], nothing: Any) -> None:
    model = read(cls, nothing)
    assert {name: list(getattr(model, name)) for name in names} == {name: [] for name in names}
    assert not model.has_changes


@nothing
def test_one_of_at_most_one_is_none(nothing: Any) -> None:
    assert (read(Lead, nothing).company, read(Contact, nothing).company_id) == (None, None)
    incoming = read(IncomingLead, nothing)
    assert (incoming.lead, incoming.contact_id, incoming.company) == (None, None, None)


@nothing
@pytest.mark.parametrize(
    ("cls", "include", "name", "none"),
    [
        (Lead, "contacts", "contacts", []),
        (Lead, "catalog_elements", "catalog_elements", []),
        (Lead, "loss_reason", "loss_reason", None),
        (Contact, "leads", "leads", []),
        (Contact, "social_profiles", "social_profiles", []),
        (Company, "contacts", "contacts", []),
        (Customer, "companies", "companies", []),
        (User, "role", "role", None),
        (User, "group", "group", None),
        (Role, "users", "user_ids", ()),
    ],
)
def test_what_was_asked_for_is_empty(cls: type[Model], include: str, name: str, none: Any, nothing: Any) -> None:
    found = getattr(read(cls, nothing, include), name)
    assert (found if none is None else type(none)(found)) == none
    with pytest.raises(NotLoaded):
        list(getattr(read(cls, nothing), name))


@nothing
def test_what_may_be_missing_is_missing(nothing: Any) -> None:
    assert read(CatalogElement, nothing).warning is None
    event = Event.hydrate([{"id": "01h", "entity_id": 7, "entity_type": "lead", "_embedded": nothing}])[0]
    assert event.entity == Lead(id=7)
    with pytest.raises(NotLoaded, match="lead_name"):
        _ = event.entity_name


def test_a_row_that_does_not_speak_of_it_says_nothing() -> None:
    assert [read_embedded(row) for row in (None, {}, {"_embedded": None}, {"_embedded": "x"})] == [None] * 4
    assert [embeds_nothing(row) for row in ({}, {"_embedded": {"tags": []}}, {"_embedded": [1]})] == [False] * 3
    for cls, name in ((Lead, "tags"), (Lead, "companies"), (IncomingLead, "contacts"), (Pipeline, "statuses")):
        with pytest.raises(NotLoaded):
            list(getattr(cls.hydrate([{"id": 5}])[0], name))
