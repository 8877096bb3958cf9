"""Chats of contacts: read them, find the contact of a chat, attach a chat to a contact.

Source: Kommo API v4, "Linking a chat to a contact".
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, cast

from typing_extensions import TypeVar

from kommo_orm.entities.shared.related_manager import BaseRelatedManager
from kommo_orm.errors import NotFound, QueryError, UnexpectedResponse
from kommo_orm.fields.raw_values import read_int
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.interface.term import Term
from kommo_orm.model.model import Model
from kommo_orm.query.arguments import validate_pk
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.execution import fetch_object
from kommo_orm.query.query import Query
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.plan import split_chunks
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.entities.contacts.contact import Contact

P = TypeVar("P", bound=Model, covariant=True)

CHATS = "contact_chats"
AT_ONCE = 50  # pairs in one attaching request
KNOWN = frozenset({"id", "chat_id", "contact_id", "request_id"})


@dataclass(frozen=True, slots=True)
class ContactChat:
    """A chat and the contact that it belongs to. `id` is that of the link, which may change with it."""

    chat_id: str
    contact_id: int
    id: int | None = None
    extra: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


class ContactChats(BaseRelatedManager):
    """The chats of one contact.

    Example:
        >>> contact.chats.attach("5f0c7b1e-1111-4222-8333-abcdefabcdef")
        >>> [chat.chat_id for chat in contact.chats.list()]
        ['5f0c7b1e-1111-4222-8333-abcdefabcdef']
    """

    def list(self) -> builtins.list[ContactChat]:
        """The chats. Sends a request."""
        connection = self.connection
        return connection.run(fetch_chats(connection, "contact_id", self.owner.pk))

    async def alist(self) -> builtins.list[ContactChat]:
        """`list()` for async code."""
        connection = self.connection
        return await connection.arun(fetch_chats(connection, "contact_id", self.owner.pk))

    def attach(self, chat_id: str) -> ContactChat:
        """Let a chat belong to the contact; it leaves the one it belonged to. Sends a request.

        Raises:
            UncertainWrite: it may be stored; read it with `list()`.
        """
        connection = self.connection
        return connection.run(attach_pairs(connection, [(self.owner, chat_id)]))[0]

    async def aattach(self, chat_id: str) -> ContactChat:
        """`attach()` for async code."""
        connection = self.connection
        return (await connection.arun(attach_pairs(connection, [(self.owner, chat_id)])))[0]

    def __iter__(self) -> Iterator[ContactChat]:
        raise self.make_not_loaded("list()")


class ChatsQuery(Query[P], Generic[P]):
    """The methods of a contact query for chats."""

    def of_chat(self, chat_id: str) -> P | None:
        """The contact that a chat belongs to, None if there is none. Two requests.

        Example:
            >>> Contact.objects.of_chat("5f0c7b1e-1111-4222-8333-abcdefabcdef")
        """
        request = self._bind()
        return cast("P | None", request.connection.run(fetch_contact_of_chat(request, chat_id)))

    async def aof_chat(self, chat_id: str) -> P | None:
        """`of_chat()` for async code."""
        request = self._bind()
        return cast("P | None", await request.connection.arun(fetch_contact_of_chat(request, chat_id)))

    def attach_chats(self, pairs: Iterable[tuple[Contact | int, str]]) -> builtins.list[ContactChat]:
        """Give chats to contacts, 50 pairs of contact (or its id) and chat a request.

        Raises:
            QueryError: what was given are no such pairs. UncertainWrite: the last request may be done.

        Example:
            >>> Contact.objects.attach_chats([(ann, "5f0c7b1e-1111-4222-8333-abcdefabcdef")])
        """
        return self._require_connection().run(attach_pairs(self._require_connection(), validate_pairs(pairs)))

    async def aattach_chats(self, pairs: Iterable[tuple[Contact | int, str]]) -> builtins.list[ContactChat]:
        """`attach_chats()` for async code."""
        return await self._require_connection().arun(attach_pairs(self._require_connection(), validate_pairs(pairs)))


# ---- flows
def fetch_chats(connection: Connection, key: str, value: Any) -> Flow[builtins.list[ContactChat]]:
    """The chats of a contact, or the one of an id, with its contact. The service takes exactly one of the two."""
    read = ReadRequest(CHATS, terms=(Term(key, "eq", value),))
    answer = yield from connection.ask(connection.dialect.build_list_request(read, 1, 1))
    found = [parse_chat(row) for row in connection.dialect.parse_page(read, answer).rows]
    return [chat for chat in found if str(getattr(chat, key)) == str(value)]


def fetch_contact_of_chat(request: BoundQuery, chat_id: Any) -> Flow[Model | None]:
    found = yield from fetch_chats(request.connection, "chat_id", validate_pk(chat_id, str))
    if not found:
        return None
    try:
        return (yield from fetch_object(request, found[0].contact_id))
    except NotFound:
        return None  # in the trash, or not for this user


def validate_pairs(given: Any) -> builtins.list[tuple[Any, Any]]:
    """Check that pairs of a contact and a chat were given. Raises `QueryError` for anything else."""
    listed = None if isinstance(given, str | Mapping) or not isinstance(given, Iterable) else builtins.list(given)
    if listed is None or not all(isinstance(pair, tuple | builtins.list) and len(pair) == 2 for pair in listed):
        shown = repr(given if listed is None else listed)
        raise QueryError(
            f"attach_chats() takes pairs of a contact and the id of a chat, [(ann, '5f0c...')], not {shown[:120]}"
        )
    return [(contact, chat) for contact, chat in listed]


def attach_pairs(connection: Connection, pairs: Iterable[tuple[Model | int, str]]) -> Flow[builtins.list[ContactChat]]:
    """Attach chats to contacts, 50 pairs a request."""
    wanted = [(get_contact_id(contact), validate_pk(chat, str)) for contact, chat in pairs]
    if not wanted:
        raise QueryError("attach_chats() needs pairs of a contact and the id of a chat")
    made: builtins.list[ContactChat] = []
    for chunk in split_chunks(wanted, AT_ONCE):
        body = [{"contact_id": pk, "chat_id": chat, "request_id": str(at)} for at, (pk, chat) in enumerate(chunk)]
        answer = yield from connection.ask(connection.dialect.build_action_request(Action("attach", CHATS, body=body)))
        rows = connection.dialect.parse_page(ReadRequest(CHATS), answer).rows
        made += [find_attached_chat(rows, str(at), pk, chat) for at, (pk, chat) in enumerate(chunk)]
    return made


def get_contact_id(given: Any) -> int:
    if isinstance(given, Model):
        if type(given).__kommo_kind__ != "contacts":
            raise QueryError(f"Chats belong to contacts; {describe(given)} is no contact")
        if given.pk is None:
            raise QueryError(f"{describe(given)} has no id yet: save() it first")
        return given.pk
    return cast(int, validate_pk(given))


def find_attached_chat(rows: Sequence[Row], mark: str, pk: int, chat_id: str) -> ContactChat:
    """The chat of one pair, as answered; as requested where the answer has no row for it."""
    row = next((row for row in rows if str(row.get("request_id")) == mark), None)
    row = row or next((row for row in rows if str(row.get("chat_id")) == chat_id), None)
    return ContactChat(chat_id, pk) if row is None else parse_chat({"contact_id": pk, "chat_id": chat_id, **row})


def parse_chat(row: Row) -> ContactChat:
    """Raises `UnexpectedResponse` for a row without its chat or contact."""
    pk, chat, contact = row.get("id"), row.get("chat_id"), read_int(row.get("contact_id"))
    if contact is None or not isinstance(chat, str):
        raise UnexpectedResponse(f"Cannot read a row of chats: its chat or its contact is missing: {row!r:.120}")
    extra = {key: value for key, value in row.items() if key not in KNOWN or (key == "id" and read_int(pk) is None)}
    return ContactChat(chat_id=chat, contact_id=contact, id=read_int(pk), extra=extra)


__all__ = ["ContactChat"]
