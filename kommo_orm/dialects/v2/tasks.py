"""Tasks. Source: Kommo API v2, "Tasks"."""

from __future__ import annotations

from kommo_orm.dialects.common.entity_types import ENTITY_NAMES, ENTITY_TYPES, parse_id
from kommo_orm.dialects.v2.endpoint import BATCH_SIZE, MAX_PAGE_SIZE, SINGULAR, Endpoint, Filter, ListRules
from kommo_orm.dialects.v2.unsupported import build_not_loaded_error, explain_unsupported
from kommo_orm.dialects.v2.write_body import build_body
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.parent import Parent

CANONICAL_KEYS = {
    "complete_till_at": "complete_till",
    "task_type": "task_type_id",
    "element_id": "entity_id",
    "element_type": "entity_type",
}
OWNERS = ("leads", "contacts", "companies", "customers")
KEYS = {canonical: own for own, canonical in CANONICAL_KEYS.items()} | {
    key: key
    for key in ("text", "responsible_user_id", "is_completed", "created_by", "created_at", "duration", "result")
}


def decode_task(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of a task."""
    task = {CANONICAL_KEYS.get(key, key): value for key, value in row.items() if key != "_links"}
    if "entity_type" in task:
        number = parse_id(task["entity_type"])
        task["entity_type"] = ENTITY_NAMES.get(number, task["entity_type"]) if number else None
    return task


def encode_task(item: BatchItem, parent: Parent | None) -> MutableRow:
    """The body of a task. An update repeats the text."""
    body = build_body(item, KEYS, "tasks")
    if body.get("element_type"):
        body["element_type"] = ENTITY_TYPES[body["element_type"]]
    if not item.is_create and body.setdefault("text", item.stored_values.get("text")) is None:
        raise build_not_loaded_error(item, "a task's text")
    return body


def format_owner_kind(kind: str) -> str:
    """The word of a filter by kind of card. Raises `ConfigurationError` for a kind that has no tasks."""
    if kind not in OWNERS:
        raise ConfigurationError(explain_unsupported(f"list tasks of {kind}"))
    return SINGULAR[kind]


TASKS = Endpoint(
    "/api/v2/tasks",
    Capabilities(
        page_size=MAX_PAGE_SIZE,
        create_size=BATCH_SIZE,
        update_size=BATCH_SIZE,
        saves_together=True,
        needs_stored_row=True,
        is_ordered=False,
    ),
    decode_task,
    encode_task,
    ListRules(
        filters={
            "id": Filter("id"),
            "responsible_user_id": Filter("responsible_user_id"),
            "entity_id": Filter("element_id", takes_several=False),
            "entity_type": Filter("type", takes_several=False, format=format_owner_kind),
            "is_completed": Filter("filter[status]", "many", takes_several=False),
            "created_by": Filter("filter[created_by]", "many"),
            "task_type_id": Filter("filter[task_type]", "many"),
            "created_at": Filter("filter[date_create]", "span"),
            "updated_at": Filter("filter[date_modify]", "span"),
            "lead_status": Filter("filter[pipe]", "many", lookup_names=("lead_status__in",)),
        }
    ),
)
