"""Nonsense that is given to methods is refused in a sentence of the library's own, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kommo_orm import (
    Call,
    CatalogElement,
    ConfigurationError,
    Customer,
    DriveFile,
    Event,
    FormMetadata,
    IncomingLead,
    Kommo,
    KommoError,
    Lead,
    Link,
    QueryError,
    Session,
    Task,
    Transaction,
)
from kommo_orm.model.arguments import validate_flag, validate_id, validate_link_ids, validate_list
from kommo_orm.sandbox import Sandbox

WRONG: list[Any] = [True, -1, 0, 1.5, "5", [], {}, object()]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_id_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="price_id takes an id, a positive whole number"):
        validate_link_ids(catalog_id=None, price_id=wrong)
    assert (validate_link_ids(catalog_id=5, price_id=None), validate_id("it", 7)) == ({"catalog_id": 5}, 7)


def test_flags_and_several() -> None:
    assert (validate_flag("main", True), validate_list("it", (1, 2)), validate_list("it", iter("ab"))) == (
        True,
        [1, 2],
        ["a", "b"],
    )
    with pytest.raises(ConfigurationError, match="main is True or False, not 1"):
        validate_flag("main", 1)
    for one in (5, "ab", b"ab", None):
        with pytest.raises(QueryError, match="it takes several, as a list"):
            validate_list("it", one, QueryError)


def lead() -> Lead:
    return Lead(id=5)


NONSENSE: dict[str, tuple[Callable[[], Any], str]] = {
    "list of an element": (lambda: lead().catalog_elements.add(880, catalog_id="x"), "catalog_id takes an id"),  # type: ignore[arg-type]
    "price of an element": (
        lambda: lead().catalog_elements.add(880, catalog_id=7, price_id=-1),
        "price_id takes an id",
    ),
    "author of a link": (lambda: lead().contacts.add(55, updated_by=-1), "updated_by takes an id"),
    "author of an unlink": (lambda: lead().contacts.remove(55, updated_by="x"), "updated_by takes an id"),  # type: ignore[arg-type]
    "main": (lambda: lead().contacts.add(55, main=1), "main is True or False"),  # type: ignore[arg-type]
    "linked": (lambda: lead().contacts.add(-1), "Lead.contacts takes an id"),
    "quantity": (lambda: lead().catalog_elements.add(880, catalog_id=7, quantity="2"), "A quantity is a number"),  # type: ignore[arg-type]
    "of its lead": (
        lambda: CatalogElement(id=5, catalog_id=7).leads.add(5, quantity=float("nan")),
        "A quantity is a number",
    ),
    "contacts of an incoming one": (lambda: IncomingLead(contacts=5), "contacts takes several"),  # type: ignore[call-arg]
    "accepted": (lambda: IncomingLead.objects.accept(None), "several incoming leads"),  # type: ignore[arg-type]
    "uid": (lambda: IncomingLead(id=" ").accept(), "an id of this kind is a text"),
    "user": (
        lambda: Call(direction="inbound", duration=1, source="s", phone="+1", created_by=-1).save(),
        "is the id of a row",
    ),
    "pipeline": (
        lambda: IncomingLead(source_uid="a", source_name="b", metadata=FormMetadata(), pipeline_id=-7).save(),
        "pipeline_id is the id of a row, so it cannot be -7",
    ),
    "links": (lambda: Link.objects.of(kind=Lead, ids=5).list(), "ids= takes several"),  # type: ignore[arg-type]
    "author of a file": (lambda: DriveFile.objects.upload(b"x", name="x.txt", created_by="me"), "id of a user"),  # type: ignore[arg-type]
    "preview": (lambda: DriveFile.objects.upload(b"x", name="x.txt", with_preview=1), "with_preview is True or False"),  # type: ignore[arg-type]
    "media type": (lambda: DriveFile.objects.upload(b"x", name="x.txt", content_type=" "), "A media type is a text"),
    "target": (lambda: DriveFile(id="u").download(5), "A download goes to a path"),  # type: ignore[call-overload]
    "purchase": (lambda: Customer(id=5).transactions.create(5, elements=[5]), "pairs of a list element"),  # type: ignore[list-item]
    "purchases": (lambda: Customer(id=5).transactions.delete("x"), "takes purchases that are stored"),  # type: ignore[arg-type]
    "period": (lambda: Customer(periodicity=0), "one day or more, not after 0"),
    "order": (lambda: Customer.objects.order_by(5), "Customer is ordered by the name of one field"),  # type: ignore[arg-type]
    "include": (lambda: Customer.objects.include(lead()), "cannot include Lead"),  # type: ignore[arg-type]
    "page": (lambda: Customer.objects.page(1.5), "pages are numbered"),  # type: ignore[arg-type]
    "size": (lambda: Customer.objects.page(1, True), "pages are numbered"),
    "lookups": (lambda: Event.objects.apply([]), "a dict of lookups"),  # type: ignore[arg-type]
    "ids": (lambda: Lead.objects.in_bulk(5), r"in_bulk\(\) takes several"),  # type: ignore[arg-type]
    "objects": (lambda: Transaction.objects.bulk_create(5), r"bulk_create\(\) takes several"),  # type: ignore[arg-type]
    "changed": (lambda: Task.objects.bulk_update(None), r"bulk_update\(\) takes several"),  # type: ignore[arg-type]
    "tasks": (lambda: lead().tasks.bulk_create([5]), "takes Task objects"),  # type: ignore[list-item]
    "joining": (lambda: Session().add(5), "a session takes objects"),  # type: ignore[arg-type]
    "deleting": (lambda: Session().delete(None), "a session takes objects"),  # type: ignore[arg-type]
    "empty id": (lambda: Event.objects.filter(id=""), "cannot search for empty values"),
    "empty name": (lambda: Customer.objects.filter(name=" "), "cannot search for empty values"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_refused_before_anything_is_sent(kommo: Kommo, sandbox: Sandbox, name: str) -> None:
    give, told = NONSENSE[name]
    with pytest.raises((KommoError, ValueError), match=told):
        give()
    assert not sandbox.log
