"""A channel in one account: chats, messages, delivery statuses, reactions, typing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import quote

from typing_extensions import Unpack

from kommo_orm.chats.chat_values import Chat, ChatHistoryMessage, ChatMessage, ChatUser, SentMessage
from kommo_orm.chats.payloads import (
    ErrorCode,
    SendOptions,
    build_delivery_status,
    build_edited_message,
    build_new_message,
    build_reaction,
    build_typing,
    build_user,
)
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.fields.raw_values import is_object
from kommo_orm.model.codec import parse_list
from kommo_orm.transport.flow import Flow, emit_value
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat

if TYPE_CHECKING:
    from kommo_orm.chats.channel import ChatChannel

ROOT = "/v2/origin/custom"
PAGE_SIZE = 50  # messages a page


def validate_id(value: Any, what: str) -> str:
    """Return an id that can stand in a URL. Raises `ConfigurationError` for any other text."""
    if not isinstance(value, str) or not value or value != quote(value, safe=""):
        raise ConfigurationError(f"{what} must be a text of letters, digits and hyphens, not {value!r}")
    return value


class ChatScope:
    """A channel's connection to one account. `ChatChannel.connect()` and `.scope()` make it.

    Ids of chats, messages and people are the integration's own, unless they are called `ref_id`.

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
        self.id, self.account_id = validate_id(scope_id, "the id of a scope"), account_id
        self.title, self.is_time_window_disabled = title, is_time_window_disabled

    # ---- chats
    def create_chat(self, conversation_id: str, user: ChatUser, *, source: str | None = None) -> Chat:
        """Create a chat before its first message, or find the one with this id. `source` is a source's external id.

        Example:
            >>> chat = scope.create_chat("chat-7", ChatUser(id="client-7", name="Ann"), source="landing-1")
            >>> chat.id
            '6cbab3d5-c4c1-46ff-b710-ad59ad10805f'
        """
        return self._channel.run(self._post_chat(conversation_id, user, source))

    async def acreate_chat(self, conversation_id: str, user: ChatUser, *, source: str | None = None) -> Chat:
        """`create_chat()` for async code."""
        return await self._channel.arun(self._post_chat(conversation_id, user, source))

    def history(self, chat_id: str, *, limit: int | None = None) -> Iterator[ChatHistoryMessage]:
        """Iterate over the messages of a chat, newest first, each once. `chat_id` is the service's id of the chat.

        One request reads fifty messages. Raises `QueryError` if `limit` is negative.


        Example:
            >>> for message in scope.history(chat.id):
            ...     print(message.at, message.message.text)
        """
        return cast("Iterator[ChatHistoryMessage]", self._channel.stream(self._read_history(chat_id, limit)))

    def ahistory(self, chat_id: str, *, limit: int | None = None) -> AsyncIterator[ChatHistoryMessage]:
        """`history()` for `async for`."""
        return cast("AsyncIterator[ChatHistoryMessage]", self._channel.astream(self._read_history(chat_id, limit)))

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
        """Send a message into the account. A chat that does not exist is created.

        Args:
            conversation_id: the chat. With `conversation_ref_id` it is connected to a chat that a manager began.
            message: a text, or any other `ChatMessage`.
            msgid: your own id of the message.
            sender: the client. Or a manager or the channel's bot (with `ref_id`); then `receiver` is the client.
            **options: any of these.

                - `at`: when it was written, by default now.
                - `silent`: it makes no incoming lead and no notification. For imports: all messages but the last.
                - `source`: external id of the source of the message.
                - `reply_to`: the message that is answered, or its msgid.
                - `forward`: a forwarded message.

        Raises:
            UncertainWrite: the service may have accepted it or not; it is not sent twice.
            ConfigurationError: a part is missing that the type of the message needs.
        """
        payload = build_new_message(conversation_id, message, msgid, sender, options)
        return self._channel.run(self._post_message("new_message", payload, Repeat.CREATES))

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
        payload = build_new_message(conversation_id, message, msgid, sender, options)
        return await self._channel.arun(self._post_message("new_message", payload, Repeat.CREATES))

    def edit(
        self,
        conversation_id: str,
        message: ChatMessage | str,
        *,
        msgid: str | None = None,
        id: str | None = None,
        at: datetime | None = None,
    ) -> SentMessage:
        """Replace the content of a message, named by `msgid` or by the service's `id`. With both it gets that msgid."""
        payload = build_edited_message(conversation_id, message, msgid, id, at)
        return self._channel.run(self._post_message("edit_message", payload, Repeat.SAFE))

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
        payload = build_edited_message(conversation_id, message, msgid, id, at)
        return await self._channel.arun(self._post_message("edit_message", payload, Repeat.SAFE))

    def set_delivery_status(
        self,
        msgid: str,
        status: Literal["delivered", "read", "failed"],
        *,
        error_code: ErrorCode | None = None,
        error: str | None = None,
    ) -> None:
        """Report the delivery of a message that a manager wrote. `msgid` is the service's id of it.

        A failed one needs an `error_code`: 901 the client deleted the chat, 902 the integration is off in the channel,
        903 an error of the server, 904 the chat cannot be created (there is no such client), 905 another one, explained
        in `error`.

        Raises:
            NotFound: there is no such message.
        """
        self._channel.run(
            self._post(f"/{_quote_id(msgid)}/delivery_status", build_delivery_status(status, error_code, error))
        )

    async def aset_delivery_status(
        self,
        msgid: str,
        status: Literal["delivered", "read", "failed"],
        *,
        error_code: ErrorCode | None = None,
        error: str | None = None,
    ) -> None:
        """`set_delivery_status()` for async code."""
        body = build_delivery_status(status, error_code, error)
        await self._channel.arun(self._post(f"/{_quote_id(msgid)}/delivery_status", body))

    # ---- reactions and typing
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
        """Put a reaction on a message, or remove it (`emoji=None`).

        The message is named by `msgid` or by the service's `id`, its chat by `conversation_id` or
        `conversation_ref_id`. A manager is named by `ref_id`.

        Example:
            >>> scope.react("❤", conversation_id="chat-7", msgid="m-1", user=ChatUser(id="client-7"))
        """
        body = build_reaction(emoji, user, conversation_id, conversation_ref_id, msgid, id)
        self._channel.run(self._post("/react", body))

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
        body = build_reaction(emoji, user, conversation_id, conversation_ref_id, msgid, id)
        await self._channel.arun(self._post("/react", body))

    def typing(self, conversation_id: str, user: ChatUser | str, *, seconds: float | None = None) -> None:
        """Show that a client is typing, for so many seconds (by default five)."""
        self._channel.run(self._post("/typing", build_typing(conversation_id, user, seconds)))

    async def atyping(self, conversation_id: str, user: ChatUser | str, *, seconds: float | None = None) -> None:
        """`typing()` for async code."""
        await self._channel.arun(self._post("/typing", build_typing(conversation_id, user, seconds)))

    def __repr__(self) -> str:
        return f"ChatScope({self.id!r})"

    # ---- flows
    def _post(self, path: str, body: Any, repeat: Repeat = Repeat.SAFE) -> Flow[HttpResponse]:
        purpose = f"send the chats service {path.rpartition('/')[2].replace('_', ' ') or 'a message'}"
        request = HttpRequest(
            "POST", f"{ROOT}/{self.id}{path}", json=body, purpose=purpose, repeat=repeat, authorised=False
        )
        return self._channel.ask(request)

    def _post_chat(self, conversation_id: str, user: ChatUser, source: str | None) -> Flow[Chat]:
        body: dict[str, Any] = {"conversation_id": conversation_id, "user": build_user(user, "the user of a chat")}
        if source is not None:
            body["source"] = {"external_id": source}
        response = yield from self._post("/chats", body)
        return Chat.from_raw(response.parse_object())

    def _post_message(self, event: str, payload: dict[str, Any], repeat: Repeat) -> Flow[SentMessage]:
        response = yield from self._post("", {"event_type": event, "payload": payload}, repeat)
        return SentMessage.read_response(response.parse_object())

    def _read_history(self, chat_id: str, limit: int | None) -> Flow[None]:
        """Each message is emitted once, although new messages move older ones to the next page."""
        if limit is not None and limit < 0:
            raise QueryError(f"limit must be 0 or more, not {limit!r}")
        path = f"{ROOT}/{self.id}/chats/{_quote_id(chat_id)}/history"
        seen: set[str] = set()
        offset, emitted = 0, 0
        while limit is None or emitted < limit:
            params = (("offset", str(offset)), ("limit", str(PAGE_SIZE)))
            response = yield from self._channel.ask(
                HttpRequest("GET", path, params, purpose="read the history of a chat", authorised=False)
            )
            rows = (
                [] if response.empty else [row for row in parse_list(response.json().get("messages")) if is_object(row)]
            )
            if not rows:
                return
            for message in map(ChatHistoryMessage.from_raw, rows):
                message_id = message.message.id if message.message is not None else None
                if (message_id is None or message_id not in seen) and (limit is None or emitted < limit):
                    emitted += 1
                    yield from emit_value(message)
                seen |= {message_id} if message_id is not None else set()
            offset += len(rows)


def _quote_id(name: str) -> str:
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"An id of the chats service must be a text that is not empty, not {name!r}")
    return quote(name, safe="")
