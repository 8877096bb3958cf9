"""Pipelines and their stages: rows keyed by id; written through an address of the web interface's making, one a request.

Stages have no address of their own: they are read with their pipeline and created with it.
Source: Kommo API v2, "Pipelines".
"""

from __future__ import annotations

from typing import Any, cast

from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.common.response_body import list_items
from kommo_orm.dialects.v2.endpoint import CLOSED, Endpoint, Filter, unable
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import Row
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.parent import Parent
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat
from kommo_orm.unit.report import describe

PATH = "/api/v2/pipelines"
SET, DELETE = "/private/api/v2/json/pipelines/set", "/private/api/v2/json/pipelines/delete"
STAGE_KEYS = ("name", "sort", "color")
COLOURS = frozenset((
    "#fffeb2", "#fffd7f", "#fff000", "#ffeab2", "#ffdc7f", "#ffce5a", "#ffdbdb", "#ffc8c8", "#ff8f92", "#d6eaff", "#c1e0ff",
    "#98cbff", "#ebffb1", "#deff81", "#87f2c0", "#f9deff", "#f3beff", "#ccc8f9", "#eb93ff", "#f2f3f4", "#e6e8ea",
))  # fmt: skip


# ---- reading
def pipeline(row: Row, read: ReadRequest) -> Row:
    made = {key: told for key, told in row.items() if key not in ("_links", "statuses")}
    stages = sorted(iterate_items(row.get("statuses")), key=lambda stage: _sort(stage.get("sort")))
    made["_embedded"] = {"statuses": [{"pipeline_id": row.get("id"), **_plain(stage)} for stage in stages]}
    return made


def _sort(told: Any) -> int:
    return int(told) if str(told).lstrip("-").isdigit() else 0


def _plain(stage: Row) -> Row:
    return {key: told for key, told in stage.items() if key != "_links"}


def stages(body: Any, read: ReadRequest) -> Any:
    """The stages of the pipeline that the list is of."""
    wanted = read.parent.id if read.parent is not None else None
    rows = [pipeline(row, read) for row in list_items(body) or () if wanted in (None, parse_id(row.get("id")))]
    return [stage for row in rows for stage in row["_embedded"]["statuses"]]


def home(read: ReadRequest) -> list[tuple[str, str]]:
    if read.parent is None or read.parent.id is None:
        raise QueryError(unable("list stages of all pipelines at once"))
    return [("id", str(read.parent.id))]


# ---- writing
def body_of(item: BatchItem) -> Row:
    made: Row = {}
    for key, value in item.body.items():
        if key in ("name", "sort"):
            made[key] = value
        elif key == "is_main":
            made |= {"is_main": "on"} if value else {}
        elif key == "_embedded":
            made["statuses"] = _given(value.get("statuses") or [])
        elif not (key == "is_unsorted_on" and item.is_create and value is True):  # what a pipeline is born with
            raise ConfigurationError(f"{describe(item.object)}: {unable(f'write {key} of pipelines')}")
    return made if item.is_create else _whole(item, made)


def _given(rows: list[Row]) -> Row:
    fresh = iter(range(len(rows)))
    return {
        str(row["id"]) if "id" in row else str(next(fresh)): {key: row[key] for key in STAGE_KEYS if key in row}
        for row in rows
    }


def _whole(item: BatchItem, made: Row) -> Row:
    """An update says everything again, all stages included."""
    embedded: Any = item.stored_values.get("_embedded")
    stages = list(iterate_items(embedded.get("statuses"))) if isinstance(embedded, dict) else []
    if not stages or any(key not in item.stored_values for key in ("name", "sort")):
        raise ConfigurationError(
            f"{describe(item.object)}: Kommo's API v2 wants a pipeline's name, sort and stages with every change, and they "
            "are not loaded. Call refresh() first."
        )
    main = {"is_main": "on"} if item.stored_values.get("is_main") and "is_main" not in item.body else {}
    said = {str(stage["id"]): _said(stage) for stage in stages}
    return {
        "id": item.id,
        "name": item.stored_values["name"],
        "sort": item.stored_values["sort"],
        **main,
        "statuses": said,
        **made,
    }


def _said(stage: Row) -> Row:
    """Of stages that Kommo made, the closed ones are named only. It gives stages colours that it does not take back."""
    if stage["id"] in CLOSED:
        return {"name": stage.get("name")}
    keys = STAGE_KEYS if stage.get("color") in COLOURS and stage.get("is_editable", True) else ("name", "sort")
    return {"id": stage["id"], **{key: stage[key] for key in keys if key in stage}}


def write_call(batch: Batch) -> HttpRequest:
    if batch.verb == "delete":
        sent: Row = {"request": {"id": [item.id for item in batch.items]}}
        return HttpRequest("POST", DELETE, json=sent, purpose=str(batch))
    adds = [body_of(item) for item in batch.items if item.is_create]
    updates = {str(item.id): body_of(item) for item in batch.items if not item.is_create}
    said: Row = {**({"add": adds} if adds else {}), **({"update": updates} if updates else {})}
    repeat = Repeat.CREATES if batch.creates_rows else Repeat.SAFE
    return HttpRequest("POST", SET, json={"request": {"pipelines": said}}, purpose=str(batch), repeat=repeat)


def stored(batch: Batch, answer: HttpResponse, body: Any) -> dict[str, StoredRow]:
    """One pipeline a request, so that whatever row the answer holds is its row."""
    (item,) = batch.items
    if not item.is_create:
        return {item.request_id: StoredRow(item.id or 0, {})}
    found = next(_rows(body), None)
    return {} if found is None else {item.request_id: StoredRow(found, {})}


def _rows(told: Any) -> Any:
    """Ids of objects anywhere in an answer whose exact shape is not documented; those of stages lie deeper, and later."""
    level: list[Any] = [told]
    while level:
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                known = cast("Row", one)
                if (pk := parse_id(known.get("id"))) is not None:
                    yield pk
                below += [value for key, value in known.items() if key not in ("_links", "statuses", "server_time")]
            elif isinstance(one, list):
                below += one
        level = below


def refused(batch: Batch, body: Any) -> dict[str, Refusal]:
    """Deletions answer row by row: true, or what is against it."""
    told: Any = body.get("response") if isinstance(body, dict) else None
    found: dict[str, Refusal] = {}
    for item in batch.items:
        one: Any = cast("Row", told).get(str(item.id)) if isinstance(told, dict) else None
        if isinstance(one, dict) and one.get("errors"):
            found[item.request_id] = Refusal(str(one["errors"]))
        elif one is False:
            found[item.request_id] = Refusal("refused")
    return found


def encode(item: BatchItem, parent: Parent | None) -> Row:
    return body_of(item)


PIPELINES = Endpoint(
    PATH,
    Capabilities(is_paged=False, create_size=1, update_size=1, delete_size=50, needs_stored_row=True, is_ordered=False),
    pipeline,
    encode,
    filters={"id": Filter("id")},
)
STATUSES = Endpoint(
    PATH,
    Capabilities(is_paged=False, reads_single_rows=False, create_size=0, update_size=0, is_ordered=False),
    filters={"id": Filter("")},
    rows=stages,
    home=home,
)
