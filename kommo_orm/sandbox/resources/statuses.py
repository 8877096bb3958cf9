"""Stages of pipelines, which the API calls `statuses` (Kommo API v4, Stages).

Every pipeline has an incoming stage (type 1, not editable) and the closed stages 142 and 143, which have the same ids
in all pipelines. A request can set one of 21 colours; system stages have other colours.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import LOST, WON, Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import INVALID_VALUE, NOT_UNIQUE, HttpError, build_field_error, build_not_found
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    is_array,
    join_path,
    split_words,
    validate_array,
    validate_choice,
    validate_integer,
    validate_object,
    validate_own_id,
    validate_text,
)

COLOURS = split_words(
    "#fffeb2 #fffd7f #fff000 #ffeab2 #ffdc7f #ffce5a #ffdbdb #ffc8c8 #ff8f92 #d6eaff #c1e0ff #98cbff "
    "#ebffb1 #deff81 #87f2c0 #f9deff #f3beff #ccc8f9 #eb93ff #f2f3f4 #e6e8ea"
)
LEVELS = ("newbie", "candidate", "master")
MOST_STAGES = 100
INCOMING = 1


# Rules


def _validate_description(context: ValidationContext, value: Any, path: str) -> Row:
    schema = {"id": validate_integer, "level": validate_choice(*LEVELS), "description": validate_text}
    clean = validate_object(context, value, schema, path, ("level", "description"))
    if len(str(clean.get("description", ""))) > 1000:
        context.add_error(
            INVALID_VALUE, join_path(path, "description"), "This value is too long: 1000 characters at most."
        )
    return clean


def _validate_descriptions(context: ValidationContext, value: Any, path: str) -> Any:
    """Validate descriptions. Each level has at most one."""
    found = validate_array(_validate_description)(context, value, path)
    levels = [item.get("level") for item in found]
    if is_array(value) and len(set(levels)) < len(levels):
        context.add_error(NOT_UNIQUE, path)
    return found


SCHEMA: Schema = {
    "name": validate_text,
    "sort": validate_integer,
    "color": validate_choice(*COLOURS),
    "descriptions": _validate_descriptions,
}


def build_system_stages(account: Account, pipeline_id: int) -> list[Row]:
    incoming = account.store.allocate_id("statuses")
    while incoming in (WON, LOST):
        incoming = account.store.allocate_id("statuses")
    return [
        _build_stage(incoming, pipeline_id, "Incoming leads", 10, "#c1c1c1", kind=INCOMING, editable=False),
        _build_stage(WON, pipeline_id, "Closed - won", 10000, "#CCFF66", editable=False),
        _build_stage(LOST, pipeline_id, "Closed - lost", 11000, "#D5D8DB", editable=False),
    ]


def _build_stage(
    number: int, pipeline_id: int, name: str, sort: int, colour: str, *, kind: int = 0, editable: bool = True
) -> Row:
    shown: Row = {"id": number, "name": name, "sort": sort, "is_editable": editable, "pipeline_id": pipeline_id}
    return {**shown, "color": colour, "type": kind, "descriptions": []}


def insert_stage(account: Account, pipeline: Row, clean: Row) -> Row:
    """Insert a stage, or rename 142 or 143. Without `sort` a new stage is the last one before the closed stages."""
    stages: list[Row] = pipeline["statuses"]
    known = next((stage for stage in stages if stage["id"] == clean.get("id")), None)
    if known is not None:
        known.update(clean)
        return known
    number = account.store.allocate_id("statuses")
    while number in (WON, LOST):
        number = account.store.allocate_id("statuses")
    last = max(stage["sort"] for stage in stages if stage["id"] not in (WON, LOST))
    row = _build_stage(
        number, pipeline["id"], clean["name"], clean.get("sort", last + 10), clean.get("color", COLOURS[0])
    )
    row["descriptions"] = _build_descriptions(account, row, clean.get("descriptions", []))
    stages.append(row)
    account.store.insert_row("statuses", {"id": number})  # reserves the id
    return row


def _build_descriptions(account: Account, stage: Row, items: list[Row]) -> list[Row]:
    now = account.now()
    place: Row = {"account_id": account.id, "pipeline_id": stage["pipeline_id"], "status_id": stage["id"]}
    written: Row = {
        "created_at": now,
        "updated_at": now,
        "created_by": account.owner_id,
        "updated_by": account.owner_id,
    }
    known = {item["id"]: item for item in stage["descriptions"]}
    return [
        {"id": account.store.allocate_id("descriptions"), **place, **known.get(item.get("id"), written), **item}
        for item in items
    ]


# Reading


def render_stage(account: Account, stage: Row, *, descriptions: bool = False) -> Row:
    kept = {key: value for key, value in stage.items() if key != "descriptions" or descriptions}
    path = f"/api/v4/leads/pipelines/{stage['pipeline_id']}/statuses/{stage['id']}"
    return {**kept, "account_id": account.id, "_links": build_row_link(account.build_url(path))}


def _require_pipeline(call: ApiCall) -> Row:
    row = call.store.get_row("pipelines", call.get_path_id("pipeline_id"))
    if row is None:
        raise build_not_found("Pipeline not found")
    return row


def list_statuses(call: ApiCall) -> SandboxResponse:
    _require_pipeline(call)
    full = "descriptions" in call.withs
    stages = call.account.get_stages(call.get_path_id("pipeline_id"))
    rows: list[Any] = [encode_json(render_stage(call.account, stage, descriptions=full)) for stage in stages]
    return call.build_list_response("statuses", rows)


def get_status(call: ApiCall) -> SandboxResponse:
    stage = _find_stage(call)
    if stage is None:
        raise build_not_found("Status not found")
    return call.build_row_response(render_stage(call.account, stage, descriptions="descriptions" in call.withs))


def _find_stage(call: ApiCall) -> Row | None:
    return next((stage for stage in _require_pipeline(call)["statuses"] if stage["id"] == call.get_path_id()), None)


# Writing


def create_statuses(call: ApiCall) -> SandboxResponse:
    pipeline = _require_pipeline(call)
    checked = call.validate_items(
        lambda context, item: validate_object(context, item, SCHEMA, required=("name", "sort"))
    )
    if len(pipeline["statuses"]) + len(checked) > MOST_STAGES:
        raise HttpError(422, f"A pipeline has at most {MOST_STAGES} statuses")
    made = [(insert_stage(call.account, pipeline, clean), name) for clean, name in checked]
    return call.build_list_response(
        "statuses", [{**render_stage(call.account, row, descriptions=True), "request_id": name} for row, name in made]
    )


def update_status(call: ApiCall) -> SandboxResponse:
    """Update a stage. The incoming stage cannot be changed, and the closed stages only get a new name."""
    stage = _find_stage(call)
    if stage is None or stage["type"] == INCOMING:
        raise build_field_error("NotSupportedChoice", "status_id")
    schema = SCHEMA if stage["is_editable"] else {"name": validate_text}
    known = {**schema, "id": validate_own_id(stage["id"])}
    clean = call.validate_item(lambda context, item: validate_object(context, item, known))
    if "descriptions" in clean:
        clean["descriptions"] = _build_descriptions(call.account, stage, clean["descriptions"])
    stage.update(clean)
    return call.build_row_response(render_stage(call.account, stage, descriptions=True))


def delete_status(call: ApiCall) -> SandboxResponse:
    """Delete a stage. It must have no leads."""
    stage = _find_stage(call)
    if stage is None or not stage["is_editable"]:
        raise build_field_error("NotSupportedChoice", "status_id")
    if any(lead["status_id"] == stage["id"] and not lead["trashed"] for lead in call.store.iter_rows("leads")):
        raise HttpError(422, "Only statuses without leads can be deleted")
    _require_pipeline(call)["statuses"].remove(stage)
    return build_empty_response()


_BASE = "/api/v4/leads/pipelines/{pipeline_id}/statuses"
_WITHS = frozenset({"descriptions"})
ROUTES = (
    Route("GET", _BASE, list_statuses, withs=_WITHS),
    Route("GET", f"{_BASE}/{{id}}", get_status, withs=_WITHS),
    Route("POST", _BASE, create_statuses, admin=True),
    Route("PATCH", f"{_BASE}/{{id}}", update_status, admin=True),
    Route("DELETE", f"{_BASE}/{{id}}", delete_status, admin=True),
)
