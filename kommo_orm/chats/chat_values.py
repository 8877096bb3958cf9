"""The values of chats: users, messages and their parts. Writing validates them, reading accepts anything.

Source: Kommo Chats API, "Send, edit or import message", "Create chat", "Chat history".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Self

from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.fields.compound_value import Computed, Given, Whole, Words, part
from kommo_orm.fields.raw_values import is_object
from kommo_orm.model.attr import Attr

MessageType = Literal["text", "contact", "file", "video", "picture", "voice", "audio", "sticker", "location"]
FILES = ("file", "video", "picture")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ChatUser(NestedValue):
    """A participant of a chat.

    `id` is the integration's own id of the person. `ref_id` is the service's id of a manager or of the channel's bot. Rows
    that are read have the service's id as `id`, and the integration's as `client_id`.

    Example:
        >>> ChatUser(id="client-7", name="Ann", phone="+34600111222")
    """

    id: Words = part()
    ref_id: Words = part()
    client_id: Computed[str] = part()
    name: Words = part()
    avatar: Words = part()
    phone: Words = part()
    email: Words = part()
    profile_link: Words = part()

    def to_raw(self) -> dict[str, Any]:
        """The body of a participant: phone and e-mail stand under `profile`."""
        body = super().to_raw()
        profile = {key: body.pop(key) for key in ("phone", "email") if key in body}
        return {**body, "profile": profile} if profile else body


class ChatLocation(NestedValue):
    """A place, by longitude and latitude in degrees."""

    lon: Attr[Decimal, Decimal | int | float]
    lat: Attr[Decimal, Decimal | int | float]


class ChatContact(NestedValue):
    """A message that gives a person's name and phone number."""

    name: Attr[str, str]
    phone: Attr[str, str]


class ChatSharedPost(NestedValue):
    """A post that somebody shared. `preview_link` is a picture that expires, `preview_permalink` one that does not."""

    url: Words = part()
    preview_link: Words = part()
    preview_permalink: Words = part()
    type: Words = part()
    site_name: Words = part()


class ChatPost(NestedValue):
    """The post that a comment is about."""

    id: Attr[str, str]
    url: Attr[str, str]
    preview_url: Words = part()
    preview_permalink: Words = part()
    username: Words = part()
    caption: Words = part()


class ChatMessage(NestedValue):
    """The content of a message. Files, videos and pictures need `media`, `file_name` and `file_size` (bytes).

    `media` is an address from which the service can fetch the file; `media_duration` is in seconds. A message with a
    `post` is a comment. A message that was read has the service's id as `id`, and the integration's as `client_id`.

    Example:
        >>> ChatMessage(type="picture", media="https://olive.example/p.png", file_name="p.png", file_size=20480)
        >>> ChatMessage(type="location", location=ChatLocation(lon=-9.14, lat=38.71))
    """

    id: Computed[str] = part()
    client_id: Computed[str] = part()
    type: Attr[str, MessageType]
    text: Words = part()
    media: Words = part()
    file_name: Words = part()
    file_size: Whole = part()
    media_duration: Whole = part()
    sticker_id: Words = part()
    location: Given[ChatLocation] = part()
    contact: Given[ChatContact] = part()
    callback_data: Words = part()
    shared_post: Given[ChatSharedPost] = part()
    post: Given[ChatPost] = part()
    thumbnail: Computed[str] = part()
    media_group_id: Computed[str] = part()

    def validate_for_sending(self, *, editing: bool = False) -> None:
        """Raise `ValueError` if a part is missing that the type needs. An edited message keeps its file."""
        needed: tuple[str, ...] = {"text": ("text",), "location": ("location",), "contact": ("contact",)}.get(
            self.type, ()
        )
        if self.type in FILES and not editing:
            needed = ("media", "file_name", "file_size")
        missing = [name for name in needed if getattr(self, name) in (None, "")]
        if missing:
            raise ValueError(f"A message of type {self.type} needs {', '.join(missing)}")


class Chat(NestedValue):
    """A chat: the service's id of it, and its participant."""

    id: Computed[str] = part()
    user: Given[ChatUser] = part()


class SentMessage(NestedValue):
    """A message that the service accepted. `msgid` is the service's id of it, `ref_id` the integration's."""

    conversation_id: Computed[str] = part()
    sender_id: Computed[str] = part()
    receiver_id: Computed[str] = part()
    msgid: Computed[str] = part()
    ref_id: Computed[str] = part()

    @classmethod
    def read_response(cls, response: dict[str, Any]) -> Self:
        """Read it from a response, where it stands under the name of the event."""
        return cls.from_raw(next((value for value in response.values() if is_object(value)), response))


class ChatHistoryMessage(NestedValue):
    """One message of a chat's history. One without a `receiver` came from the client."""

    timestamp: Computed[int] = part()
    msec_timestamp: Computed[int] = part()
    sender: Given[ChatUser] = part()
    receiver: Given[ChatUser] = part()
    message: Given[ChatMessage] = part()

    @property
    def at(self) -> datetime | None:
        """The time of the message in UTC, to the millisecond if the service gives that."""
        if self.msec_timestamp:
            return EPOCH + timedelta(milliseconds=self.msec_timestamp)
        return None if self.timestamp is None else EPOCH + timedelta(seconds=self.timestamp)
