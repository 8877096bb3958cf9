"""What makes a lead an incoming one: where a form was sent, or who called. Such leads wait to be accepted.

Source: Kommo API v4, "Incoming leads", metadata.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, TypeAlias

from kommo_orm.entities.nested import Nested
from kommo_orm.fields.value import Given, Whole, Words, part


class Metadata(Nested):
    """Base of both."""

    category: ClassVar[str] = ""

    def sent(self) -> dict[str, Any]:
        """What is sent, with its category."""
        return {"category": type(self).category, **super().sent()}


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


class CallMetadata(Metadata):
    """A call that came in: from `caller` to the line `phone`. `duration` is in seconds."""

    category = "sip"
    __keys__: ClassVar[dict[str, str]] = {"caller": "from"}

    caller: Given[int | str] = part()
    phone: Given[int | str] = part()
    call_responsible: Given[int | str] = part()
    called_at: Given[datetime] = part()
    duration: Whole = part()
    link: Words = part()
    service_code: Words = part()
    uniq: Words = part()
    is_call_event_needed: Given[bool] = part()


IncomingMetadata: TypeAlias = FormMetadata | CallMetadata
