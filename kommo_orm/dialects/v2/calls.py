"""Calls: logged to whom the number belongs to, and announced while they come in. Source: Kommo API v2, "Calls"."""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.v2.answers import items
from kommo_orm.dialects.v2.body import body_of
from kommo_orm.dialects.v2.route import AT_ONCE, ENTITY_NAMES, Route, number, unable
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.row import Row
from kommo_orm.model.parent import Parent
from kommo_orm.transport.http_messages import HttpRequest, Repeat
from kommo_orm.unit.report import describe

PATH = "/api/v2/calls"
STATUSES = range(1, 8)
POP_UPS = "/api/v2/events"
KEYS = {"phone": "phone_number"} | {
    key: key
    for key in (
        *("direction", "uniq", "duration", "source", "call_status", "call_result", "link"),
        *("created_at", "created_by", "updated_by", "responsible_user_id"),
    )
}


def encode(item: BatchItem, parent: Parent | None) -> Row:
    made = body_of(item, KEYS, "calls")
    if made.get("call_status", 1) not in STATUSES:
        told = unable(f"log calls of status {made['call_status']}", f"it knows {STATUSES[0]} to {STATUSES[-1]}")
        raise ConfigurationError(f"{describe(item.object)}: {told}")
    return made


def announcing(action: Action) -> HttpRequest:
    body: Row = action.body
    sent = {"type": "phone_call", "phone_number": body["phone"], **({"users": body["users"]} if body["users"] else {})}
    return HttpRequest(
        "POST", POP_UPS, json={"add": [sent]}, purpose=f"announce a call from {body['phone']}", repeat=Repeat.CREATES
    )


def announced(body: Any) -> Row:
    """Whose card pops up; an unknown number has none."""
    row = next(iter(items(body) or ()), {})
    kind, pk = ENTITY_NAMES.get(number(row.get("element_type")) or 0), number(row.get("element_id"))
    return {**row, "entity_type": kind, "entity_id": pk}


CALLS = Route(
    PATH,
    Capabilities(
        is_paged=False, is_readable=False, reads_single_rows=False, create_size=AT_ONCE, update_size=0, is_ordered=False
    ),
    encode=encode,
)
