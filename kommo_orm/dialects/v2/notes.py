"""Notes: their types are numbers here, and a plain text stands beside the params and not in them.

Source: Kommo API v2, "Notes", "Account" (the list of note types).
"""

from __future__ import annotations

import json
from typing import Any, cast

from kommo_orm.dialects.common.entity_types import ENTITY_NAMES, ENTITY_TYPES, parse_id
from kommo_orm.dialects.v2.endpoint import AT_ONCE, MOST, SINGULAR, Endpoint, Filter, Pair, unable
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.model.parent import Parent
from kommo_orm.unit.report import describe

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
NUMBERS = {name: number for number, name in TYPES.items()}
CALLS = ("call_in", "call_out")
WRITABLE = ("common", "task_result", "service_message", "sms_in", "sms_out", *CALLS)
PLAIN = ("common", "task_result")  # their text stands beside the params
CALL_KEYS = {"UNIQ": "uniq", "LINK": "link", "PHONE": "phone", "DURATION": "duration", "SRC": "source"}
CALL_NAMES = {name: key for key, name in CALL_KEYS.items()}
LISTED = ("contacts", "leads", "companies", "tasks")  # no document has a list of customers' notes
OWN = {"element_id": "entity_id", "element_type": "entity_type"}


# ---- reading
def note(row: Row, read: ReadRequest) -> Row:
    made = {
        OWN.get(key, key): told for key, told in row.items() if key not in ("_links", "text", "note_type", "params")
    }
    kind = parse_id(row.get("note_type"))
    made["note_type"] = TYPES.get(kind or 0, row.get("note_type") if kind is None else f"type_{kind}")
    made["params"] = params(row, made["note_type"])
    owner = parse_id(made.get("entity_type"))
    parent = read.parent.kind if read.parent is not None else None
    made["entity_type"] = ENTITY_NAMES.get(owner or 0, parent)
    return made


def params(row: Row, name: Any) -> Row:
    told = row.get("params")
    found: Row = dict(cast("Row", told)) if isinstance(told, dict) else {}
    text = row.get("text")
    if name in CALLS and not found and isinstance(text, str) and text.startswith("{"):
        found = _parsed(text)
    found = {CALL_KEYS.get(key, key.lower() if key.isupper() else key): value for key, value in found.items()}
    if text not in (None, "") and not (isinstance(text, str) and text.startswith("{") and found):
        found.setdefault("text", text)
    if name == "common":
        found.setdefault("text", "")
    return found


def _parsed(text: str) -> Row:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return cast("Row", found) if isinstance(found, dict) else {}


# ---- writing
KEYS = ("responsible_user_id", "created_by", "created_at")


def encode(item: BatchItem, parent: Parent | None) -> Row:
    body = item.body
    name = body.get("note_type")
    if name not in WRITABLE:
        raise ConfigurationError(f"{describe(item.object)}: {unable(f'write notes of type {name}')}")
    made: Row = {}
    for key, value in body.items():
        if key in KEYS:
            made[key] = 0 if value is None else value
        elif key not in ("entity_id", "note_type", "params", "is_need_to_trigger_digital_pipeline"):
            raise ConfigurationError(f"{describe(item.object)}: {unable(f'write {key} of notes')}")
        elif key == "is_need_to_trigger_digital_pipeline":
            raise ConfigurationError(f"{describe(item.object)}: {unable('write a note that triggers no automation')}")
    if item.is_create or "entity_id" in body:
        made["element_id"] = body.get("entity_id")
    if parent is not None and (item.is_create or "element_id" in made):
        made["element_type"] = ENTITY_TYPES[parent.kind]
    return made | _content(item, str(name), body.get("params") or {})


def _content(item: BatchItem, name: str, sent: Row) -> Row:
    if name in PLAIN:
        return {"note_type": NUMBERS[name], "text": sent.get("text", "")}
    if name in CALLS:
        strange = [key for key in sent if key not in CALL_NAMES]
        if strange:
            raise ConfigurationError(f"{describe(item.object)}: {unable(f'write {strange[0]} of a call')}")
        return {"note_type": NUMBERS[name], "params": {CALL_NAMES[key]: value for key, value in sent.items()}}
    return {"note_type": NUMBERS[name], "params": dict(sent)}


def home(read: ReadRequest) -> list[Pair]:
    parent = read.parent
    if parent is None or parent.kind not in SINGULAR:
        raise QueryError(unable(f"list notes of {parent}"))
    under = [("element_id", str(parent.id))] if parent.id is not None else []
    return [("type", SINGULAR[parent.kind] if parent.kind in LISTED else "all"), *under]


def at_home(row: Row, read: ReadRequest) -> bool:
    """Beside ids, `element_id` is ignored; and what is not listed by its kind is chosen from all notes."""
    parent, owner = read.parent, parse_id(row.get("entity_id"))
    if parent is None or row.get("entity_type") != parent.kind:
        return parent is None
    return parent.id is None or owner in (None, parent.id)


def type_number(name: Any) -> str:
    if name not in NUMBERS:
        raise QueryError(unable(f"find notes of type {name}"))
    return str(NUMBERS[name])


NOTES = Endpoint(
    "/api/v2/notes",
    Capabilities(
        page_size=MOST,
        create_size=AT_ONCE,
        update_size=AT_ONCE,
        saves_together=True,
        needs_stored_row=True,
        is_ordered=False,
    ),
    note,
    encode,
    filters={
        "id": Filter("id"),
        "entity_id": Filter("element_id", several=False),
        "note_type": Filter("note_type", several=False, write=type_number),
        "updated_at": Filter("If-Modified-Since", "since"),
    },
    home=home,
    at_home=at_home,
)
