"""Tasks (Kommo API v2, Tasks). The owner is named by a number for its kind; a result comes with the task or as a note."""

from __future__ import annotations

from collections.abc import Mapping

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import FilterError, FilterParser, RowFilter, parse_integers
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.query_string import Node
from kommo_orm.sandbox.resources import tasks as v4
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import batch_writes, parsers, responses, routes, row_lists
from kommo_orm.sandbox.v2.errors import MALFORMED, ItemError, build_malformed_error
from kommo_orm.sandbox.v2.parsers import AUTHORSHIP

ELEMENT_TYPES: Mapping[int, str] = {1: "contacts", 2: "leads", 3: "companies", 4: "tasks", 12: "customers"}
ELEMENT_NUMBERS = {kind: number for number, kind in ELEMENT_TYPES.items()}
# "Some contacts not found", "some leads not found"; the other kinds have no code.
_MISSING = {"contacts": 236, "leads": 237}
_BUILT_IN = (1, 2, 3)


# Writing


def _parse_task_type(call: ApiCall, value: object, where: str) -> int:
    number = parsers.parse_integer(call, value, where)
    if number not in (*_BUILT_IN, *(row["id"] for row in call.account.task_types)):
        raise build_malformed_error(where, "is no type of tasks")
    return number


def _parse_result(call: ApiCall, value: object, where: str) -> Row | None:
    """A result; `[]` changes nothing."""
    return None if value == [] else parsers.parse_keys(call, value, {"text": parsers.parse_text}, where, ("text",))


_KEYS: parsers.Schema = {
    "element_id": parsers.parse_integer,
    "element_type": parsers.build_choice_parser(1, 2, 3, 12),
    "complete_till_at": parsers.parse_integer,
    "complete_till": parsers.parse_integer,  # the name in one table of the documents
    "task_type": _parse_task_type,
    "text": parsers.parse_text,
    "responsible_user_id": parsers.parse_user_id,
    "is_completed": parsers.parse_flag,
    "duration": parsers.parse_integer,
    "result": _parse_result,
    **AUTHORSHIP,
}
_SAME = ("text", "responsible_user_id", "is_completed", "duration", *AUTHORSHIP)


def _translate_task(call: ApiCall, clean: Row, row: Row | None) -> Row:
    made: Row = {key: clean[key] for key in _SAME if key in clean}
    if "task_type" in clean:
        made["task_type_id"] = clean["task_type"]
    deadline = clean.get("complete_till_at", clean.get("complete_till"))
    if deadline is not None:
        made["complete_till"] = deadline
    if clean.get("result"):
        made["result"] = clean["result"]
    return {**made, **_translate_owner(call, clean, row)}


def _translate_owner(call: ApiCall, clean: Row, row: Row | None) -> Row:
    """The owner of the task; 0 is none."""
    if not clean.get("element_id"):
        return {}
    kind = ELEMENT_TYPES[clean["element_type"]] if "element_type" in clean else (row or {}).get("entity_type")
    if kind is None:
        raise ItemError(235, "Element type is missing")
    if call.store.get_row(kind, clean["element_id"]) is None:
        raise ItemError(_MISSING.get(kind, MALFORMED), f"Some {kind} not found")
    return {"entity_type": kind, "entity_id": clean["element_id"]}


def _add_task(call: ApiCall, clean: Row) -> Row:
    made = {"text": "", "complete_till": call.now, **_translate_task(call, clean, None)}
    return v4.insert_task(call.account, call.user["id"], made)


def _update_task(call: ApiCall, row: Row, clean: Row) -> None:
    v4.change_task(call.account, call.user["id"], row, _translate_task(call, clean, row))


# Reading


