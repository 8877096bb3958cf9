"""Calls, which are logged at the card that the number belongs to. Source: Kommo API v2, "Calls"."""

from __future__ import annotations

from kommo_orm.dialects.v2.endpoint import BATCH_SIZE, Endpoint
from kommo_orm.dialects.v2.unsupported import build_unsupported_error
from kommo_orm.dialects.v2.write_body import build_body
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.parent import Parent

STATUSES = range(1, 8)
KEYS = {"phone": "phone_number"} | {
    key: key
    for key in (
        *("direction", "uniq", "duration", "source", "call_status", "call_result", "link"),
        *("created_at", "created_by", "updated_by", "responsible_user_id"),
    )
}


def encode_call(item: BatchItem, parent: Parent | None) -> MutableRow:
    """The body of a call. Raises `ConfigurationError` for a status that v2 does not have."""
    body = build_body(item, KEYS, "calls")
    if body.get("call_status", 1) not in STATUSES:
        known = f"it knows {STATUSES[0]} to {STATUSES[-1]}"
        raise build_unsupported_error(item, f"log calls of status {body['call_status']}", known)
    return body


CALLS = Endpoint(
    "/api/v2/calls",
    Capabilities(
        is_paged=False,
        is_readable=False,
        reads_single_rows=False,
        create_size=BATCH_SIZE,
        update_size=0,
        is_ordered=False,
    ),
    encode=encode_call,
)
