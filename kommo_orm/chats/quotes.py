"""Messages inside of messages: quotes of replies, and forwards.

Source: Kommo Chats API, "Send, edit or import message", replies and forwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kommo_orm.chats.chat_values import ChatMessage, ChatUser
from kommo_orm.chats.timestamps import encode_time
from kommo_orm.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ChatQuote:
    """A quoted message, named by its id (`msgid` of the integration, `id` of the service) or given by its content.

    Example:
        >>> ChatQuote(msgid="m-1")
        >>> ChatQuote(message=ChatMessage(type="text", text="Open on Sunday?"), sender=ChatUser(name="Ann"), at=then)
    """

    msgid: str | None = None
    id: str | None = None
    message: ChatMessage | None = None
    sender: ChatUser | None = None
    at: datetime | None = None

    def __post_init__(self) -> None:
        if not (self.msgid or self.id) and None in (self.message, self.sender, self.at):
            raise ConfigurationError("A ChatQuote needs msgid or id, or all of message, sender and at")

    def to_raw(self) -> dict[str, Any]:
        """The body of the quote."""
        body: dict[str, Any] = {"id": self.id, "msgid": self.msgid}
        if self.message is not None:
            body |= self.message.to_raw()
        if self.sender is not None:
            body["sender"] = self.sender.to_raw()
        body |= encode_time(self.at) if self.at is not None else {}
        return {key: value for key, value in body.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ChatForward:
    """A forwarded message, and the chat that it comes from. The chat belongs to the same integration."""

    message: ChatQuote
    conversation_id: str | None = None
    conversation_ref_id: str | None = None

    def to_raw(self) -> dict[str, Any]:
        """The body of the forward."""
        chat = {"conversation_id": self.conversation_id, "conversation_ref_id": self.conversation_ref_id}
        return {
            "messages": [self.message.to_raw()],
            **{key: value for key, value in chat.items() if value is not None},
        }
