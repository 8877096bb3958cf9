"""Pipelines (Kommo API v2, Pipelines): read by v2, written by private routes that are older.

`items` is an object keyed by id, and so are the stages. An update of a pipeline lists all of its stages. A known id
changes a stage, any other key adds one. A stage that is not listed is deleted, unless it has leads.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import LOST, WON, Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import pipelines as v4
from kommo_orm.sandbox.resources import statuses
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import parsers, request_bodies, responses, routes, row_lists
from kommo_orm.sandbox.v2.account import render_stages
from kommo_orm.sandbox.v2.errors import JSON, RequestError, build_malformed_error
from kommo_orm.sandbox.validators import is_array

_SET, _DELETE = "/private/api/v2/json/pipelines/set", "/private/api/v2/json/pipelines/delete"
CLOSED = (WON, LOST)


def render_pipeline(account: Account, row: Row) -> Row:
    kept = {key: row[key] for key in ("id", "name", "sort", "is_main")}
    within = render_stages(account, row["id"], lambda stage: {"is_editable": stage["is_editable"]})
    return {**kept, "statuses": within, "_links": responses.build_row_link("pipelines", row["id"])}


def _list_pipelines(call: ApiCall) -> SandboxResponse:
    wanted = row_lists.parse_id_set(call, "id")
    rows = [row for row in call.account.get_pipelines() if wanted is None or row["id"] in wanted]
    return responses.build_items_reply(call, {str(row["id"]): render_pipeline(call.account, row) for row in rows})


# Writing


def _parse_request(call: ApiCall, *keys: str) -> Row:
    given = parsers.parse_keys(
        call, request_bodies.parse_body_object(call), {"request": parsers.parse_object}, "body", ("request",)
    )
    inside: Row = given["request"]
    parsers.refuse_unknown_keys(call, inside, keys, "request")
    if not inside.keys() & set(keys):
        raise RequestError(103, f"Parameters missing: {', '.join(keys)}")
    return inside


def _parse_is_main(call: ApiCall, value: Any, where: str) -> bool:
    """A checkbox of a form sends "on"."""
    return value == "on" or parsers.parse_flag(call, value, where)


_STAGE: parsers.Schema = {
    "id": parsers.parse_integer,
    "name": parsers.parse_filled_text,
    "sort": parsers.parse_integer,
    "color": parsers.build_choice_parser(*statuses.COLOURS),
}


def _parse_stages(call: ApiCall, value: Any, where: str) -> dict[str, Row]:
    """Stages by key. PHP turns an object with keys 0, 1, 2 into a list."""
    given = dict(enumerate(value)) if is_array(value) else parsers.parse_object(call, value, where)
    if len(given) > statuses.MOST_STAGES:
        raise build_malformed_error(where, f"has more than {statuses.MOST_STAGES} stages")
    return {str(key): parsers.parse_keys(call, stage, _STAGE, f"{where}/{key}") for key, stage in given.items()}


_PIPELINE: parsers.Schema = {
    "name": parsers.parse_filled_text,
    "sort": parsers.parse_integer,
    "is_main": _parse_is_main,
    "statuses": _parse_stages,
}


def _set_pipelines(call: ApiCall) -> SandboxResponse:
    inside = parsers.parse_object(call, _parse_request(call, "pipelines")["pipelines"], "request/pipelines")
    parsers.refuse_unknown_keys(call, inside, ("add", "update"), "request/pipelines")
    added = [
        _parse_new_pipeline(call, item, f"add/{at}")
        for at, item in enumerate(_parse_rows(call, inside.get("add", []), "add"))
    ]
    changed = [_parse_known_pipeline(call, item) for item in _parse_rows(call, inside.get("update", []), "update")]
    if len(call.store.get_table("pipelines")) + len(added) > v4.MOST_PIPELINES:
        raise RequestError(400, f"An account has at most {v4.MOST_PIPELINES} pipelines")
    done: Row = {}
    if added:
        done["add"] = _render_written(call, [v4.insert_pipeline(call.account, clean) for clean in added])
    if changed:
        done["update"] = _render_written(call, [_change_pipeline(call, row, clean) for row, clean in changed])
    return _build_response(call, {"pipelines": done, "server_time": call.now})


def _parse_rows(call: ApiCall, value: Any, where: str) -> list[Any]:
    """The rows of a list, or of an object keyed by id."""
    return value if is_array(value) else list(parsers.parse_object(call, value, where).values())


def _parse_new_pipeline(call: ApiCall, item: Any, where: str) -> Row:
    clean = parsers.parse_keys(call, item, _PIPELINE, where, ("name",))
    made: list[Row] = []
    for key, stage in clean.pop("statuses", {}).items():
        closed = {"id": int(key)} if key in map(str, CLOSED) else {}
        if "name" not in stage:
            raise build_malformed_error(f"{where}/statuses/{key}", "needs name")
        made.append({**{name: value for name, value in stage.items() if name != "id"}, **closed})
    return {**clean, "_embedded": {"statuses": made}}


def _parse_known_pipeline(call: ApiCall, item: Any) -> tuple[Row, Row]:
    clean = parsers.parse_keys(call, item, {**_PIPELINE, "id": parsers.parse_integer}, "update", ("id",))
    row = call.store.get_row("pipelines", clean.pop("id"))
    if row is None:
        raise RequestError(400, "Pipeline not found")
    if "statuses" in clean:
        _validate_stages(call, row, clean["statuses"])
    return row, clean


def _find_removed_stages(row: Row, wanted: dict[str, Row]) -> list[Row]:
    return [stage for stage in row["statuses"] if stage["is_editable"] and str(stage["id"]) not in wanted]


def _validate_stages(call: ApiCall, row: Row, wanted: dict[str, Row]) -> None:
    known = {str(stage["id"]) for stage in row["statuses"]}
    for key, stage in wanted.items():
        if key not in known and "name" not in stage:
            raise build_malformed_error(f"update/statuses/{key}", "needs name")
    gone = {stage["id"] for stage in _find_removed_stages(row, wanted)}
    if any(lead["status_id"] in gone and not lead["trashed"] for lead in call.store.iter_rows("leads")):
        raise RequestError(400, "Only statuses without leads can be deleted")


def _change_pipeline(call: ApiCall, row: Row, clean: Row) -> Row:
    wanted: dict[str, Row] = clean.pop("statuses", {str(stage["id"]): {} for stage in row["statuses"]})
    is_main = clean.pop("is_main", False)
    row.update(clean)
    for stage in _find_removed_stages(row, wanted):
        row["statuses"].remove(stage)
    known = {str(stage["id"]): stage for stage in row["statuses"]}
    for key, given in wanted.items():
        fresh = {name: value for name, value in given.items() if name != "id"}
        if key not in known:
            statuses.insert_stage(call.account, row, fresh)
        elif known[key]["is_editable"]:
            known[key].update(fresh)
        elif int(key) in CLOSED and "name" in fresh:  # of these only the name can be changed
            known[key]["name"] = fresh["name"]
    if is_main:
        v4.make_main_pipeline(call.account, row)
    call.store.clear_cache()
    return row


def _render_written(call: ApiCall, rows: list[Row]) -> Row:
    return {"pipelines": {str(row["id"]): render_pipeline(call.account, row) for row in rows}, "errors": []}


def _delete_pipelines(call: ApiCall) -> SandboxResponse:
    numbers = parsers.parse_ids(call, _parse_request(call, "id")["id"], "request/id")
    return _build_response(call, {str(number): _delete_pipeline(call, number) for number in numbers})


def _delete_pipeline(call: ApiCall, number: int) -> bool | Row:
    row = call.store.get_row("pipelines", number)
    if row is None:
        return {"errors": "Pipeline not found"}
    if len(call.store.get_table("pipelines")) == 1:
        return {"errors": "Impossible to delete last pipeline"}
    if any(lead["pipeline_id"] == number and not lead["trashed"] for lead in call.store.iter_rows("leads")):
        return {"errors": "Impossible to delete pipeline with leads"}
    call.store.delete_row("pipelines", number)
    if row["is_main"]:
        v4.make_main_pipeline(call.account, call.account.get_pipelines()[0])
    return True


def _build_response(call: ApiCall, response: Row) -> SandboxResponse:
    return responses.build_reply(call, {"response": response}, media=JSON)


ROUTES = (
    routes.build_get_route("/api/v2/pipelines", _list_pipelines, "pipelines", params=frozenset({"id"})),
    routes.build_post_route(_SET, _set_pipelines, admin=True),
    routes.build_post_route(_DELETE, _delete_pipelines, admin=True),
)
