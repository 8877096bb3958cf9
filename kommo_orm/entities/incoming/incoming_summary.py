"""Counts of incoming leads: received, accepted, declined.

Source: Kommo API v4, "Incoming leads", summary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kommo_orm.errors import UnexpectedResponse
from kommo_orm.fields.raw_values import is_object, read_int
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.term import Term
from kommo_orm.transport.flow import Flow

KIND = "incoming_summary"


@dataclass(frozen=True, slots=True)
class IncomingSummary:
    """Counts of incoming leads: all, accepted, declined, and all by category (`forms`, `sip`, `chats`, `mail`).

    `average_sort_time` is how long they waited, in seconds; `raw` is what the service sent.

    Example:
        >>> summary = IncomingLead.objects.summary(created_at__gte=monday)
        >>> summary.total - summary.accepted - summary.declined
        3
    """

    total: int = 0
    accepted: int = 0
    declined: int = 0
    average_sort_time: int | None = None
    categories: Mapping[str, int] = field(default_factory=dict[str, int])
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)

    @classmethod
    def from_raw(cls, row: Mapping[str, Any]) -> IncomingSummary:
        """From what the service sent; a category that is missing counts as 0."""
        parts = row.get("categories")
        counts = {name: read_count(part) for name, part in parts.items()} if is_object(parts) else {}
        return cls(
            total=read_int(row.get("total")) or 0,
            accepted=read_int(row.get("accepted")) or 0,
            declined=read_int(row.get("declined")) or 0,
            average_sort_time=read_int(row.get("average_sort_time")),
            categories={"forms": 0, "sip": 0, "chats": 0, "mail": 0, **counts},
            raw=dict(row),
        )


def read_count(part: Any) -> int:
    return read_int(part.get("total") if is_object(part) else part) or 0


def fetch_summary(connection: Connection, terms: tuple[Term, ...]) -> Flow[IncomingSummary]:
    """Ask for the counts, one request."""
    read = ReadRequest(KIND, terms=terms)
    answer = yield from connection.ask(connection.dialect.build_list_request(read, 1, 1))
    if answer.empty:
        return IncomingSummary.from_raw({})
    row = connection.dialect.parse_row(read, answer)
    if row is None:
        raise UnexpectedResponse(f"{answer.request}: {connection.name} the answer has no summary")
    return IncomingSummary.from_raw(row)


__all__ = ["IncomingSummary"]
