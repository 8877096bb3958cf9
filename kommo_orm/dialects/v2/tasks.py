"""Tasks. Source: Kommo API v2, "Tasks"."""

from __future__ import annotations

from kommo_orm.dialects.common.entity_types import ENTITY_NAMES, ENTITY_TYPES, parse_id
from kommo_orm.dialects.v2.endpoint import AT_ONCE, MOST, SINGULAR, Endpoint, Filter, unable
from kommo_orm.dialects.v2.write_body import body_of
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.model.parent import Parent
from kommo_orm.unit.report import describe

OWN = {
    "complete_till_at": "complete_till",
    "task_type": "task_type_id",
    "element_id": "entity_id",
    "element_type": "entity_type",
}
OWNERS = ("leads", "contacts", "companies", "customers")
KEYS = {canonical: own for own, canonical in OWN.items()} | {
    key: key
    for key in ("text", "responsible_user_id", "is_completed", "created_by", "created_at", "duration", "result")
}


def task(row: Row, read: ReadRequest) -> Row:
    made = {OWN.get(key, key): told for key, told in row.items() if key != "_links"}
    if "entity_type" in made:
        kind = parse_id(made["entity_type"])
        made["entity_type"] = ENTITY_NAMES.get(kind or 0, made["entity_type"]) if kind else None
    return made


def encode(item: BatchItem, parent: Parent | None) -> Row:
    made = body_of(item, KEYS, "tasks")
    if made.get("element_type"):
        made["element_type"] = ENTITY_TYPES[made["element_type"]]
    if not item.is_create:
        known = item.stored_values.get("text")
        if made.setdefault("text", known) is None:
            raise ConfigurationError(
                f"{describe(item.object)}: Kommo's API v2 wants a task's text with every change, and it is not "
                "loaded. Call refresh() first."
            )
    return made


def type_of(value: str) -> str:
    if value not in OWNERS:
        raise ConfigurationError(unable(f"list tasks of {value}"))
    return SINGULAR[value]


TASKS = Endpoint(
    "/api/v2/tasks",
    Capabilities(
        page_size=MOST,
        create_size=AT_ONCE,
        update_size=AT_ONCE,
        saves_together=True,
        needs_stored_row=True,
        is_ordered=False,
    ),
    task,
    encode,
    filters={
        "id": Filter("id"),
        "responsible_user_id": Filter("responsible_user_id"),
        "entity_id": Filter("element_id", several=False),
        "entity_type": Filter("type", several=False, write=type_of),
        "is_completed": Filter("filter[status]", "many", several=False),
        "created_by": Filter("filter[created_by]", "many"),
        "task_type_id": Filter("filter[task_type]", "many"),
        "created_at": Filter("filter[date_create]", "span"),
        "updated_at": Filter("filter[date_modify]", "span"),
        "lead_status": Filter("filter[pipe]", "many", said=("lead_status__in",)),
    },
)
