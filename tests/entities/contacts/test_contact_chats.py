"""Chats of contacts: listed, attached, and the contact of a chat."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import (
    ConfigurationError,
    Contact,
    ContactChat,
    Kommo,
    Lead,
    NotLoaded,
    QueryError,
    Session,
    UncertainWrite,
)
from kommo_orm.entities.contacts.contact_chats import parse_chat
from kommo_orm.sandbox import Sandbox
from tests.account import Person, asked, sent

CHAT, OTHER = "5f0c7b1e-1111-4222-8333-abcdefabcdef", "6a0c7b1e-1111-4222-8333-abcdefabcdef"


@pytest.fixture
def ann(kommo: Kommo, sandbox: Sandbox) -> Contact:
    made = Contact.objects.create(name="Ann")
    sandbox.log.clear()
    return made


def test_a_chat_is_attached_and_listed(ann: Contact, sandbox: Sandbox):
    assert ann.chats.list() == []
    chat = ann.chats.attach(CHAT)
    assert (chat.chat_id, chat.contact_id) == (CHAT, ann.id)
    assert chat.id
    assert sent(sandbox) == [
        ("POST", "/api/v4/contacts/chats", [{"contact_id": ann.id, "chat_id": CHAT, "request_id": "0"}])
    ]
    assert ann.chats.list() == [chat]
    assert sandbox.log[-1].query == f"contact_id={ann.id}"


def test_the_contact_of_a_chat(ann: Contact, sandbox: Sandbox):
    ann.chats.attach(CHAT)
    found = Person.objects.of_chat(CHAT)
    assert isinstance(found, Person)
    assert found.id == ann.id
    assert asked(sandbox) == ["/api/v4/contacts/chats", f"/api/v4/contacts/{ann.id}"]
    assert Contact.objects.of_chat(OTHER) is None
    sandbox.trash("contacts", ann.id)
    assert Contact.objects.of_chat(CHAT) is None
    with pytest.raises(QueryError, match="is a text"):
        Contact.objects.of_chat(5)  # type: ignore[arg-type]


def test_a_chat_moves_to_another_contact(ann: Contact, kommo: Kommo):
    ben = Contact.objects.create(name="Ben")
    ann.chats.attach(CHAT)
    ben.chats.attach(CHAT)
    assert ann.chats.list() == []
    with Session(kommo) as session:
        mine = session.get(Contact, ben.id)
        assert session.query(Contact).of_chat(CHAT) is mine
        assert [chat.chat_id for chat in mine.chats.list()] == [CHAT]


def test_many_are_attached_fifty_a_request(ann: Contact, sandbox: Sandbox):
    made = Contact.objects.attach_chats((ann.id, f"chat-{number}") for number in range(60))
    assert [chat.chat_id for chat in made] == [f"chat-{number}" for number in range(60)]
    assert [len(body) for _, _, body in sent(sandbox)] == [50, 10]
    with pytest.raises(QueryError, match="needs pairs"):
        Contact.objects.attach_chats([])
    with pytest.raises(QueryError, match="Chats belong to contacts"):
        Contact.objects.attach_chats([(Lead(id=5), CHAT)])  # type: ignore[list-item]
    with pytest.raises(QueryError, match=r"save\(\) it first"):
        Contact.objects.attach_chats([(Contact(name="New"), CHAT)])


@pytest.mark.parametrize("wrong", [{5: "c"}, [5, "c"], [(5, "c", 1)], [(5,)], "ab", ["ab"], 5, None])
def test_what_are_no_pairs_is_refused(kommo: Kommo, sandbox: Sandbox, wrong: Any):
    with pytest.raises(QueryError, match=r"takes pairs of a contact and the id of a chat, \[\(ann, '5f0c...'\)\], not"):
        Contact.objects.attach_chats(wrong)
    assert sent(sandbox) == []


def test_a_lost_answer_is_uncertain(ann: Contact, sandbox: Sandbox):
    sandbox.faults.next(method="POST", path="/api/v4/contacts/chats", drop_after=True)
    with pytest.raises(UncertainWrite):
        ann.chats.attach(CHAT)
    assert len(ann.chats.list()) == 1


async def test_in_async_code(ann: Contact):
    chat = await ann.chats.aattach(CHAT)
    assert await ann.chats.alist() == [chat]
    found = await Contact.objects.aof_chat(CHAT)
    assert found is not None
    assert found.id == ann.id
    [other] = await Contact.objects.aattach_chats([(ann, OTHER)])
    assert other.chat_id == OTHER


def test_nothing_talks_in_secret(ann: Contact, sandbox: Sandbox):
    for use in (iter, len, bool):
        with pytest.raises(NotLoaded, match=r"chats\.list\(\)"):
            use(ann.chats)
    with pytest.raises(ConfigurationError, match="has no chats yet"):
        Contact(name="New").chats.list()
    assert not sandbox.requests()


def test_rows_read_as_they_come():
    row = {"chat_id": CHAT, "contact_id": "5601", "id": "410", "request_id": "0", "origin": "x"}
    assert parse_chat(row) == ContactChat(CHAT, 5601, 410)
    assert parse_chat(row).extra == {"origin": "x"}
