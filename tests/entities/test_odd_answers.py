"""Whatever the service answers, reading it gives values or errors of the library: each value of a sound answer is made odd in turn."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from kommo_orm import (
    Catalog,
    CatalogElement,
    Contact,
    Customer,
    DriveFile,
    Event,
    IncomingLead,
    Kommo,
    KommoError,
    Lead,
    Model,
    Session,
    Transaction,
)

ODD: list[Any] = [None, True, "", [], {}, "x", 10**30, 1.5, [[]], {"0": {"id": 1}}]
ELEMENTS = [{"id": 5, "metadata": {"catalog_id": 7, "quantity": "1.0", "price_id": 3}}]


def listed(key: str, *rows: Any) -> Any:
    return {"_page": 1, "_links": {"self": {"href": "https://x"}}, "_embedded": {key: list(rows)}}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def odd_answers(sound: Any) -> Iterator[Any]:
    """The answer with one value made odd or left out."""
    for path in places(sound):
        for odd in ODD if path else []:
            changed = copy.deepcopy(sound)
            within = changed
            for key in path[:-1]:
                within = within[key]
            within[path[-1]] = odd
            yield changed


def look(model: Model) -> None:
    """Read all that an object has."""
    for name in [
        *type(model).__kommo_info__.fields,
        *type(model).__kommo_info__.attached,
        "entity",
        "entity_name",
        "warning",
    ]:
        with suppress(KommoError):
            found = getattr(model, name, None)
            for part in ("ids", "links", "main", "names"):
                getattr(found, part, None)
    json.dumps(model.model_dump(mode="json"))
    assert (repr(model), model.raw) == (repr(copy.deepcopy(model)), model.raw)


def all_of(query: Callable[[], Any]) -> Callable[[], None]:
    def read() -> None:
        for model in query():
            look(model)

    return read


CASES: dict[str, tuple[Any, Callable[[], Any]]] = {
    "incoming": (
        listed(
            "unsorted",
            {
                "uid": "a9",
                "category": "sip",
                "created_at": 1700000000,
                "metadata": {"from": "1", "duration": "5"},
                "_embedded": {"leads": [{"id": 5}], "companies": []},
            },
        ),
        all_of(lambda: IncomingLead.objects.all().limit(2)),
    ),
    "events": (
        listed(
            "events",
            {
                "id": "01h",
                "type": "lead_status_changed",
                "entity_id": 5,
                "entity_type": "lead",
                "value_after": [{"lead_status": {"id": 142, "pipeline_id": 7}}],
                "_embedded": {"entity": {"id": 5, "name": "B"}},
            },
        ),
        all_of(lambda: Event.objects.all().limit(2)),
    ),
    "customers in a session": (
        listed(
            "customers",
            {
                "id": 5,
                "next_date": 1,
                "closest_task_at": 0,
                "_embedded": {"segments": [{"id": 1}], "tags": [{"id": 1, "name": "t"}], "catalog_elements": ELEMENTS},
            },
        ),
        all_of(lambda: Session().query(Customer).limit(2)),
    ),
    "transactions": (
        listed(
            "transactions", {"id": 5, "price": 1, "_embedded": {"customer": {"id": 5}, "catalog_elements": ELEMENTS}}
        ),
        all_of(lambda: Transaction.objects.all().limit(2)),
    ),
    "lists": (
        listed("catalogs", {"id": 5, "name": "C", "type": "regular", "created_at": 1}),
        all_of(lambda: Session().query(Catalog).limit(2)),
    ),
    "elements": (
        listed("elements", {"id": 5, "catalog_id": 7, "_embedded": {"warning": {"message": "m"}}}),
        all_of(lambda: CatalogElement.objects.of(7).limit(2)),
    ),
    "files": (
        {
            "_count": 1,
            **listed(
                "files", {"id": 5, "uuid": "u", "size": 5, "metadata": {"extension": "p"}, "previews": [{"width": 1}]}
            ),
        },
        all_of(lambda: DriveFile.objects.all().limit(2)),
    ),
    "links": (
        listed(
            "links",
            {
                "to_entity_id": 5,
                "to_entity_type": "catalog_elements",
                "metadata": {"quantity": 1.0, "catalog_id": 5, "price_id": None, "main_contact": True},
            },
        ),
        lambda: Lead(id=5).links.list(),
    ),
    "chats": (
        listed("chats", {"id": 1, "chat_id": "c", "contact_id": 5}),
        lambda: Contact(id=5).chats.list(),
    ),
    "attached files": (listed("files", {"id": 7001, "file_uuid": "5d"}), lambda: Lead(id=5).files.list()),
    "mode": ({"mode": "segments", "is_enabled": True}, lambda: Customer.objects.enable("segments")),
    "summary": (
        {"total": 9, "average_sort_time": 5120, "categories": {"sip": {"total": 3}}},
        lambda: IncomingLead.objects.summary(),
    ),
}


def answering(body: Any) -> Kommo:
    def reply(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/account"):
            return httpx.Response(200, json={"id": 1, "drive_url": "https://drive-c.kommo.com"})
        return httpx.Response(200, content=json.dumps(body))

    return Kommo("acme", token="s3cret-token", transport=httpx.MockTransport(reply), rate=None, backoff=0)


@pytest.mark.parametrize("name", CASES)
def test_odd_answers_are_read_or_refused_by_name(name: str) -> None:
    sound, read = CASES[name]
    with answering(sound):
        read()
    for body in odd_answers(sound):
        with answering(body), suppress(KommoError):
            read()


def test_what_cannot_be_read_of_a_link_stays_in_extra() -> None:
    row = {"to_entity_id": "5", "to_entity_type": "contacts", "metadata": {"quantity": "x", "price_id": [], "note": 1}}
    with answering(listed("links", row)):
        [link] = Lead(id=7).links.list()
    assert (link.id, link.quantity, link.price_id, link.extra) == (
        5,
        None,
        None,
        {"quantity": "x", "price_id": [], "note": 1},
    )
    with answering(listed("links", {"to_entity_type": "contacts"})), pytest.raises(KommoError, match="what is linked"):
        Lead(id=7).links.list()


def test_what_cannot_be_read_of_an_attached_file_stays_in_extra() -> None:
    with answering(listed("files", {"id": "x", "file_uuid": 5, "by": 1})):
        [row] = Lead(id=7).files.list()
    assert (row.id, row.file_uuid, row.extra) == (0, "", {"id": "x", "file_uuid": 5, "by": 1})


def test_a_row_whose_id_is_none_stays_out_of_the_session() -> None:
    with answering(listed("catalogs", {"id": [], "name": "A"}, {"id": 5, "name": "B"}, {"id": 2**63, "name": "C"})):
        session = Session()
        odd, sound, large = session.query(Catalog).list()
    assert [odd in session, sound in session, large.id] == [False, True, 2**63]
    assert (odd.name, odd.pk) == ("A", None)
