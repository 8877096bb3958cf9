"""Announcements of calls that come in. API v4 has none, so both dialects use API v2.

Source: Kommo API v2, "Calls".
"""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.common.entity_types import ENTITY_NAMES, parse_id
from kommo_orm.dialects.common.response_body import list_items
from kommo_orm.interface.action import Action
from kommo_orm.interface.row import Row
from kommo_orm.transport.http_messages import HttpRequest, Repeat

EVENTS_PATH = "/api/v2/events"


def build_announcement_request(action: Action) -> HttpRequest:
    """Build the request that shows users a card of the caller."""
    body: Row = action.body
    event = {"type": "phone_call", "phone_number": body["phone"], **({"users": body["users"]} if body["users"] else {})}
    purpose = f"announce a call from {body['phone']}"
    return HttpRequest("POST", EVENTS_PATH, json={"add": [event]}, purpose=purpose, repeat=Repeat.CREATES)


def parse_announced_card(body: Any) -> Row:
    """The card that users see. An unknown number has none."""
    row = next(iter(list_items(body) or ()), {})
    kind, pk = ENTITY_NAMES.get(parse_id(row.get("element_type")) or 0), parse_id(row.get("element_id"))
    return {**row, "entity_type": kind, "entity_id": pk}
