"""A channel in one account: chats, messages, what became of them, reactions, typing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import quote

from typing_extensions import Unpack

from kommo_orm.chats.messages import (
    ErrorCode,
    SendOptions,
    delivery_of,
    edited_payload,
    new_payload,
    reaction_of,
    typing_of,
    user_of,
)
from kommo_orm.chats.parts import Chat, ChatHistoryMessage, ChatMessage, ChatUser, SentMessage
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.fields.raw_values import is_object
from kommo_orm.model.codec import parse_list
from kommo_orm.transport.flow import Flow, emit_value
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat

if TYPE_CHECKING:
    from kommo_orm.chats.channel import ChatChannel

ROOT = "/v2/origin/custom"
MOST = 50  # messages a page


def checked_name(given: Any, what: str) -> str:
    """An id that may stand in an address."""
    if not isinstance(given, str) or not given or given != quote(given, safe=""):
        raise ConfigurationError(f"{what} is a text of letters, digits and hyphens, not {given!r}")
    return given


class ChatScope:
    """A channel's connection to one account. `ChatChannel.connect()` and `.scope()` make it.

    Names of chats, messages and people are the integration's own, unless they are called `ref_id`.

    Example:
        >>> scope.send("chat-7", "Are you open on Sunday?", msgid="m-1", sender=ChatUser(id="client-7", name="Ann"))

    Source: Kommo Chats API, "Send, edit or import message", "Create chat", "Chat history", "Delivery status".
    """

    def __init__(
        self,
        channel: ChatChannel,
        scope_id: str,
        account_id: str,
        title: str | None = None,
        is_time_window_disabled: bool | None = None,
    ) -> None:
        self._channel = channel
        self.id, self.account_id = checked_name(scope_id, "the id of a scope"), account_id
        self.title, self.is_time_window_disabled = title, is_time_window_disabled

    # ---- chats
    def create_chat(self, conversation_id: str, user: ChatUser, *, source: str | None = None) -> Chat:
        """Make a chat before its first message, or find the one of this name. `source` is a source's external id.

        Example:
            >>> chat = scope.create_chat("chat-7", ChatUser(id="client-7", name="Ann"), source="landing-1")
            >>> chat.id
            '6cbab3d5-c4c1-46ff-b710-ad59ad10805f'
        """
        return self._channel.run(self._created(conversation_id, user, source))

    async def acreate_chat(self, conversation_id: str, user: ChatUser, *, source: str | None = None) -> Chat:
        """`create_chat()` for async code."""
        return await self._channel.arun(self._created(conversation_id, user, source))

    def history(self, chat_id: str, *, limit: int | None = None) -> Iterator[ChatHistoryMessage]:
        """The messages of a chat (its id in the service), newest first, fifty a request; each once.

        Example:
            >>> for message in scope.history(chat.id):
            ...     print(message.at, message.message.text)
        """
        return cast("Iterator[ChatHistoryMessage]", self._channel.stream(self._read(chat_id, limit)))

    def ahistory(self, chat_id: str, *, limit: int | None = None) -> AsyncIterator[ChatHistoryMessage]:
        """`history()` for `async for`."""
        return cast("AsyncIterator[ChatHistoryMessage]", self._channel.astream(self._read(chat_id, limit)))

    # ---- messages
    def send(
        self,
        conversation_id: str,
        message: ChatMessage | str,
        *,
        msgid: str,
        sender: ChatUser,
        **options: Unpack[SendOptions],
    ) -> SentMessage:
        """Bring a message into the account; a chat that is not there yet is made for it.

        Args:
            conversation_id: the chat. With `conversation_ref_id` it is tied to a chat that a manager began.
            message: a text, or any other `ChatMessage`.
            msgid: your own name of the message.
            sender: the client; or a manager or the channel's bot (with `ref_id`), then `receiver` is the client.
            **options: any of these.

                - `at`: when it was written; now, if not given.
                - `silent`: neither an incoming lead nor a notification comes of it. For old messages, all but the last.
                - `source`: external id of the source it came through.
                - `reply_to`: the message that is answered, or its msgid.
                - `forward`: a message that is passed on.

        Raises:
            UncertainWrite: nobody knows whether it was taken; it is not sent twice.
            ConfigurationError: the message lacks what its type needs.
        """
        payload = new_payload(conversation_id, message, msgid, sender, options)
        return self._channel.run(self._sent("new_message", payload, Repeat.CREATES))

    async def asend(
        self,
        conversation_id: str,
        message: ChatMessage | str,
        *,
        msgid: str,
        sender: ChatUser,
        **options: Unpack[SendOptions],
    ) -> SentMessage:
        """`send()` for async code."""
        payload = new_payload(conversation_id, message, msgid, sender, options)
        return await self._channel.arun(self._sent("new_message", payload, Repeat.CREATES))

    def edit(
        self,
        conversation_id: str,
        message: ChatMessage | str,
        *,
        msgid: str | None = None,
        id: str | None = None,
        at: datetime | None = None,
    ) -> SentMessage:
        """Replace what a message says. It is named by `msgid`, or by the service's `id`; both give it the msgid."""
        payload = edited_payload(conversation_id, message, msgid, id, at)
        return self._channel.run(self._sent("edit_message", payload, Repeat.SAFE))

    async def aedit(
        self,
        conversation_id: str,
        message: ChatMessage | str,
        *,
        msgid: str | None = None,
        id: str | None = None,
        at: datetime | None = None,
    ) -> SentMessage:
        """`edit()` for async code."""
        payload = edited_payload(conversation_id, message, msgid, id, at)
        return await self._channel.arun(self._sent("edit_message", payload, Repeat.SAFE))

    def set_delivery_status(
        self,
        msgid: str,
        status: Literal["delivered", "read", "failed"],
        *,
        error_code: ErrorCode | None = None,
        error: str | None = None,
    ) -> None:
        """Say what became of a message that a manager wrote; `msgid` is the service's name of it.

        A failed one needs an `error_code`: 901 the client deleted the chat, 902 the integration is off in the channel,
        903 a fault of the server, 904 the chat cannot be made (the client is not there), 905 another, told in `error`.

        Raises:
            NotFound: there is no such message.
        """
        self._channel.run(self._posted(f"/{_quoted(msgid)}/delivery_status", delivery_of(status, error_code, error)))

    async def aset_delivery_status(
        self,
        msgid: str,
        status: Literal["delivered", "read", "failed"],
        *,
        error_code: ErrorCode | None = None,
        error: str | None = None,
    ) -> None:
        """`set_delivery_status()` for async code."""
        body = delivery_of(status, error_code, error)
        await self._channel.arun(self._posted(f"/{_quoted(msgid)}/delivery_status", body))

    # ---- signs of life
    def react(
        self,
        emoji: str | None,
        *,
        user: ChatUser,
        conversation_id: str | None = None,
        conversation_ref_id: str | None = None,
        msgid: str | None = None,
        id: str | None = None,
    ) -> None:
        """Put a reaction on a message, or take it off again (`emoji=None`).

        The message is named by `msgid` or by the service's `id`, its chat by `conversation_id` or
        `conversation_ref_id`. A manager is known by `ref_id`.

        Example:
            >>> scope.react("❤", conversation_id="chat-7", msgid="m-1", user=ChatUser(id="client-7"))
        """
        body = reaction_of(emoji, user, conversation_id, conversation_ref_id, msgid, id)
        self._channel.run(self._posted("/react", body))

    async def areact(
        self,
        emoji: str | None,
        *,
        user: ChatUser,
        conversation_id: str | None = None,
        conversation_ref_id: str | None = None,
        msgid: str | None = None,
        id: str | None = None,
    ) -> None:
        """`react()` for async code."""
        body = reaction_of(emoji, user, conversation_id, conversation_ref_id, msgid, id)
        await self._channel.arun(self._posted("/react", body))

    def typing(self, conversation_id: str, user: ChatUser | str, *, seconds: float | None = None) -> None:
        """Show that a client is typing, for so long (five seconds, if not told)."""
        self._channel.run(self._posted("/typing", typing_of(conversation_id, user, seconds)))

    async def atyping(self, conversation_id: str, user: ChatUser | str, *, seconds: float | None = None) -> None:
        """`typing()` for async code."""
        await self._channel.arun(self._posted("/typing", typing_of(conversation_id, user, seconds)))

    def __repr__(self) -> str:
        return f"ChatScope({self.id!r})"

    # ---- flows
    def _posted(self, path: str, body: Any, repeat: Repeat = Repeat.SAFE) -> Flow[HttpResponse]:
        purpose = f"tell the chats service {path.rpartition('/')[2].replace('_', ' ') or 'a message'}"
        call = HttpRequest(
            "POST", f"{ROOT}/{self.id}{path}", json=body, purpose=purpose, repeat=repeat, authorised=False
        )
        return self._channel.ask(call)

    def _created(self, conversation_id: str, user: ChatUser, source: str | None) -> Flow[Chat]:
        body: dict[str, Any] = {"conversation_id": conversation_id, "user": user_of(user, "the user of a chat")}
        if source is not None:
            body["source"] = {"external_id": source}
        answer = yield from self._posted("/chats", body)
        return Chat.from_raw(answer.parse_object())

    def _sent(self, event: str, payload: dict[str, Any], repeat: Repeat) -> Flow[SentMessage]:
        answer = yield from self._posted("", {"event_type": event, "payload": payload}, repeat)
        return SentMessage.of(answer.parse_object())

    def _read(self, chat_id: str, limit: int | None) -> Flow[None]:
        """Messages that come meanwhile move the older ones to the next page: each is given once."""
        if limit is not None and limit < 0:
            raise QueryError(f"limit is a whole number from 0 on, not {limit!r}")
        path = f"{ROOT}/{self.id}/chats/{_quoted(chat_id)}/history"
        seen: set[str] = set()
        offset, given = 0, 0
        while limit is None or given < limit:
            params = (("offset", str(offset)), ("limit", str(MOST)))
            answer = yield from self._channel.ask(
                HttpRequest("GET", path, params, purpose="read the history of a chat", authorised=False)
            )
            rows = [] if answer.empty else [row for row in parse_list(answer.json().get("messages")) if is_object(row)]
            if not rows:
                return
            for message in map(ChatHistoryMessage.from_raw, rows):
                known = message.message.id if message.message is not None else None
                if (known is None or known not in seen) and (limit is None or given < limit):
                    given += 1
                    yield from emit_value(message)
                seen |= {known} if known is not None else set()
            offset += len(rows)


def _quoted(name: str) -> str:
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"an id of the chats service is a text, not {name!r}")
    return quote(name, safe="")
