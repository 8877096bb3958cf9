"""Notes: their types are numbers here, and a plain text is a key of its own beside the params.

Source: Kommo API v2, "Notes", "Account" (the list of note types).
"""

from __future__ import annotations

import json
from typing import Any, cast

from kommo_orm.dialects.common.entity_types import ENTITY_NAMES, ENTITY_TYPES, parse_id
from kommo_orm.dialects.v2.endpoint import (
    BATCH_SIZE,
    MAX_PAGE_SIZE,
    SINGULAR,
    Endpoint,
    Filter,
    ListRules,
    Pair,
    ParentRules,
)
from kommo_orm.dialects.v2.unsupported import build_unsupported_error, explain_unsupported
from kommo_orm.errors import QueryError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.parent import Parent

TYPES = {
    1: "deal_created",
    2: "contact_created",
    3: "deal_status_changed",
    4: "common",
    5: "attachment",
    6: "call",
    7: "mail_message",
    8: "mail_message_attachment",
    9: "external_attach",
    10: "call_in",
    11: "call_out",
    12: "company_created",
    13: "task_result",
    17: "chat",
    25: "service_message",
    99: "max_system",
    101: "dropbox_attachment",
    102: "sms_in",
    103: "sms_out",
}
TYPE_NUMBERS = {name: number for number, name in TYPES.items()}
CALL_TYPES = ("call_in", "call_out")
WRITABLE_TYPES = ("common", "task_result", "service_message", "sms_in", "sms_out", *CALL_TYPES)
TEXT_TYPES = ("common", "task_result")  # their text is a key of its own
CALL_KEYS = {"UNIQ": "uniq", "LINK": "link", "PHONE": "phone", "DURATION": "duration", "SRC": "source"}
V2_CALL_KEYS = {canonical: own for own, canonical in CALL_KEYS.items()}
LISTED_KINDS = ("contacts", "leads", "companies", "tasks")  # no document has a list of customers' notes
CANONICAL_KEYS = {"element_id": "entity_id", "element_type": "entity_type"}


# ---- reading
def decode_note(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of a note."""
    other = ("_links", "text", "note_type", "params")
    note = {CANONICAL_KEYS.get(key, key): value for key, value in row.items() if key not in other}
    number = parse_id(row.get("note_type"))
    note["note_type"] = TYPES.get(number or 0, row.get("note_type") if number is None else f"type_{number}")
    note["params"] = decode_params(row, note["note_type"])
    parent = read.parent.kind if read.parent is not None else None
    note["entity_type"] = ENTITY_NAMES.get(parse_id(note.get("entity_type")) or 0, parent)
    return note


def decode_params(row: MutableRow, note_type: Any) -> MutableRow:
    """The canonical params: text included, and those of old calls, which are JSON inside of the text."""
    raw = row.get("params")
    params: MutableRow = dict(cast("MutableRow", raw)) if isinstance(raw, dict) else {}
    text = row.get("text")
    if note_type in CALL_TYPES and not params and isinstance(text, str) and text.startswith("{"):
        params = _parse_object(text)
    params = {CALL_KEYS.get(key, key.lower() if key.isupper() else key): value for key, value in params.items()}
    if text not in (None, "") and not (isinstance(text, str) and text.startswith("{") and params):
        params.setdefault("text", text)
    if note_type == "common":
        params.setdefault("text", "")
    return params


def _parse_object(text: str) -> MutableRow:
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return cast("MutableRow", parsed) if isinstance(parsed, dict) else {}


# ---- writing
KEYS = ("responsible_user_id", "created_by", "created_at")
OTHER_KEYS = ("entity_id", "note_type", "params")
AUTOMATION_KEY = "is_need_to_trigger_digital_pipeline"


def encode_note(item: BatchItem, parent: Parent | None) -> MutableRow:
    """The body of a note. Raises `ConfigurationError` for types and keys that v2 cannot write."""
    values = item.body
    note_type = values.get("note_type")
    if note_type not in WRITABLE_TYPES:
        raise build_unsupported_error(item, f"write notes of type {note_type}")
    for key in values:
        if key == AUTOMATION_KEY:
            raise build_unsupported_error(item, "write a note that triggers no automation")
        if key not in KEYS and key not in OTHER_KEYS:
            raise build_unsupported_error(item, f"write {key} of notes")
    body: MutableRow = {key: 0 if value is None else value for key, value in values.items() if key in KEYS}
    if item.is_create or "entity_id" in values:
        body["element_id"] = values.get("entity_id")
    if parent is not None and (item.is_create or "element_id" in body):
        body["element_type"] = ENTITY_TYPES[parent.kind]
    return body | _encode_params(item, str(note_type), values.get("params") or {})


def _encode_params(item: BatchItem, note_type: str, params: MutableRow) -> MutableRow:
    number = TYPE_NUMBERS[note_type]
    if note_type in TEXT_TYPES:
        return {"note_type": number, "text": params.get("text", "")}
    if note_type in CALL_TYPES:
        unknown = [key for key in params if key not in V2_CALL_KEYS]
        if unknown:
            raise build_unsupported_error(item, f"write {unknown[0]} of a call")
        return {"note_type": number, "params": {V2_CALL_KEYS[key]: value for key, value in params.items()}}
    return {"note_type": number, "params": dict(params)}


# ---- lists
def build_note_parent_params(read: ReadRequest) -> list[Pair]:
    """The kind of card and the card whose notes are read. Raises `QueryError` for kinds without notes."""
    parent = read.parent
    if parent is None or parent.kind not in SINGULAR:
        raise QueryError(explain_unsupported(f"list notes of {parent}"))
    card = [("element_id", str(parent.id))] if parent.id is not None else []
    return [("type", SINGULAR[parent.kind] if parent.kind in LISTED_KINDS else "all"), *card]


def belongs_to_parent(row: MutableRow, read: ReadRequest) -> bool:
    """Whether a note is under the parent: `element_id` is ignored beside ids, and some kinds have no list of their own."""
    parent, owner = read.parent, parse_id(row.get("entity_id"))
    if parent is None or row.get("entity_type") != parent.kind:
        return parent is None
    return parent.id is None or owner in (None, parent.id)


def format_note_type(name: Any) -> str:
    """The number of a type. Raises `QueryError` for a type that v2 does not have."""
    if name not in TYPE_NUMBERS:
        raise QueryError(explain_unsupported(f"find notes of type {name}"))
    return str(TYPE_NUMBERS[name])


NOTES = Endpoint(
    "/api/v2/notes",
    Capabilities(
        page_size=MAX_PAGE_SIZE,
        create_size=BATCH_SIZE,
        update_size=BATCH_SIZE,
        saves_together=True,
        needs_stored_row=True,
        is_ordered=False,
    ),
    decode_note,
    encode_note,
    ListRules(
        filters={
            "id": Filter("id"),
            "entity_id": Filter("element_id", takes_several=False),
            "note_type": Filter("note_type", takes_several=False, format=format_note_type),
            "updated_at": Filter("If-Modified-Since", "since"),
        }
    ),
    parent=ParentRules(build_note_parent_params, belongs_to_parent),
)
