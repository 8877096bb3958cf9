"""Tasks (Kommo API v4, Tasks): a text and a deadline, with or without a card; completed by a PATCH with a result.

`result` reads as `[]` until there is one. The card that a task hangs on shows the earliest open deadline as
`closest_task_at`.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import event_feed, filters
from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.filters import BadFilter, Filter, Test
from kommo_orm.sandbox.hal_responses import encode, link, nothing, self_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, NOT_SUPPORTED_CHOICE, Refusal
from kommo_orm.sandbox.query_string import Node
from kommo_orm.sandbox.routing import Call, Route, required_place
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    AUTHORSHIP,
    Schema,
    Scope,
    boolean,
    choice,
    examine,
    integer,
    nullable,
    shape,
    text,
    user,
    words,
)


def _task_type(scope: Scope, value: Any, path: str) -> Any:
    integer(scope, value, path)
    if value not in [row["id"] for row in scope.account.task_types]:
        scope.flaw(NOT_SUPPORTED_CHOICE, path)
    return value


_SCHEMA: Schema = {
    "text": text,
    "complete_till": integer,
    "task_type_id": _task_type,
    "entity_id": nullable(integer),
    "entity_type": nullable(choice(*CARDS)),
    "responsible_user_id": user,
    "is_completed": boolean,
    "result": shape({"text": text}, ("text",)),
    "duration": integer,
    **AUTHORSHIP,
}


def _check_owner(scope: Scope, clean: Row, row: Row) -> None:
    """The card is named by type and id together."""
    if scope.bad("entity_id") or scope.bad("entity_type") or not clean.keys() & {"entity_id", "entity_type"}:
        return
    owner = {key: clean.get(key, row.get(key)) for key in ("entity_type", "entity_id")}
    missing = [key for key, value in owner.items() if value is None]
    if len(missing) == 1:
        scope.flaw(FIELD_MISSING, missing[0])
    elif not missing and scope.account.store.get(str(owner["entity_type"]), owner["entity_id"]) is None:
        scope.flaw(NOT_SUPPORTED_CHOICE, "entity_id")


def _check_create(scope: Scope, item: Any) -> Row:
    clean = examine(scope, item, _SCHEMA, required=("text", "complete_till"))
    _check_owner(scope, clean, {})
    return clean


def _check_update(scope: Scope, item: Any, known: int | None = None) -> Row:
    clean = examine(scope, item, {"id": integer, **_SCHEMA})
    number = clean.setdefault("id", known)
    row = scope.account.store.get("tasks", number)
    if number is None:
        scope.flaw(FIELD_MISSING, "id")
    elif row is None or known not in (None, number):
        scope.flaw(NOT_SUPPORTED_CHOICE, "id")
    _check_owner(scope, clean, row or {})
    return clean


# Writing


def create_tasks(call: Call) -> SandboxResponse:
    made: list[Row] = []
    for clean, request_id in call.checked_items(_check_create):
        row = create(call.account, call.user["id"], clean)
        made.append({"id": row["id"], "request_id": request_id, "_links": self_link(_url(call.account, row))})
    return call.written("tasks", made)


def create(account: Account, user_id: int, clean: Row) -> Row:
    now = account.now()
    people: Row = {"created_by": user_id, "updated_by": user_id, "responsible_user_id": user_id}
    rest: Row = {"entity_id": None, "entity_type": None, "duration": 0, "is_completed": False, "task_type_id": 1}
    row: Row = {"id": account.store.new_id("tasks"), **people, "created_at": now, "updated_at": now, **rest}
    account.store.insert("tasks", {**row, "result": None, **clean})
    made = account.store.table("tasks")[row["id"]]
    _follow(account, made)
    event_feed.tasked(account, made, "task_added", made["created_by"])
    return made


def _follow(account: Account, row: Row) -> None:
    row["group_id"] = account.group_of(row["responsible_user_id"])
    if row["entity_type"]:
        refresh_deadline(account, row["entity_type"], row["entity_id"])


def refresh_deadline(account: Account, kind: str, number: int) -> None:
    """`closest_task_at` of a card: the earliest deadline of its open tasks."""
    card = account.store.get(kind, number)
    if card is None:
        return
    open_tasks = [task for task in account.store.rows("tasks") if not task["is_completed"]]
    due = [task["complete_till"] for task in open_tasks if (task["entity_type"], task["entity_id"]) == (kind, number)]
    card["closest_task_at"] = min(due, default=None)
    account.store.touch(kind, number)


def update_tasks(call: Call) -> SandboxResponse:
    made: list[Row] = []
    for clean, request_id in call.checked_items(_check_update):
        made.append({**_update(call, clean), "request_id": request_id})
    return call.written("tasks", made)


def update_task(call: Call) -> SandboxResponse:
    required_place(call, "tasks")
    return call.one(_update(call, call.checked_item(lambda scope, item: _check_update(scope, item, call.number()))))


def _update(call: Call, clean: Row) -> Row:
    row = call.store.table("tasks")[clean["id"]]
    change(call.account, call.user["id"], row, clean)
    return {"id": row["id"], "updated_at": row["updated_at"], "_links": self_link(_url(call.account, row))}


def change(account: Account, user_id: int, row: Row, clean: Row) -> None:
    before = dict(row)
    row.update(clean)
    if row != before:
        row["updated_at"] = clean.get("updated_at", account.now())
        row["updated_by"] = clean.get("updated_by", user_id)
    if row["is_completed"] and not before["is_completed"]:
        event_feed.tasked(account, row, "task_completed", row["updated_by"])
    if before["entity_type"]:
        refresh_deadline(account, before["entity_type"], before["entity_id"])
    _follow(account, row)
    account.store.touch("tasks", row["id"])


def refuse_delete(call: Call) -> SandboxResponse:
    """There is no deletion of tasks; the service calls it a matter of scope."""
    raise Refusal(403, "Invalid scope")


# Reading

_KEYS = words(
    "id created_by updated_by created_at updated_at responsible_user_id group_id entity_id "
    "entity_type duration is_completed task_type_id text result complete_till"
)


def _url(account: Account, row: Row) -> str:
    return account.url(f"/api/v4/tasks/{row['id']}")


def show(account: Account, row: Row) -> Row:
    shown = {key: row[key] for key in _KEYS}
    return {**shown, "result": row["result"] or [], "account_id": account.id, "_links": link(_url(account, row))}


def _render(call: Call, number: int) -> bytes:
    row = call.store.table("tasks")[number]
    return call.store.rendered("tasks", number, "", lambda: encode(show(call.account, row)))


def list_tasks(call: Call) -> SandboxResponse:
    question = ("tasks", call.query.replaced({"page": "", "limit": ""}))
    return call.page(
        "tasks", call.store.selected(question, lambda: _choose(call)), lambda number: _render(call, number)
    )


def _choose(call: Call) -> list[int]:
    branch = call.query.branch("filter")
    tests = call.tests(ignored=() if "entity_type" in branch else ("entity_id",))  # an id alone says nothing
    rows = [row for row in call.store.rows("tasks") if all(test(row) for test in tests)]
    column, descending = filters.sorter(call.query.tree.get("order"), ("created_at", "complete_till", "id"), "id")
    return [row["id"] for row in sorted(rows, key=lambda row: (row[column], row["id"]), reverse=descending)]


def get_task(call: Call) -> SandboxResponse:
    if call.store.get("tasks", call.number()) is None:
        return nothing()
    return call.one(_render(call, call.number()))


def _lead_statuses(account: Account, node: str | Node) -> Test | None:
    test = filters.stages()(account, node)
    if test is None:
        return None
    leads = account.store.table("leads")
    return lambda row: row["entity_type"] == "leads" and row["entity_id"] in leads and test(leads[row["entity_id"]])


def _entity_type(account: Account, node: str | Node) -> Test:
    if not isinstance(node, str):
        raise BadFilter("takes one type")
    return lambda row: row["entity_type"] == node


FILTERS: dict[str, Filter] = {
    "id": filters.ids("id"),
    "responsible_user_id": filters.ids("responsible_user_id"),
    "is_completed": filters.flag("is_completed"),
    "task_type": filters.ids("task_type_id"),
    "task_type_id": filters.ids("task_type_id"),
    "entity_type": _entity_type,
    "entity_id": filters.ids("entity_id"),
    "updated_at": filters.span("updated_at", scalar="since"),
    "created_by": filters.ids("created_by"),
    "lead_statuses": _lead_statuses,
}

_BASE = "/api/v4/tasks"
ROUTES = (
    Route("GET", _BASE, list_tasks, filters=FILTERS),
    Route("GET", f"{_BASE}/{{id}}", get_task),
    Route("POST", _BASE, create_tasks),
    Route("PATCH", _BASE, update_tasks),
    Route("PATCH", f"{_BASE}/{{id}}", update_task),
    Route("DELETE", f"{_BASE}/{{id}}", refuse_delete),
)
