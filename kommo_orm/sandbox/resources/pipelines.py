"""Pipelines (Kommo API v4, Pipelines): all of them in one answer, stages inside; page and limit mean nothing here.

One pipeline is the main one. A pipeline that still holds leads cannot be deleted (422), an unknown one is 400.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import LOST, WON, Account
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, Refusal, not_found
from kommo_orm.sandbox.resources import statuses
from kommo_orm.sandbox.routing import Call, Route, required_place
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, array_of, boolean, choice, examine, integer, join, shape, text

MOST_PIPELINES = 50
_BASE = "/api/v4/leads/pipelines"
_SCHEMA: Schema = {"name": text, "sort": integer, "is_main": boolean, "is_unsorted_on": boolean}


# Reading


def show(account: Account, row: Row) -> Row:
    kept = {key: value for key, value in row.items() if key != "statuses"}
    stages = [statuses.show(account, stage) for stage in account.stages(row["id"])]
    links = link(account.url(f"{_BASE}/{row['id']}"))
    return {**kept, "account_id": account.id, "_links": links, "_embedded": {"statuses": stages}}


def list_pipelines(call: Call) -> SandboxResponse:
    rows: list[Any] = [encode(show(call.account, row)) for row in call.account.pipelines()]
    return call.whole("pipelines", rows)


def get_pipeline(call: Call) -> SandboxResponse:
    row = call.store.get("pipelines", call.number())
    if row is None:
        raise not_found("Pipeline not found")
    return call.one(show(call.account, row))


# Writing


def _stage(scope: Scope, value: Any, path: str) -> Row:
    """A stage of a new pipeline; with an id it renames one of the two closed ones."""
    schema = {**statuses.SCHEMA, "id": choice(WON, LOST), "request_id": text}
    clean = examine(scope, value, schema, path)
    if "name" not in clean:
        scope.flaw(FIELD_MISSING, join(path, "name"))
    return clean


_CREATE: Schema = {**_SCHEMA, "_embedded": shape({"statuses": array_of(_stage)})}
_REQUIRED = ("name", "sort", "is_main", "is_unsorted_on")


def create_pipelines(call: Call) -> SandboxResponse:
    checked = call.checked_items(lambda scope, item: examine(scope, item, _CREATE, required=_REQUIRED))
    if len(call.store.table("pipelines")) + len(checked) > MOST_PIPELINES:
        raise Refusal(422, f"An account has at most {MOST_PIPELINES} pipelines")
    made = [{**show(call.account, create(call.account, clean)), "request_id": name} for clean, name in checked]
    return call.whole("pipelines", made)


def create(account: Account, clean: Row) -> Row:
    """A new pipeline has an incoming stage, the given ones, and the two closed ones."""
    number = account.store.new_id("pipelines")
    row: Row = {key: clean.get(key, default) for key, default in _DEFAULTS.items()}
    row = {"id": number, **row, "is_main": False, "is_archive": False, "statuses": statuses.system(account, number)}
    account.store.insert("pipelines", row)
    nested: Row = clean.get("_embedded") or {}
    for stage in nested.get("statuses", []):
        statuses.create(account, row, stage)
    if clean.get("is_main") or len(account.store.table("pipelines")) == 1:
        make_main(account, row)
    return row


_DEFAULTS: Row = {"name": "", "sort": 100, "is_main": False, "is_unsorted_on": True}


def make_main(account: Account, row: Row) -> None:
    """The former main pipeline stops being it; the server sorts the main one first."""
    for other in account.store.rows("pipelines"):
        other["is_main"] = other is row
        other["sort"] = 1 if other is row else max(2, other["sort"])


def update_pipeline(call: Call) -> SandboxResponse:
    row = required_place(call, "pipelines")
    clean = call.checked_item(lambda scope, item: examine(scope, item, _SCHEMA))
    row.update({key: value for key, value in clean.items() if key not in ("is_main", "sort")})
    if not row["is_main"]:
        row["sort"] = clean.get("sort", row["sort"])
    if clean.get("is_main"):
        make_main(call.account, row)
    call.store.touch("pipelines", row["id"])
    return call.one({**show(call.account, row), "request_id": "0"})


def delete_pipeline(call: Call) -> SandboxResponse:
    row = required_place(call, "pipelines")
    if any(lead["pipeline_id"] == row["id"] and not lead["trashed"] for lead in call.store.rows("leads")):
        raise Refusal(422, "Only pipelines without leads can be deleted")
    if row["is_main"]:
        raise Refusal(422, "The main pipeline can not be deleted")
    call.store.remove("pipelines", row["id"])
    return nothing()


ROUTES = (
    Route("GET", _BASE, list_pipelines),
    Route("GET", f"{_BASE}/{{id}}", get_pipeline),
    Route("POST", _BASE, create_pipelines, admin=True),
    Route("PATCH", f"{_BASE}/{{id}}", update_pipeline, admin=True),
    Route("DELETE", f"{_BASE}/{{id}}", delete_pipeline, admin=True),
)
