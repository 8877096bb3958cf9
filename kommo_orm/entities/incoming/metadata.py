"""The metadata of incoming leads: the form, the call, the chat or the mail that created them.

A form or a call can be given to a new one; chats and mails are brought by Kommo itself and can only be read. A category
that no class stands for reads as `UnknownMetadata`, whose `extra` has all keys.

Source: Kommo API v4, "Incoming leads", metadata.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from kommo_orm.entities.calls.call_values import DURATION
from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.fields.compound_value import Computed, Given, Whole, Words, part


class Metadata(NestedValue):
    """Base of the metadata."""

    category: ClassVar[str] = ""
    is_writable: ClassVar[bool] = True

    @property
    def of_category(self) -> str:
        """Kommo's name of the category."""
        return type(self).category

    def to_raw(self) -> dict[str, Any]:
        """What is sent, with its category."""
        return {"category": type(self).category, **self.to_body()}

    def to_body(self) -> dict[str, Any]:
        """The body without the category, which the address names. Empty texts are left out, as Kommo wants."""
        return {key: value for key, value in super().to_raw().items() if value != ""}


class FormMetadata(Metadata):
    """A form that was filled in.

    Example:
        >>> FormMetadata(form_id="f-3", form_name="Callback", form_page="https://olive.example", form_sent_at=now)
    """

    category = "forms"

    form_id: Given[int | str] = part()
    form_name: Words = part()
    form_page: Words = part()
    form_sent_at: Given[datetime] = part()
    ip: Words = part()
    referer: Words = part()
    visitor_uid: Words = part()
    form_type: Computed[int] = part()


class CallMetadata(Metadata):
    """A call that came in: from `caller` to the line `phone`. `duration` is in seconds.

    Rows that are read have the caller in `phone`, and who took the call in `call_responsible`. With
    `is_call_event_needed` the card gets an event of the call; it can be sent only.
    """

    category = "sip"
    __keys__: ClassVar[dict[str, str]] = {"caller": "from"}

    caller: Given[int | str] = part()
    phone: Given[int | str] = part()
    call_responsible: Given[int | str] = part()
    called_at: Given[datetime] = part()
    duration: Whole = part(codec=DURATION)
    link: Words = part()
    service_code: Words = part()
    uniq: Words = part()
    is_call_event_needed: Given[bool] = part()


class ChatClient(NestedValue):
    """Who writes in a chat."""

    name: Computed[str] = part()
    avatar: Computed[str] = part()


class ChatOrigin(NestedValue):
    """Where a chat comes from."""

    chat_id: Computed[str] = part()
    ref: Computed[Any] = part()
    visitor_uid: Computed[str] = part()


class ChatMetadata(Metadata):
    """A chat that somebody began. Only Kommo makes these."""

    category = "chats"
    is_writable = False
    __keys__: ClassVar[dict[str, str]] = {"sender": "from", "recipient": "to"}

    sender: Computed[str] = part()
    recipient: Computed[str] = part()
    received_at: Computed[datetime] = part()
    service: Computed[str] = part()
    source_name: Computed[str] = part()
    client: Computed[ChatClient] = part()
    origin: Computed[ChatOrigin] = part()
    last_message_text: Computed[str] = part()


class MailSender(NestedValue):
    """Who wrote a mail."""

    email: Computed[str] = part()
    name: Computed[str] = part()


class MailMetadata(Metadata):
    """A mail that came in. Only Kommo makes these."""

    category = "mail"
    is_writable = False
    __keys__: ClassVar[dict[str, str]] = {"sender": "from"}

    sender: Computed[MailSender] = part()
    received_at: Computed[datetime] = part()
    subject: Computed[str] = part()
    thread_id: Computed[int | str] = part()
    message_id: Computed[int | str] = part()
    content_summary: Computed[str] = part()


class UnknownMetadata(Metadata):
    """Metadata of a category that this library does not know; `extra` has them as they were sent."""

    is_writable = False

    if not TYPE_CHECKING:
        _category: str = ""

    @property
    def of_category(self) -> str:
        """Kommo's name of the category."""
        found: str = getattr(self, "_category", "")
        return found


IncomingMetadata: TypeAlias = FormMetadata | CallMetadata
"""What a new incoming lead can be given."""
AnyMetadata: TypeAlias = IncomingMetadata | ChatMetadata | MailMetadata | UnknownMetadata
"""What can be read."""

CLASSES: dict[str, type[Metadata]] = {
    cls.category: cls for cls in (FormMetadata, CallMetadata, ChatMetadata, MailMetadata)
}
OLD_NAMES = {"form": "forms", "chat": "chats"}  # as older answers write them


def parse_metadata(category: Any, raw: Any) -> Metadata:
    """The metadata of a row, in the class of its category."""
    named = str(category or "")
    cls = CLASSES.get(OLD_NAMES.get(named, named))
    if cls is not None:
        return cls.from_raw(raw)
    unknown = UnknownMetadata.from_raw(raw)
    object.__getattribute__(unknown, "__pydantic_private__")["_category"] = named
    return unknown


__all__ = ["CallMetadata", "ChatMetadata", "FormMetadata", "MailMetadata", "UnknownMetadata"]
