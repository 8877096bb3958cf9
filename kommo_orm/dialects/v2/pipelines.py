"""Pipelines and their stages: rows keyed by id; written at an address of the web interface, one pipeline a request.

Stages have no address of their own: they are read and written with their pipeline.
Source: Kommo API v2, "Pipelines".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.common.response_body import list_items
from kommo_orm.dialects.v2.endpoint import CLOSED_STATUSES, Endpoint, Filter, ListRules, Pair, ParentRules
from kommo_orm.dialects.v2.unsupported import build_unsupported_error, explain_unsupported
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import MutableRow
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.parent import Parent
from kommo_orm.transport.http_messages import HttpRequest, Repeat
from kommo_orm.unit.report import describe

PATH = "/api/v2/pipelines"
SET_PATH, DELETE_PATH = "/private/api/v2/json/pipelines/set", "/private/api/v2/json/pipelines/delete"
STAGE_KEYS = ("name", "sort", "color")
COLOURS = frozenset((
    "#fffeb2", "#fffd7f", "#fff000", "#ffeab2", "#ffdc7f", "#ffce5a", "#ffdbdb", "#ffc8c8", "#ff8f92", "#d6eaff", "#c1e0ff",
    "#98cbff", "#ebffb1", "#deff81", "#87f2c0", "#f9deff", "#f3beff", "#ccc8f9", "#eb93ff", "#f2f3f4", "#e6e8ea",
))  # fmt: skip


# ---- reading
def decode_pipeline(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of a pipeline, its stages in order."""
    pipeline = {key: value for key, value in row.items() if key not in ("_links", "statuses")}
    stages = sorted(iterate_items(row.get("statuses")), key=lambda stage: _parse_sort(stage.get("sort")))
    pipeline["_embedded"] = {"statuses": [{"pipeline_id": row.get("id"), **_decode_stage(stage)} for stage in stages]}
    return pipeline


def _parse_sort(raw: Any) -> int:
    return int(raw) if str(raw).lstrip("-").isdigit() else 0


def _decode_stage(stage: MutableRow) -> MutableRow:
    return {key: value for key, value in stage.items() if key != "_links"}


def find_stages(body: Any, read: ReadRequest) -> Any:
    """The stages of the pipeline that the list is of."""
    wanted = read.parent.id if read.parent is not None else None
    rows = [decode_pipeline(row, read) for row in list_items(body) or () if wanted in (None, parse_id(row.get("id")))]
    return [stage for row in rows for stage in row["_embedded"]["statuses"]]


def build_pipeline_params(read: ReadRequest) -> list[Pair]:
    """The pipeline whose stages are read. Raises `QueryError` without one."""
    if read.parent is None or read.parent.id is None:
        raise QueryError(explain_unsupported("list stages of all pipelines at once"))
    return [("id", str(read.parent.id))]


# ---- writing
def encode_pipeline(item: BatchItem, parent: Parent | None = None) -> MutableRow:
    """The body of a pipeline. Raises `ConfigurationError` for what v2 cannot write."""
    body: MutableRow = {}
    for key, value in item.body.items():
        if key in ("name", "sort"):
            body[key] = value
        elif key == "is_main":
            body |= {"is_main": "on"} if value else {}
        elif key == "_embedded":
            body["statuses"] = _encode_stages(value.get("statuses") or [])
        elif not (key == "is_unsorted_on" and item.is_create and value is True):  # every new pipeline has it on
            raise build_unsupported_error(item, f"write {key} of pipelines")
    return body if item.is_create else _add_stored_values(item, body)


def _encode_stages(rows: list[MutableRow]) -> MutableRow:
    numbers = iter(range(len(rows)))
    return {
        str(row["id"]) if "id" in row else str(next(numbers)): {key: row[key] for key in STAGE_KEYS if key in row}
        for row in rows
    }


