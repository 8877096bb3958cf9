"""The directory of event types. Source: Kommo API v4, "Types of events"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kommo_orm.entities.events.event_filters import OF_FIELD
from kommo_orm.fields.raw_values import read_int
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.term import Term
from kommo_orm.transport.flow import Flow


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of events: its key, its number (all custom fields share one) and a label in a language.

    Example:
        >>> Event.objects.types(language_code="en")[0]
        EventType(key='lead_added', type=1, label='New lead')
    """

    key: str
    type: int | None = None
    label: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)

    @property
    def field_id(self) -> int | None:
        """The custom field whose changes these are; None for any other type."""
        found = OF_FIELD.fullmatch(self.key)
        return int(found[1]) if found and found[1] else None


def fetch_event_types(connection: Connection, language_code: str | None) -> Flow[list[EventType]]:
    """All types, one request."""
    terms = (Term("language_code", "eq", language_code),) if language_code is not None else ()
    read = ReadRequest("event_types", terms=terms)
    answer = yield from connection.ask(connection.dialect.build_list_request(read, 1, 1))
    return [
        EventType(str(row["key"]), read_int(row.get("type")), str(row.get("lang") or ""), row)
        for row in connection.dialect.parse_page(read, answer).rows
        if row.get("key")
    ]


__all__ = ["EventType"]
