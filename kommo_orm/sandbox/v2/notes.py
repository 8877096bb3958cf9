"""Notes (Kommo API v2, Notes): types are numbers; a common note has a `text`, the others have `params`.

A note of type 13 on a task is the result of the task. A request for notes must name the type of their owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import RowFilter
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import notes as v4
from kommo_orm.sandbox.resources import tasks as v4_tasks
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import batch_writes, parsers, responses, routes, row_lists
from kommo_orm.sandbox.v2.errors import ItemError, RequestError, build_malformed_error
from kommo_orm.sandbox.v2.parsers import AUTHORSHIP, parse_keys
from kommo_orm.sandbox.v2.tasks import ELEMENT_NUMBERS, ELEMENT_TYPES, TYPES

COMMON, TASK_RESULT = 4, 13
WRITABLE: Mapping[int, str] = {
    COMMON: "common",
    10: "call_in",
    11: "call_out",
    TASK_RESULT: "task_result",
    25: "service_message",
    102: "sms_in",
    103: "sms_out",
}
NUMBERS = {**{kind: number for number, kind in WRITABLE.items()}, "attachment": 5}
_SYSTEM = 25  # the number that v2 shows for types that came with v4
# Parameters of calls have names in capitals.
_CALL_KEYS = {"UNIQ": "uniq", "LINK": "link", "PHONE": "phone", "DURATION": "duration", "SRC": "source"}
_PARAMS: Mapping[int, tuple[parsers.Schema, tuple[str, ...]]] = {
    25: ({"text": parsers.parse_text, "service": parsers.parse_text}, ("text", "service")),
    102: ({"text": parsers.parse_text, "phone": parsers.parse_text}, ("text",)),
    103: ({"text": parsers.parse_text, "phone": parsers.parse_text}, ("text", "phone")),
    **dict.fromkeys(
        (10, 11), ({**dict.fromkeys(_CALL_KEYS, parsers.parse_text), "DURATION": parsers.parse_integer}, ())
    ),
}
_LISTED = ("contact", "lead", "company", "task")  # no document lists notes of customers
_MISSING = {"contacts": 233, "leads": 234}  # "some contacts not found", "some leads not found"


# Writing


_KEYS: parsers.Schema = {
    "element_id": parsers.parse_integer,
    "element_type": parsers.parse_integer,
    "text": parsers.parse_text,
    "note_type": parsers.build_choice_parser(*WRITABLE),
    "params": parsers.parse_object,
    "responsible_user_id": parsers.parse_user_id,
    **AUTHORSHIP,
}


def _require_note_owner(call: ApiCall, clean: Row) -> tuple[str, int]:
    kind, number = ELEMENT_TYPES.get(clean.get("element_type", 0)), clean.get("element_id")
    if kind is None or not number:
        raise ItemError(232, "Element id or type is empty or wrong")
    if call.store.get_row(kind, number) is None:
        raise ItemError(_MISSING.get(kind, 226), "Element not found")
    return kind, number


def build_note_params(call: ApiCall, kind: int, clean: Row, where: str) -> Row:
    """Build the `params` of v4. Only common notes and results have their text in `text`; the others have it in `params`."""
    if kind in (COMMON, TASK_RESULT):
        if not clean.get("text"):
            raise build_malformed_error(where, "needs text")
        return {"text": clean["text"]}
    if kind not in _PARAMS:
        raise build_malformed_error(where, "is a note that API v2 cannot write")
    schema, required = _PARAMS[kind]
    params = parse_keys(call, clean.get("params", {}), schema, f"{where}/params", required)
    if kind in (10, 11):
        return {"uniq": "", "duration": 0, "source": "", "phone": "", "link": None, **_rename_call_keys(params)}
    return {"phone": None, **params} if kind in (102, 103) else params


def _rename_call_keys(params: Row) -> Row:
    return {_CALL_KEYS[key]: value for key, value in params.items()}


def _parse_note_content(call: ApiCall, clean: Row, where: str) -> None:
    """Add `content`, the `params` of v4. An update without a type uses the stored type."""
    stored = call.store.get_row("notes", clean.get("id"))
    note_type = clean.get("note_type", NUMBERS.get(stored["note_type"], _SYSTEM) if stored else COMMON)
    if "id" not in clean or clean.keys() & {"text", "params"}:
        clean["content"] = build_note_params(call, note_type, clean, where)


def _add_note(call: ApiCall, clean: Row) -> Row:
    kind, number = _require_note_owner(call, clean)
    note_type: int = clean["note_type"]
    if (note_type == TASK_RESULT) != (kind == "tasks"):
        raise ItemError(232, "Results belong to tasks, and tasks have nothing else")
    made = {key: clean[key] for key in ("responsible_user_id", *AUTHORSHIP) if key in clean}
    made.update(entity_id=number, note_type=WRITABLE[note_type], params=clean["content"])
    row = v4.insert_note(call.account, kind, call.user["id"], made)
    _set_task_result(call, row)
    return row


def _set_task_result(call: ApiCall, row: Row) -> None:
    if row["entity_type"] == "tasks":
        task = call.store.get_table("tasks")[row["entity_id"]]
        v4_tasks.change_task(call.account, call.user["id"], task, {"result": {"text": row["params"]["text"]}})


def _update_note(call: ApiCall, row: Row, clean: Row) -> None:
    """Change a note. Its type and its owner cannot be changed."""
    note_type = NUMBERS.get(row["note_type"], _SYSTEM)
    if clean.get("note_type", note_type) != note_type:
        raise batch_writes.build_item_error("The type of a note can not be changed")
    for key, column in (("element_id", row["entity_id"]), ("element_type", ELEMENT_NUMBERS[row["entity_type"]])):
        if clean.get(key, column) != column:
            raise ItemError(232, f"{key} of a note can not be changed")
    made = {key: clean[key] for key in ("responsible_user_id", *AUTHORSHIP) if key in clean}
    if "content" in clean:
        made["params"] = {**row["params"], **clean["content"]}
    v4.change_note(call.account, call.user["id"], row, made)
    _set_task_result(call, row)


# Reading


def render_note(account: Account, row: Row) -> Row:
    keys = ("id", "responsible_user_id", "created_by", "created_at", "updated_at")
    shown: Row = {**{key: row[key] for key in keys}, "account_id": account.id, "group_id": row["group_id"]}
    number = NUMBERS.get(row["note_type"], _SYSTEM)
    shown.update(is_editable=number == COMMON, element_id=row["entity_id"])
    shown.update(element_type=ELEMENT_NUMBERS[row["entity_type"]], attachment="", note_type=number)
    shown.update(_render_content(number, row["params"]))
    return {**shown, "_links": responses.build_row_link("notes", row["id"])}


def _render_content(number: int, params: Row) -> Row:
    if number in (COMMON, TASK_RESULT):
        return {"text": params["text"]}
    if number in (10, 11):
        return {"params": {capital: params.get(key) for capital, key in _CALL_KEYS.items()}}
    return {"params": params}


def _list_notes(call: ApiCall) -> SandboxResponse:
    if call.query.get_text("type") is None:
        raise RequestError(221, "Notes need a type")
    return row_lists.build_page(
        call, row_lists.select_rows(call, lambda: _build_note_filters(call)), lambda row: render_note(call.account, row)
    )


def _build_note_filters(call: ApiCall) -> list[RowFilter]:
    wanted: Any = call.query.get_text("type")
    if wanted not in ("all", *_LISTED):
        raise RequestError(221, f"No notes have the type {wanted}")
    found = [*row_lists.filter_by_change(call), *row_lists.filter_by_ids(call, "element_id", "entity_id")]
    if wanted != "all":
        found.append(lambda row: row["entity_type"] == TYPES[wanted])
    numbers = row_lists.parse_id_set(call, "note_type")
    if numbers is not None:
        found.append(lambda row: NUMBERS.get(row["note_type"], _SYSTEM) in numbers)
    return found


RESOURCE = batch_writes.WritableResource(
    name="notes",
    kind="notes",
    codes=batch_writes.ResourceCodes(empty=222, no_add=218, no_update=224, no_id=225, missing=225),
    create=_KEYS,
    change=_KEYS,
    required=("note_type",),
    add=_add_note,
    update=_update_note,
    inspect=_parse_note_content,
)
ROUTES = (
    routes.build_get_route(
        "/api/v2/notes", _list_notes, "notes", params=row_lists.WINDOW | {"type", "element_id", "note_type"}
    ),
    routes.build_post_route("/api/v2/notes", batch_writes.build_write_handler(RESOURCE), "notes"),
)
