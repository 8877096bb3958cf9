"""Pipelines (Kommo API v2, Pipelines): read over v2, written by private routes that are older still.

`items` is an object keyed by id, and so are the stages inside. An update of a pipeline says all of its stages: a known id
keeps a stage, any other key makes one, and what is left out goes, unless leads stand there.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import LOST, WON, Account
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import pipelines as v4
from kommo_orm.sandbox.resources import statuses
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, bodies, lenient, listing
from kommo_orm.sandbox.v2.account import stages
from kommo_orm.sandbox.v2.refusals import JSON, Wrong, malformed
from kommo_orm.sandbox.validators import is_array

_SET, _DELETE = "/private/api/v2/json/pipelines/set", "/private/api/v2/json/pipelines/delete"
CLOSED = (WON, LOST)


def show(account: Account, row: Row) -> Row:
    kept = {key: row[key] for key in ("id", "name", "sort", "is_main")}
    within = stages(account, row["id"], lambda stage: {"is_editable": stage["is_editable"]})
    return {**kept, "statuses": within, "_links": answers.row_link("pipelines", row["id"])}


def _list(call: ApiCall) -> SandboxResponse:
    wanted = listing.numbers(call, "id")
    rows = [row for row in call.account.get_pipelines() if wanted is None or row["id"] in wanted]
    return answers.items(call, {str(row["id"]): show(call.account, row) for row in rows})


# Writing


def _request(call: ApiCall, *keys: str) -> Row:
    given = lenient.examine(call, bodies.fields(call), {"request": lenient.thing}, "body", ("request",))
    inside: Row = given["request"]
    lenient.known_keys(call, inside, keys, "request")
    if not inside.keys() & set(keys):
        raise Wrong(103, f"Parameters missing: {', '.join(keys)}")
    return inside


def _main(call: ApiCall, value: Any, where: str) -> bool:
    """A box that is ticked: "on"."""
    return value == "on" or lenient.flag(call, value, where)


_STAGE: lenient.Schema = {
    "id": lenient.whole,
    "name": lenient.filled,
    "sort": lenient.whole,
    "color": lenient.choice(*statuses.COLOURS),
}


def _stages(call: ApiCall, value: Any, where: str) -> dict[str, Row]:
    """By key; PHP makes a list of keys that count from 0."""
    given = dict(enumerate(value)) if is_array(value) else lenient.thing(call, value, where)
    if len(given) > statuses.MOST_STAGES:
        raise malformed(where, f"has more than {statuses.MOST_STAGES} stages")
    return {str(key): lenient.examine(call, stage, _STAGE, f"{where}/{key}") for key, stage in given.items()}


_PIPELINE: lenient.Schema = {"name": lenient.filled, "sort": lenient.whole, "is_main": _main, "statuses": _stages}


def _set(call: ApiCall) -> SandboxResponse:
    inside = lenient.thing(call, _request(call, "pipelines")["pipelines"], "request/pipelines")
    lenient.known_keys(call, inside, ("add", "update"), "request/pipelines")
    added = [
        _checked_new(call, item, f"add/{at}") for at, item in enumerate(_values(call, inside.get("add", []), "add"))
    ]
    changed = [_checked_known(call, item) for item in _values(call, inside.get("update", []), "update")]
    if len(call.store.get_table("pipelines")) + len(added) > v4.MOST_PIPELINES:
        raise Wrong(400, f"An account has at most {v4.MOST_PIPELINES} pipelines")
    done: Row = {}
    if added:
        done["add"] = _shown(call, [v4.insert_pipeline(call.account, clean) for clean in added])
    if changed:
        done["update"] = _shown(call, [_change(call, row, clean) for row, clean in changed])
    return _respond(call, {"pipelines": done, "server_time": call.now})


def _values(call: ApiCall, value: Any, where: str) -> list[Any]:
    """A list, or an object keyed by id."""
    return value if is_array(value) else list(lenient.thing(call, value, where).values())


def _checked_new(call: ApiCall, item: Any, where: str) -> Row:
    clean = lenient.examine(call, item, _PIPELINE, where, ("name",))
    made: list[Row] = []
    for key, stage in clean.pop("statuses", {}).items():
        closed = {"id": int(key)} if key in map(str, CLOSED) else {}
        if "name" not in stage:
            raise malformed(f"{where}/statuses/{key}", "needs name")
        made.append({**{name: value for name, value in stage.items() if name != "id"}, **closed})
    return {**clean, "_embedded": {"statuses": made}}


def _checked_known(call: ApiCall, item: Any) -> tuple[Row, Row]:
    clean = lenient.examine(call, item, {**_PIPELINE, "id": lenient.whole}, "update", ("id",))
    row = call.store.get_row("pipelines", clean.pop("id"))
    if row is None:
        raise Wrong(400, "Pipeline not found")
    if "statuses" in clean:
        _check_leftovers(call, row, clean["statuses"])
    return row, clean


def _leftovers(row: Row, wanted: dict[str, Row]) -> list[Row]:
    return [stage for stage in row["statuses"] if stage["is_editable"] and str(stage["id"]) not in wanted]


def _check_leftovers(call: ApiCall, row: Row, wanted: dict[str, Row]) -> None:
    known = {str(stage["id"]) for stage in row["statuses"]}
    for key, stage in wanted.items():
        if key not in known and "name" not in stage:
            raise malformed(f"update/statuses/{key}", "needs name")
    gone = {stage["id"] for stage in _leftovers(row, wanted)}
    if any(lead["status_id"] in gone and not lead["trashed"] for lead in call.store.iter_rows("leads")):
        raise Wrong(400, "Only statuses without leads can be deleted")


def _change(call: ApiCall, row: Row, clean: Row) -> Row:
    wanted: dict[str, Row] = clean.pop("statuses", {str(stage["id"]): {} for stage in row["statuses"]})
    is_main = clean.pop("is_main", False)
    row.update(clean)
    for stage in _leftovers(row, wanted):
        row["statuses"].remove(stage)
    known = {str(stage["id"]): stage for stage in row["statuses"]}
    for key, given in wanted.items():
        fresh = {name: value for name, value in given.items() if name != "id"}
        if key not in known:
            statuses.insert_stage(call.account, row, fresh)
        elif known[key]["is_editable"]:
            known[key].update(fresh)
        elif int(key) in CLOSED and "name" in fresh:  # these can be renamed, nothing else
            known[key]["name"] = fresh["name"]
    if is_main:
        v4.make_main_pipeline(call.account, row)
    call.store.clear_cache()
    return row


def _shown(call: ApiCall, rows: list[Row]) -> Row:
    return {"pipelines": {str(row["id"]): show(call.account, row) for row in rows}, "errors": []}


def _delete(call: ApiCall) -> SandboxResponse:
    numbers = lenient.ids(call, _request(call, "id")["id"], "request/id")
    return _respond(call, {str(number): _deleted(call, number) for number in numbers})


def _deleted(call: ApiCall, number: int) -> bool | Row:
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


def _respond(call: ApiCall, response: Row) -> SandboxResponse:
    return answers.reply(call, {"response": response}, media=JSON)


ROUTES = (
    listing.get("/api/v2/pipelines", _list, "pipelines", params=frozenset({"id"})),
    listing.post(_SET, _set, admin=True),
    listing.post(_DELETE, _delete, admin=True),
)