def render_task(account: Account, row: Row) -> Row:
    keys = ("id", "responsible_user_id", "created_by", "created_at", "updated_at")
    shown: Row = {**{key: row[key] for key in keys}, "account_id": account.id, "group_id": row["group_id"]}
    shown["element_type"] = ELEMENT_NUMBERS.get(row["entity_type"], 0)
    shown.update(element_id=row["entity_id"] or 0, is_completed=row["is_completed"], task_type=row["task_type_id"])
    shown.update(complete_till_at=row["complete_till"], text=row["text"], result=_render_result(account, row))
    return {**shown, "_links": responses.build_row_link("tasks", row["id"])}


def _render_result(account: Account, row: Row) -> Row | list[Row]:
    if not row["result"]:
        return []
    notes = [note["id"] for note in account.store.iter_rows("notes") if _is_result(note, row)]
    return {"id": max(notes, default=row["id"]), "text": row["result"]["text"]}


def _is_result(note: Row, task: Row) -> bool:
    return (note["entity_type"], note["entity_id"]) == ("tasks", task["id"])


TYPES = {"contact": "contacts", "lead": "leads", "company": "companies", "customer": "customers", "task": "tasks"}


def _list_tasks(call: ApiCall) -> SandboxResponse:
    rows = row_lists.select_rows(call, lambda: _build_task_filters(call), only_ids=False)
    return row_lists.build_page(call, rows, lambda row: render_task(call.account, row))


def _build_task_filters(call: ApiCall) -> list[RowFilter]:
    found = [*row_lists.filter_by_change(call), *call.build_row_filters()]
    found += row_lists.filter_by_ids(call, "element_id", "entity_id")
    found += row_lists.filter_by_ids(call, "responsible_user_id", "responsible_user_id")
    wanted = call.query.get_text("type")
    if wanted is None:
        return found
    if wanted not in TYPES or wanted == "task":
        call.refuse_if_strict("type is lead, contact, company or customer")
    return [*found, lambda row: row["entity_type"] == TYPES.get(wanted)]


def _parse_pipe_filter(account: Account, node: str | Node) -> RowFilter:
    """`filter[pipe][<pipeline>][]=<stage>`: tasks of leads in these stages."""
    if isinstance(node, str) or not all(key.isdecimal() for key in node):
        raise FilterError("accepts [<pipeline id>][]")
    wanted = {(int(key), number) for key, below in node.items() for number in parse_integers(below)}
    leads = account.store.get_table("leads")

    def is_in_stage(row: Row) -> bool:
        lead = leads.get(row["entity_id"]) if row["entity_type"] == "leads" else None
        return lead is not None and (lead["pipeline_id"], lead["status_id"]) in wanted

    return is_in_stage


def _parse_status_filter(account: Account, node: str | Node) -> RowFilter:
    """1: completed tasks; 0: open ones."""
    wanted = parse_integers(node)
    if not wanted <= {0, 1}:
        raise FilterError("accepts 1 or 0")
    return lambda row: int(row["is_completed"]) in wanted


FILTERS: dict[str, FilterParser] = {
    "date_create": filters.filter_by_range("created_at"),
    "date_modify": filters.filter_by_range("updated_at"),
    "pipe": _parse_pipe_filter,
    "status": _parse_status_filter,
    "created_by": filters.filter_by_ids("created_by"),
    "task_type": filters.filter_by_ids("task_type_id"),
}
RESOURCE = batch_writes.WritableResource(
    name="tasks",
    kind="tasks",
    codes=batch_writes.ResourceCodes(empty=228, no_add=227, no_update=230, no_id=231, missing=231),
    create=_KEYS,
    change=_KEYS,
    required_for_update=("text",),
    add=_add_task,
    update=_update_task,
)
_PARAMS = row_lists.WINDOW | {"element_id", "responsible_user_id", "type"}
ROUTES = (
    routes.build_get_route("/api/v2/tasks", _list_tasks, "tasks", params=_PARAMS, filters=FILTERS),
    routes.build_post_route("/api/v2/tasks", batch_writes.build_write_handler(RESOURCE), "tasks"),
)
