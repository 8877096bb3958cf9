"""Tasks (Kommo API v4, Tasks): a text and a deadline, with or without a card. A PATCH with a result completes a task.

`result` is `[]` until there is one. The card of a task shows its earliest open deadline as `closest_task_at`.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import event_feed, filters
from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.api_call import ApiCall, require_path_row
from kommo_orm.sandbox.filters import FilterError, FilterParser, RowFilter
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, build_self_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, NOT_SUPPORTED_CHOICE, HttpError
from kommo_orm.sandbox.query_string import Node
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    AUTHORSHIP,
    Schema,
    ValidationContext,
    allow_null,
    split_words,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_nested,
    validate_object,
    validate_seconds,
    validate_text,
    validate_user_id,
)
from kommo_orm.sandbox.webhooks import outbox


def _validate_task_type(context: ValidationContext, value: Any, path: str) -> Any:
    validate_integer(context, value, path)
    if value not in [row["id"] for row in context.account.task_types]:
        context.add_error(NOT_SUPPORTED_CHOICE, path)
    return value


_SCHEMA: Schema = {
    "text": validate_text,
    "complete_till": validate_seconds,
    "task_type_id": _validate_task_type,
    "entity_id": allow_null(validate_integer),
    "entity_type": allow_null(validate_choice(*CARDS)),
    "responsible_user_id": validate_user_id,
    "is_completed": validate_boolean,
    "result": validate_nested({"text": validate_text}, ("text",)),
    "duration": validate_seconds,
    **AUTHORSHIP,
}


def _validate_task_owner(context: ValidationContext, clean: Row, row: Row) -> None:
    """Require both type and id of the card, or neither."""
    if (
        context.has_error("entity_id")
        or context.has_error("entity_type")
        or not clean.keys() & {"entity_id", "entity_type"}
    ):
        return
    owner = {key: clean.get(key, row.get(key)) for key in ("entity_type", "entity_id")}
    missing = [key for key, value in owner.items() if value is None]
    if len(missing) == 1:
        context.add_error(FIELD_MISSING, missing[0])
    elif not missing and context.account.store.get_row(str(owner["entity_type"]), owner["entity_id"]) is None:
        context.add_error(NOT_SUPPORTED_CHOICE, "entity_id")


def _validate_new_task(context: ValidationContext, item: Any) -> Row:
    clean = validate_object(context, item, _SCHEMA, required=("text", "complete_till"))
    _validate_task_owner(context, clean, {})
    return clean


def _validate_task_update(context: ValidationContext, item: Any, known: int | None = None) -> Row:
    clean = validate_object(context, item, {"id": validate_integer, **_SCHEMA})
    number = clean.setdefault("id", known)
    row = context.account.store.get_row("tasks", number)
    if number is None:
        context.add_error(FIELD_MISSING, "id")
    elif row is None or known not in (None, number):
        context.add_error(NOT_SUPPORTED_CHOICE, "id")
    _validate_task_owner(context, clean, row or {})
    return clean


# Writing


def create_tasks(call: ApiCall) -> SandboxResponse:
    made: list[Row] = []
    for clean, request_id in call.validate_items(_validate_new_task):
        row = insert_task(call.account, call.user["id"], clean)
        made.append(
            {"id": row["id"], "request_id": request_id, "_links": build_self_link(_build_task_url(call.account, row))}
        )
    return call.build_batch_response("tasks", made)


def insert_task(account: Account, user_id: int, clean: Row) -> Row:
    now = account.now()
    people: Row = {"created_by": user_id, "updated_by": user_id, "responsible_user_id": user_id}
    rest: Row = {"entity_id": None, "entity_type": None, "duration": 0, "is_completed": False, "task_type_id": 1}
    row: Row = {"id": account.store.allocate_id("tasks"), **people, "created_at": now, "updated_at": now, **rest}
    account.store.insert_row("tasks", {**row, "result": None, **clean})
    made = account.store.get_table("tasks")[row["id"]]
    _update_dependent_values(account, made)
    event_feed.record_task_event(account, made, "task_added", made["created_by"])
    outbox.record_task_added(account, made)
    return made


def _update_dependent_values(account: Account, row: Row) -> None:
    row["group_id"] = account.find_group_id(row["responsible_user_id"])
    if row["entity_type"]:
        update_closest_task(account, row["entity_type"], row["entity_id"])


def update_closest_task(account: Account, kind: str, number: int) -> None:
    """Set `closest_task_at` of a card to the earliest deadline of its open tasks."""
    card = account.store.get_row(kind, number)
    if card is None:
        return
    open_tasks = [task for task in account.store.iter_rows("tasks") if not task["is_completed"]]
    due = [task["complete_till"] for task in open_tasks if (task["entity_type"], task["entity_id"]) == (kind, number)]
    card["closest_task_at"] = min(due, default=None)
    account.store.invalidate_row(kind, number)


def update_tasks(call: ApiCall) -> SandboxResponse:
    made: list[Row] = []
    for clean, request_id in call.validate_items(_validate_task_update):
        made.append({**_update_and_render_task(call, clean), "request_id": request_id})
    return call.build_batch_response("tasks", made)


def update_task(call: ApiCall) -> SandboxResponse:
    require_path_row(call, "tasks")
    return call.build_row_response(
        _update_and_render_task(
            call, call.validate_item(lambda context, item: _validate_task_update(context, item, call.get_path_id()))
        )
    )


def _update_and_render_task(call: ApiCall, clean: Row) -> Row:
    row = call.store.get_table("tasks")[clean["id"]]
    change_task(call.account, call.user["id"], row, clean)
    return {
        "id": row["id"],
        "updated_at": row["updated_at"],
        "_links": build_self_link(_build_task_url(call.account, row)),
    }


def change_task(account: Account, user_id: int, row: Row, clean: Row) -> None:
    before = dict(row)
    row.update(clean)
    if row != before:
        row["updated_at"] = clean.get("updated_at", account.now())
        row["updated_by"] = clean.get("updated_by", user_id)
        outbox.record_task_changed(account, before, row)
    if row["is_completed"] and not before["is_completed"]:
        event_feed.record_task_event(account, row, "task_completed", row["updated_by"])
    if before["entity_type"]:
        update_closest_task(account, before["entity_type"], before["entity_id"])
    _update_dependent_values(account, row)
    account.store.invalidate_row("tasks", row["id"])


def refuse_task_deletion(call: ApiCall) -> SandboxResponse:
    """Refuse with 403 "Invalid scope", as the service does: the API cannot delete a task."""
    raise HttpError(403, "Invalid scope")


# Reading

_KEYS = split_words(
    "id created_by updated_by created_at updated_at responsible_user_id group_id entity_id "
    "entity_type duration is_completed task_type_id text result complete_till"
)


def _build_task_url(account: Account, row: Row) -> str:
    return account.build_url(f"/api/v4/tasks/{row['id']}")


def render_task(account: Account, row: Row) -> Row:
    shown = {key: row[key] for key in _KEYS}
    return {
        **shown,
        "result": row["result"] or [],
        "account_id": account.id,
        "_links": build_row_link(_build_task_url(account, row)),
    }


def _encode_task(call: ApiCall, number: int) -> bytes:
    row = call.store.get_table("tasks")[number]
    return call.store.get_encoded(
        "tasks", number, call.account.origin, lambda: encode_json(render_task(call.account, row))
    )


def list_tasks(call: ApiCall) -> SandboxResponse:
    question = ("tasks", call.query.replace_values({"page": "", "limit": ""}))
    return call.build_page_response(
        "tasks",
        call.store.get_selection(question, lambda: _select_tasks(call)),
        lambda number: _encode_task(call, number),
    )


def _select_tasks(call: ApiCall) -> list[int]:
    branch = call.query.get_branch("filter")
    row_filters = call.build_row_filters(
        ignored=() if "entity_type" in branch else ("entity_id",)
    )  # without a type the id is ignored
    rows = [row for row in call.store.iter_rows("tasks") if all(row_filter(row) for row_filter in row_filters)]
    column, descending = filters.parse_order(call.query.tree.get("order"), _ORDERS, "id")
    return [row["id"] for row in sorted(rows, key=lambda row: (row[column], row["id"]), reverse=descending)]


def get_task(call: ApiCall) -> SandboxResponse:
    if call.store.get_row("tasks", call.get_path_id()) is None:
        return build_empty_response()
    return call.build_row_response(_encode_task(call, call.get_path_id()))


def _filter_by_lead_stages(account: Account, node: str | Node) -> RowFilter | None:
    row_filter = filters.filter_by_stages()(account, node)
    if row_filter is None:
        return None
    leads = account.store.get_table("leads")
    return lambda row: (
        row["entity_type"] == "leads" and row["entity_id"] in leads and row_filter(leads[row["entity_id"]])
    )


def _filter_by_task_entity(account: Account, node: str | Node) -> RowFilter:
    if not isinstance(node, str):
        raise FilterError("expects one type")
    return lambda row: row["entity_type"] == node


FILTERS: dict[str, FilterParser] = {
    "id": filters.filter_by_ids("id"),
    "responsible_user_id": filters.filter_by_ids("responsible_user_id"),
    "is_completed": filters.filter_by_flag("is_completed"),
    "task_type": filters.filter_by_ids("task_type_id"),
    "task_type_id": filters.filter_by_ids("task_type_id"),
    "entity_type": _filter_by_task_entity,
    "entity_id": filters.filter_by_ids("entity_id"),
    "updated_at": filters.filter_by_range("updated_at", scalar="since"),
    "created_by": filters.filter_by_ids("created_by"),
    "lead_statuses": _filter_by_lead_stages,
}

_ORDERS = ("created_at", "complete_till", "id")
_BASE = "/api/v4/tasks"
ROUTES = (
    Route("GET", _BASE, list_tasks, filters=FILTERS, orders=_ORDERS),
    Route("GET", f"{_BASE}/{{id}}", get_task),
    Route("POST", _BASE, create_tasks),
    Route("PATCH", _BASE, update_tasks),
    Route("PATCH", f"{_BASE}/{{id}}", update_task),
    Route("DELETE", f"{_BASE}/{{id}}", refuse_task_deletion),
)
