"""Answers in the shapes that the service really has: they read, and nothing of them is lost.

Each file of `tests/recorded` has a line in `CASES`: as what it is read, and which part of the answer the rows are. Every
value of a row must be found again in the object: in its fields, its custom fields, or `extra`; and `raw` is the row as
it came. What a row embeds (tags, linked rows) is in `raw`, and read by relations.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from kommo_orm import (
    Account,
    Catalog,
    CatalogElement,
    Company,
    Contact,
    CustomersMode,
    CustomField,
    Lead,
    LossReason,
    Note,
    Phones,
    Pipeline,
    Status,
    Task,
    User,
)
from kommo_orm.dialects.v4 import V4
from kommo_orm.entities.contacts.contact_chats import parse_chat
from kommo_orm.entities.customers.customers_mode import parse_mode
from kommo_orm.entities.files.attached_files import parse_attachment
from kommo_orm.entities.links.link import parse_link
from kommo_orm.fields.compound_value import Value
from kommo_orm.interface.batch import Batch, BatchItem, Verb
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.model.lazy_row import FREE_VALUES
from kommo_orm.model.model import ENVELOPE, Model
from kommo_orm.model.parent import Parent
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

RECORDED = Path(__file__).parent.parent / "recorded"
Row = dict[str, Any]


def keep_value(body: Any) -> Any:
    return body


@dataclass(frozen=True)
class Case:
    """One recorded answer: its file, the class it is read as, and how."""

    file: str
    model: type[Model]
    parent: Parent | None = None
    one: bool = False  # a row by itself, not a list
    whole: Callable[[Any], Any] = keep_value  # makes an answer of a fragment

    @property
    def read(self) -> ReadRequest:
        return ReadRequest(self.model.__kommo_kind__, self.parent)

    def rows(self) -> list[Row]:
        """The canonical rows of the answer, through the dialect."""
        answer = answer_of(self.whole(body_of(self.file)))
        if not self.one:
            return V4.parse_page(self.read, answer).rows
        row = V4.parse_row(self.read, answer)
        assert row is not None
        return [row]


def body_of(file: str) -> Any:
    return json.loads((RECORDED / file).read_text(encoding="utf-8"))


def answer_of(body: Any) -> HttpResponse:
    return HttpResponse(200, json.dumps(body).encode(), HttpRequest("GET", "/api/v4/recorded"))


def embedding(body: Any) -> Any:
    """A lead around what it embeds."""
    return {"id": 5, "_embedded": body}


def with_rights(body: Any) -> Any:
    return {"id": 5, "name": "Ana", "rights": body}


def with_id(body: Any) -> Any:
    return {"id": 5, **body}


LEADS, CONTACTS = Parent("leads"), Parent("contacts")
CASES = [
    Case("leads/1.json", Lead, one=True),
    Case("leads/3.json", Lead),
    Case("leads/5.json", Lead),
    Case("leads/7.json", Lead, one=True, whole=embedding),
    Case("contacts/1.json", Contact, one=True),
    Case("contacts/3.json", Contact, one=True),
    Case("companies/1.json", Company, one=True),
    Case("tasks/1.json", Task, one=True),
    Case("tasks/3.json", Task),
    Case("tasks/5.json", Task, one=True),
    Case("notes/1.json", Note, LEADS, one=True),
    Case("notes/3.json", Note, LEADS, one=True),
    Case("notes/5.json", Note, LEADS, one=True),
    Case("notes/7.json", Note, CONTACTS, one=True),
    Case("notes/9.json", Note, LEADS, one=True),
    Case("notes/11.json", Note, LEADS, one=True),
    Case("notes/13.json", Note, LEADS, one=True, whole=with_id),
    Case("catalogs/1.json", Catalog),
    Case("catalogs/3.json", CatalogElement, Parent("catalogs", 7)),
    Case("custom_fields/1.json", CustomField, Parent("catalogs", 7)),
    Case("pipelines/1.json", Pipeline),
    Case("users/1.json", User, one=True),
    Case("users/3.json", User, one=True, whole=with_rights),
    Case("account/1.json", Account, one=True),
    Case("account/3.json", Account, one=True),
]
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)


# ---- what is in an answer, and what is in an object
def leaves(value: Any) -> Iterator[str]:
    """Every value, however deep, in one way of writing; "none" in PHP's many words is nothing."""
    if isinstance(value, Value):
        yield from leaves({name: getattr(value, name) for name in type(value).__parts__})
        yield from leaves(value.extra)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from leaves(one)
    elif value is not None and value != "":
        yield from written(value)


