"""Talks: conversations with clients in chats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Never, Self, get_args

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.chats.talk_message import MessageAttachment
from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.entity import Entity
from kommo_orm.entities.shared.related_manager import RelatedManagerAttribute
from kommo_orm.errors import BadRequest, QueryError
from kommo_orm.fields.raw_values import is_object
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.model.attr import Attr, ReadMoment, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Condition, Exact
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_values import get_values
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.query.query import Query
from kommo_orm.transport.flow import Flow

if TYPE_CHECKING:
    from kommo_orm.entities.chats.talk_message import TalkMessages
    from kommo_orm.entities.files.drive_file import DriveFile

T = TypeVar("T", bound="Talk", default="Talk", covariant=True)

TalkCard = Literal["lead", "customer"]
_CLOSED_ALREADY = 422


class TalkFilters(TypedDict, total=False):
    """Filters of talks. Source: Kommo API v4, "Conversations"."""

    id: int
    id__in: Iterable[int]
    talk_id: int
    talk_id__in: Iterable[int]
    contact_id: int
    contact_id__in: Iterable[int]
    entity_id: int
    entity_id__in: Iterable[int]
    entity_type: TalkCard
    is_in_work: bool


class TalkQuery(Query[T]):
    """A query of talks, as far as the user of the token sees their contacts."""

    _filters = TalkFilters

    def filter(self, *conditions: Condition, **lookups: Unpack[TalkFilters]) -> Self:
        """Talks for which all conditions hold. `entity_id` goes together with `entity_type`; `talk_id` is the `id`.

        Raises:
            QueryError: an unknown or impossible filter. Kommo finds open talks (`is_in_work=True`), not closed ones.

        Example:
            >>> Talk.objects.filter(contact_id=55, is_in_work=True)
        """
        made = self._add_conditions(conditions, lookups)
        for condition in made._conditions:
            refuse_other_cards(condition)
        return made

    def _combine_conditions(self, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        values = {condition.name: condition.value for condition in conditions}
        if "entity_id" in values and "entity_type" not in values:
            raise QueryError("Kommo ignores entity_id without entity_type: filter(entity_type='lead', entity_id=5)")
        if "entity_type" in values and "entity_id" not in values:
            raise QueryError("Kommo takes entity_type together with entity_id: filter(entity_type='lead', entity_id=5)")
        if values.get("is_in_work") is False:
            raise QueryError("Kommo cannot find closed talks only: filter them in Python")
        pk = self._model.__kommo_info__.fields["id"]
        return tuple(replace(one, spec=pk) if one.name == "talk_id" else one for one in conditions)


class TalkManager(Manager):
    """`Talk.objects`."""

    def __get__(self, instance: None, owner: type[T]) -> TalkQuery[T]:
        return TalkQuery(require_class(instance, owner))


class Talk(Entity):
    """A conversation with a client. Talks begin by themselves; they can be closed, and answered.

    `rate` is the client's mark, 0 for none; `origin` names the messenger; `entity_type` is `lead` or `customer`.

    Example:
        >>> for talk in Talk.objects.filter(is_in_work=True):
        ...     talk.send("We are back on Monday")
        ...     talk.close()

    Source: Kommo API v4, "Conversations".
    """

    __kommo_info__ = EntityInfo(kind="talks", has_custom_fields=False)

    talk_id: Attr[int, Never, Exact[int]] = field()
    contact_id: Attr[int | None, int, Exact[int]] = field(writable="")
    chat_id: ReadOnly[str | None] = field()
    entity_id: Attr[int | None, int, Exact[int]] = field(writable="", positive=True)
    entity_type: Attr[str | None, TalkCard, Exact[str]] = field(writable="")
    is_in_work: Attr[bool, bool, Exact[bool]] = field(writable="")
    is_read: ReadOnly[bool] = field()
    rate: ReadOnly[int] = field()
    origin: ReadOnly[str | None] = field()
    missed_at: ReadOnly[datetime | None] = field()
    created_at: ReadMoment = field()
    updated_at: ReadMoment = field()
    account_id: ReadOnly[int] = field()

    objects = TalkManager()

    messages = RelatedManagerAttribute["TalkMessages"]("TalkMessages")

    def close(self, *, force: bool = False, using: Any = None) -> None:
        """Close the talk. If the account asks clients for a mark, its bot does so first, unless `force` is given.

        Raises:
            BadRequest: the talk is closed already.

        Example:
            >>> talk.close(force=True)
        """
        connection = self._account(using)
        connection.run(close_talk(self, connection, force=force))

    async def aclose(self, *, force: bool = False, using: Any = None) -> None:
        """`close()` for async code."""
        connection = self._account(using)
        await connection.arun(close_talk(self, connection, force=force))

    def send(
        self, text: str | None = None, *, attachment: DriveFile | MessageAttachment | None = None, using: Any = None
    ) -> str:
        """Send a message to the client: a text, a file of the drive, or both. Returns the message's id.

        The service queues the message. The integration needs the scope "Sending to external chats".

        Raises:
            QueryError: there is nothing to send. Forbidden: the scope is missing.
            UncertainWrite: the message may have been sent and may not.

        Example:
            >>> talk.send("Your order is ready")
        """
        connection = self._account(using)
        return connection.run(send_message(self, connection, text, attachment))

    async def asend(
        self, text: str | None = None, *, attachment: DriveFile | MessageAttachment | None = None, using: Any = None
    ) -> str:
        """`send()` for async code."""
        connection = self._account(using)
        return await connection.arun(send_message(self, connection, text, attachment))


def refuse_other_cards(condition: Condition) -> None:
    """Kommo calls the cards of talks by names of their own, in the singular."""
    if condition.name != "entity_type":
        return
    known = get_args(TalkCard)
    for value in condition.value if condition.op == "in" else (condition.value,):
        if value not in known:
            raise QueryError(f"Talks belong to a card of entity_type {' or '.join(map(repr, known))}, not {value!r}")


def close_talk(talk: Talk, connection: Connection, *, force: bool) -> Flow[None]:
    action = Action("close", "talks", (talk.id,), body={"force_close": force})
    yield from run_action(connection, action, done_if=is_closed_already)
    if force:  # else the bot that asks for a mark goes first
        talk.__kommo_state__.set_in_row("is_in_work", False)
        get_values(talk).pop("is_in_work", None)


def is_closed_already(error: BadRequest) -> bool:
    """Whether the talk was closed before: the only meaning of this status here. Source: Kommo API v4, "Close a conversation"."""
    return error.status == _CLOSED_ALREADY


def send_message(
    talk: Talk, connection: Connection, text: str | None, attachment: DriveFile | MessageAttachment | None
) -> Flow[str]:
    body: dict[str, Any] = {}
    if text:
        body["text"] = text
    if attachment is not None:
        try:
            body["attachment"] = MessageAttachment.of(attachment).to_raw()
        except ValueError as error:
            raise QueryError(str(error)) from None
    if not body:
        raise QueryError("send() needs a text, an attachment, or both")
    result = yield from run_action(connection, Action("send_message", "talks", (talk.id,), body=body))
    return str(result["id"]) if is_object(result) and result.get("id") is not None else ""


register_class("talks", Talk)
__all__ = ["Talk", "TalkQuery"]