def _add_stored_values(item: BatchItem, body: MutableRow) -> MutableRow:
    """An update repeats everything, all stages included."""
    stored = item.stored_values
    embedded: Any = stored.get("_embedded")
    stages = list(iterate_items(embedded.get("statuses"))) if isinstance(embedded, dict) else []
    if not stages or any(key not in stored for key in ("name", "sort")):
        raise ConfigurationError(
            f"{describe(item.object)}: Kommo's API v2 wants a pipeline's name, sort and stages with every change, and they "
            "are not loaded. Call refresh() first"
        )
    main = {"is_main": "on"} if stored.get("is_main") and "is_main" not in item.body else {}
    statuses = {str(stage["id"]): _encode_stored_stage(stage) for stage in stages}
    return {"id": item.id, "name": stored["name"], "sort": stored["sort"], **main, "statuses": statuses, **body}


def _encode_stored_stage(stage: MutableRow) -> MutableRow:
    """Closed stages have only a name. Kommo gives the stages of a new pipeline colours that it does not accept again."""
    if stage["id"] in CLOSED_STATUSES:
        return {"name": stage.get("name")}
    keys = STAGE_KEYS if stage.get("color") in COLOURS and stage.get("is_editable", True) else ("name", "sort")
    return {"id": stage["id"], **{key: stage[key] for key in keys if key in stage}}


def build_pipelines_request(batch: Batch) -> HttpRequest:
    """Build the request that writes or deletes pipelines."""
    if batch.verb == "delete":
        ids: MutableRow = {"request": {"id": [item.id for item in batch.items]}}
        return HttpRequest("POST", DELETE_PATH, json=ids, purpose=str(batch))
    adds = [encode_pipeline(item) for item in batch.items if item.is_create]
    updates = {str(item.id): encode_pipeline(item) for item in batch.items if not item.is_create}
    part: MutableRow = {**({"add": adds} if adds else {}), **({"update": updates} if updates else {})}
    repeat = Repeat.CREATES if batch.creates_rows else Repeat.SAFE
    return HttpRequest("POST", SET_PATH, json={"request": {"pipelines": part}}, purpose=str(batch), repeat=repeat)


# ---- answers
def parse_stored_pipeline(batch: Batch, body: Any) -> dict[str, StoredRow]:
    """The id of the one pipeline of a request: the first id in the answer."""
    (item,) = batch.items
    if not item.is_create:
        return {item.request_id: StoredRow(item.id or 0, {})}
    pk = next(_iterate_ids(body), None)
    return {} if pk is None else {item.request_id: StoredRow(pk, {})}


def _iterate_ids(body: Any) -> Iterator[int]:
    """Ids of objects, the outer ones first: the exact shape of the answer is not documented. Stages are left out."""
    level: list[Any] = [body]
    while level:
        below: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                known = cast("MutableRow", part)
                if (pk := parse_id(known.get("id"))) is not None:
                    yield pk
                below += [value for key, value in known.items() if key not in ("_links", "statuses", "server_time")]
            elif isinstance(part, list):
                below += part
        level = below


def parse_pipeline_refusals(batch: Batch, body: Any) -> dict[str, Refusal]:
    """Why pipelines were not deleted, by request id: the answer has true or the errors for each id."""
    response: Any = body.get("response") if isinstance(body, dict) else None
    refused: dict[str, Refusal] = {}
    for item in batch.items:
        result: Any = cast("MutableRow", response).get(str(item.id)) if isinstance(response, dict) else None
        if isinstance(result, dict) and result.get("errors"):
            refused[item.request_id] = Refusal(str(result["errors"]))
        elif result is False:
            refused[item.request_id] = Refusal("refused")
    return refused


PIPELINES = Endpoint(
    PATH,
    Capabilities(is_paged=False, create_size=1, update_size=1, delete_size=50, needs_stored_row=True, is_ordered=False),
    decode_pipeline,
    encode_pipeline,
    ListRules(filters={"id": Filter("id")}),
)
STATUSES = Endpoint(
    PATH,
    Capabilities(is_paged=False, reads_single_rows=False, create_size=0, update_size=0, is_ordered=False),
    lists=ListRules(filters={"id": Filter("")}),
    parent=ParentRules(build_pipeline_params),
    find_rows=find_stages,
)