def written(value: Any) -> Iterator[str]:
    """Times as seconds, numbers without needless digits. An option is its text, its id and its code."""
    if isinstance(value, bool):
        yield str(value)
        yield str(Decimal(int(value)))
    elif isinstance(value, datetime):
        yield str(int(value.timestamp()))
    elif isinstance(value, date):
        yield value.isoformat()
    else:
        yield number_or_text(value)
        yield from leaves([found for name in ("id", "code") if (found := getattr(value, name, None)) is not None])


def number_or_text(value: Any) -> str:
    try:
        return format(Decimal(str(value)).normalize(), "f")
    except InvalidOperation:
        return str(value)


def held(model: Model) -> set[str]:
    """Every value that can be read from an object by its fields, its custom fields and `extra`."""
    told = [getattr(model, name, None) for name in type(model).__kommo_info__.fields]
    return set(leaves([told, list(custom(model)), model.extra]))


def custom(model: Model) -> Iterator[Any]:
    """What the custom fields hold. Old answers call a phone a text: as a list of phones it has its kind."""
    if model.raw.get(FREE_VALUES) is None:
        return
    for one in model.custom_fields:
        yield one.id, one.name, one.code, one.type, one.value
        if one.code == "PHONE":
            yield model.custom_fields.get(one.id, Phones)


def sent(row: Row) -> Iterable[tuple[str, str]]:
    """Every value of a row, with the key under which it stands."""
    for key, value in row.items():
        if key not in ENVELOPE or key == FREE_VALUES:
            for leaf in leaves(value):
                yield key, leaf


# ---- rules
def test_every_recorded_answer_is_read() -> None:
    files = {str(path.relative_to(RECORDED)) for path in RECORDED.rglob("*.json")}
    assert files == {*(case.file for case in CASES), *(case[0] for case in CREATED), *OTHERS}


@cases
def test_nothing_of_a_row_is_lost(case: Case) -> None:
    rows = case.rows()
    assert rows
    for row, model in zip(rows, case.model.hydrate(json.loads(json.dumps(rows))), strict=True):
        there = held(model)
        assert [(key, leaf) for key, leaf in sent(row) if leaf not in there] == []
        assert model.raw == row


@cases
def test_rows_come_through_the_dialect_as_they_were_sent(case: Case) -> None:
    body = case.whole(body_of(case.file))
    [*originals] = [body] if case.one else next(iter(body["_embedded"].values()))
    for original, row in zip(originals, case.rows(), strict=True):
        assert {key: row[key] for key in original} == original
        assert row.keys() - original.keys() <= {
            "entity_type",
            "entity_id",
            "catalog_id",
            *original.get("_embedded", {}),
        }


@cases
def test_objects_dump_compare_and_copy(case: Case) -> None:
    first, again = (list(case.model.hydrate(case.rows())) for _ in range(2))
    assert first == again
    for model in first:
        assert json.loads(model.model_dump_json()) == model.model_dump(mode="json")
        assert not model.has_changes
        assert repr(model)


# ---- what is embedded, and what belongs to no class
def test_what_cards_embed_is_read_by_relations() -> None:
    [lead] = Lead.hydrate(Case("leads/7.json", Lead, one=True, whole=embedding).rows())
    assert isinstance(lead.loss_reason, LossReason)
    [row] = body_of("leads/7.json")["loss_reason"]
    assert (lead.loss_reason.id, lead.loss_reason.name, lead.loss_reason.sort) == (row["id"], row["name"], row["sort"])
    [lead] = Lead.hydrate(Case("leads/1.json", Lead, one=True).rows())
    tags = body_of("leads/1.json")["_embedded"]["tags"]
    assert (lead.tags.ids, lead.tags.names) == (tuple(tag["id"] for tag in tags), tuple(tag["name"] for tag in tags))
    [contact] = Contact.hydrate(Case("contacts/3.json", Contact, one=True).rows())
    embedded = body_of("contacts/3.json")["_embedded"]
    assert contact.leads.ids == tuple(row["id"] for row in embedded["leads"])
    assert contact.company_id == embedded["companies"][0]["id"]
    assert len(contact.catalog_elements.links) == 0


