"""Messages inside messages: what is answered, what is passed on.

Source: Kommo Chats API, "Send, edit or import message", replies and forwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kommo_orm.chats.parts import ChatMessage, ChatUser
from kommo_orm.chats.times import moments
from kommo_orm.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ChatQuote:
    """A message that is quoted: by its name (`msgid` of the integration, `id` of the service), else by what it says.

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
            raise ConfigurationError("a quote names its message by msgid or id, or tells message, sender and at")

    def to_raw(self) -> dict[str, Any]:
        said: dict[str, Any] = {"id": self.id, "msgid": self.msgid}
        if self.message is not None:
            said |= self.message.to_raw()
        if self.sender is not None:
            said["sender"] = self.sender.to_raw()
        said |= moments(self.at) if self.at is not None else {}
        return {key: value for key, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ChatForward:
    """A message that is passed on, out of a chat of the same integration (by either of its names)."""

    message: ChatQuote
    conversation_id: str | None = None
    conversation_ref_id: str | None = None

    def to_raw(self) -> dict[str, Any]:
        where = {"conversation_id": self.conversation_id, "conversation_ref_id": self.conversation_ref_id}
        return {
            "messages": [self.message.to_raw()],
            **{key: value for key, value in where.items() if value is not None},
        }
