"""Pipelines (Kommo API v4, Pipelines). One response lists all with their stages; `page` and `limit` are ignored.

One pipeline is the main one. Deleting a pipeline that has leads gives 422; an unknown id gives 400.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import LOST, WON, Account
from kommo_orm.sandbox.api_call import ApiCall, require_path_row
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, HttpError, build_not_found
from kommo_orm.sandbox.resources import statuses
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    join_path,
    validate_array,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_nested,
    validate_object,
    validate_own_id,
    validate_text,
)

MOST_PIPELINES = 50
_BASE = "/api/v4/leads/pipelines"
_SCHEMA: Schema = {
    "name": validate_text,
    "sort": validate_integer,
    "is_main": validate_boolean,
    "is_unsorted_on": validate_boolean,
}


# Reading


def render_pipeline(account: Account, row: Row) -> Row:
    kept = {key: value for key, value in row.items() if key != "statuses"}
    stages = [statuses.render_stage(account, stage) for stage in account.get_stages(row["id"])]
    links = build_row_link(account.build_url(f"{_BASE}/{row['id']}"))
    return {**kept, "account_id": account.id, "_links": links, "_embedded": {"statuses": stages}}


def list_pipelines(call: ApiCall) -> SandboxResponse:
    rows: list[Any] = [encode_json(render_pipeline(call.account, row)) for row in call.account.get_pipelines()]
    return call.build_list_response("pipelines", rows)


def get_pipeline(call: ApiCall) -> SandboxResponse:
    row = call.store.get_row("pipelines", call.get_path_id())
    if row is None:
        raise build_not_found("Pipeline not found")
    return call.build_row_response(render_pipeline(call.account, row))


# Writing


def _validate_stage(context: ValidationContext, value: Any, path: str) -> Row:
    """Validate a stage of a new pipeline. A stage with an id renames one of the two closed stages."""
    schema = {**statuses.SCHEMA, "id": validate_choice(WON, LOST), "request_id": validate_text}
    clean = validate_object(context, value, schema, path)
    if "name" not in clean:
        context.add_error(FIELD_MISSING, join_path(path, "name"))
    return clean


_CREATE: Schema = {**_SCHEMA, "_embedded": validate_nested({"statuses": validate_array(_validate_stage)})}
_REQUIRED = ("name", "sort", "is_main", "is_unsorted_on")


def create_pipelines(call: ApiCall) -> SandboxResponse:
    checked = call.validate_items(lambda context, item: validate_object(context, item, _CREATE, required=_REQUIRED))
    if len(call.store.get_table("pipelines")) + len(checked) > MOST_PIPELINES:
        raise HttpError(422, f"An account has at most {MOST_PIPELINES} pipelines")
    made = [
        {**render_pipeline(call.account, insert_pipeline(call.account, clean)), "request_id": name}
        for clean, name in checked
    ]
    return call.build_list_response("pipelines", made)


def insert_pipeline(account: Account, clean: Row) -> Row:
    """Store a new pipeline with an incoming stage, the given stages and the two closed stages."""
    number = account.store.allocate_id("pipelines")
    row: Row = {key: clean.get(key, default) for key, default in _DEFAULTS.items()}
    row = {
        "id": number,
        **row,
        "is_main": False,
        "is_archive": False,
        "statuses": statuses.build_system_stages(account, number),
    }
    account.store.insert_row("pipelines", row)
    nested: Row = clean.get("_embedded") or {}
    for stage in nested.get("statuses", []):
        statuses.insert_stage(account, row, stage)
    if clean.get("is_main") or len(account.store.get_table("pipelines")) == 1:
        make_main_pipeline(account, row)
    return row


_DEFAULTS: Row = {"name": "", "sort": 100, "is_main": False, "is_unsorted_on": True}


def make_main_pipeline(account: Account, row: Row) -> None:
    """Make this the main pipeline instead of the former one. The server sorts the main pipeline first."""
    for other in account.store.iter_rows("pipelines"):
        other["is_main"] = other is row
        other["sort"] = 1 if other is row else max(2, other["sort"])


def update_pipeline(call: ApiCall) -> SandboxResponse:
    row = require_path_row(call, "pipelines")
    schema = {**_SCHEMA, "id": validate_own_id(row["id"])}
    clean = call.validate_item(lambda context, item: validate_object(context, item, schema))
    row.update({key: value for key, value in clean.items() if key not in ("is_main", "sort")})
    if not row["is_main"]:
        row["sort"] = clean.get("sort", row["sort"])
    if clean.get("is_main"):
        make_main_pipeline(call.account, row)
    call.store.invalidate_row("pipelines", row["id"])
    return call.build_row_response({**render_pipeline(call.account, row), "request_id": "0"})


def delete_pipeline(call: ApiCall) -> SandboxResponse:
    row = require_path_row(call, "pipelines")
    if any(lead["pipeline_id"] == row["id"] and not lead["trashed"] for lead in call.store.iter_rows("leads")):
        raise HttpError(422, "Only pipelines without leads can be deleted")
    if row["is_main"]:
        raise HttpError(422, "The main pipeline can not be deleted")
    call.store.delete_row("pipelines", row["id"])
    return build_empty_response()


ROUTES = (
    Route("GET", _BASE, list_pipelines),
    Route("GET", f"{_BASE}/{{id}}", get_pipeline),
    Route("POST", _BASE, create_pipelines, admin=True),
    Route("PATCH", f"{_BASE}/{{id}}", update_pipeline, admin=True),
    Route("DELETE", f"{_BASE}/{{id}}", delete_pipeline, admin=True),
)