def test_stages_of_pipelines_are_read_whole() -> None:
    case = next(case for case in CASES if case.file == "pipelines/1.json")
    for row, pipeline in zip(case.rows(), Pipeline.hydrate(case.rows()), strict=True):
        for stage, status in zip(row["_embedded"]["statuses"], pipeline.statuses, strict=True):
            assert isinstance(status, Status)
            assert [(key, leaf) for key, leaf in sent(stage) if leaf not in held(status)] == []


def test_roles_and_groups_of_a_user_are_read() -> None:
    [user] = User.hydrate(next(case for case in CASES if case.file == "users/1.json").rows())
    embedded = body_of("users/1.json")["_embedded"]
    assert user.role is not None
    assert user.group is not None
    assert (user.role.id, user.group.id) == (embedded["roles"][0]["id"], embedded["groups"][0]["id"])
    assert user.rights.extra.keys() >= {"oper_day_reports_view_access", "oper_day_user_tracking"}


OTHERS = ("links/1.json", "chats/1.json")
"""Answers whose rows are values, not objects."""


def test_links_and_chats_are_read() -> None:
    lead = Parent("leads", 5)
    rows = V4.parse_page(ReadRequest("links", lead), answer_of(body_of("links/1.json"))).rows
    links = [parse_link(row, lead) for row in rows]
    assert [(link.kind, link.id) for link in links] == [(row["to_entity_type"], row["to_entity_id"]) for row in rows]
    assert [link.quantity for link in links] == [1, 1, None]
    assert [link.price_id for link in links] == [row["metadata"].get("price_id") for row in rows]
    assert [link.is_main for link in links] == [None, None, True]
    assert {link.entity_id for link in links} == {5}
    assert not any(link.extra for link in links)
    [row] = V4.parse_page(ReadRequest("contact_chats"), answer_of(body_of("chats/1.json"))).rows
    chat = parse_chat(row)
    assert (chat.chat_id, chat.contact_id, chat.id, chat.extra) == (row["chat_id"], row["contact_id"], row["id"], {})


@pytest.mark.parametrize(
    ("read", "row"),
    [
        (parse_attachment, {"id": 7001, "file_uuid": "5d0c", "added_by": 42, "_links": {"self": {"href": "h"}}}),
        (
            lambda row: parse_mode(row, CustomersMode("periodicity", False)),
            {"mode": "segments", "is_enabled": True, "since": 1700000000},
        ),
        (parse_chat, {"id": 8, "chat_id": "c-1", "contact_id": 9, "scope": {"id": "s"}}),
    ],
)
def test_values_keep_the_keys_that_nobody_knows(read: Callable[[Row], Any], row: Row) -> None:
    value = read(row)
    told = dataclasses.asdict(value)
    assert {**told.pop("extra"), **told} == row


# ---- what writes are answered with
CREATED: list[tuple[str, Verb, type[Model], tuple[str, ...]]] = [
    ("create_responses/1.json", "create", Task, ("0",)),
    ("create_responses/3.json", "update", CustomField, ("0",)),
    ("create_responses/5.json", "complex", Lead, ("0",)),
    ("create_responses/7.json", "create", Company, ("0",)),
    ("tags/1.json", "create", Lead, ("0", "my_request_id", "2")),
]


@pytest.mark.parametrize(("file", "verb", "model", "marks"), CREATED, ids=[case[0] for case in CREATED])
def test_what_was_written_is_found_by_its_mark(
    file: str, verb: Verb, model: type[Model], marks: tuple[str, ...]
) -> None:
    body = body_of(file)
    rows = body if isinstance(body, list) else next(iter(body["_embedded"].values()))
    kind = "tags" if file.startswith("tags/") else model.__kommo_kind__
    known = [row["id"] if verb == "update" else None for row in rows]
    items = [BatchItem(model(), mark, {}, pk) for mark, pk in zip(marks, known, strict=True)]
    stored = V4.parse_stored_rows(Batch(verb, kind, tuple(items), Parent("leads")), answer_of(body))
    assert [stored[mark].id for mark in marks] == [row["id"] for row in rows]
    assert [stored[mark].row for mark in marks] == rows
