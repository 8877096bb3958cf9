"""Calls: logged to whom the number belongs to, and announced while they come in. Source: Kommo API v2, "Calls"."""

from __future__ import annotations

from kommo_orm.dialects.v2.endpoint import AT_ONCE, Endpoint, unable
from kommo_orm.dialects.v2.write_body import body_of
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.row import Row
from kommo_orm.model.parent import Parent
from kommo_orm.unit.report import describe

PATH = "/api/v2/calls"
STATUSES = range(1, 8)
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


CALLS = Endpoint(
    PATH,
    Capabilities(
        is_paged=False, is_readable=False, reads_single_rows=False, create_size=AT_ONCE, update_size=0, is_ordered=False
    ),
    encode=encode,
)
