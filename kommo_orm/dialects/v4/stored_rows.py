"""Parses answers to batches: which row was stored for which item, and what was refused inside of a success.

Rows of creations are paired by `request_id`, rows of updates by `id`, never by position where there is another way.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.common.purchase_comments import (
    COMMENTED_KIND,
    parse_comment_refusals,
    parse_stored_comments,
)
from kommo_orm.dialects.common.response_body import build_unexpected_error, has_json_body
from kommo_orm.dialects.v4.call_refusals import build_call_refusals, list_errors
from kommo_orm.dialects.v4.delete_requests import parse_delete_refusals
from kommo_orm.dialects.v4.endpoint import Endpoint, PairBy, RowShape
from kommo_orm.dialects.v4.registry import ENDPOINTS
from kommo_orm.dialects.v4.row_parser import find_rows, find_single_row, rename_ids
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import MutableRow
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.transport.http_messages import HttpResponse

ACCEPTED = 202  # its body may be a text
CREATES = ("create", "complex")


def parse_stored_rows(batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
    """What was stored, by request id. Links and deletions answer with nothing to store."""
    if batch.verb == "update":
        return parse_updated_rows(batch, answer)
    return parse_created_rows(batch, answer) if batch.verb in CREATES else {}


def parse_refusals(batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
    """What was refused inside of a success, by request id: deletions, comments, calls to unknown numbers."""
    if batch.verb == "update":
        return parse_comment_refusals(batch, answer) if batch.kind == COMMENTED_KIND else {}
    if batch.verb == "delete":
        return parse_delete_refusals(batch, answer)
    if batch.verb != "create" or answer.empty or not has_json_body(answer):
        return {}
    errors = list_errors(answer.json())
    return build_call_refusals(batch, errors, parse_created_rows(batch, answer)) if errors else {}


# ---- updates
def parse_updated_rows(batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
    """The rows of an update, by their ids. An accepted update without a body stored what was sent."""
    if batch.kind == COMMENTED_KIND:
        return parse_stored_comments(batch, answer)
    if _has_no_rows(answer):
        return {item.request_id: StoredRow(item.id or 0, {}) for item in batch.items}
    body, endpoint = answer.json(), ENDPOINTS[batch.kind]
    if len(batch.items) == 1:
        (item,) = batch.items
        return {item.request_id: StoredRow(item.id or 0, _parse_updated_row(body, endpoint))}
    return pair_by_id(batch, _require_rows(body, endpoint, answer), endpoint.rows)


def pair_by_id(batch: Batch, rows: list[MutableRow], shape: RowShape) -> dict[str, StoredRow]:
    """By the id; a row without one by the number that the service gives the items of a request: "0", "1", ..."""
    by_id = {parse_row_id(row, shape): row for row in rows}
    numbered = {str(row.get("request_id")): row for row in rows} if None in by_id else {}
    found: dict[str, StoredRow] = {}
    for place, item in enumerate(batch.items):
        row = by_id.get(item.id) or numbered.get(str(place))
        if row is not None:
            found[item.request_id] = StoredRow(item.id or 0, row)
    return found


def _has_no_rows(answer: HttpResponse) -> bool:
    return answer.empty or (answer.status == ACCEPTED and not has_json_body(answer))


def _parse_updated_row(body: Any, endpoint: Endpoint) -> MutableRow:
    """The row of one update, inside of an envelope or not. Empty for a body that is no object."""
    if not isinstance(body, dict):
        return {}
    if endpoint.rows.id_key == "id" and "id" in body:  # what most kinds answer
        return body
    found = find_single_row(body, endpoint)
    if not isinstance(found, dict):
        return {}
    rename_ids([found], endpoint.rows)
    return found


# ---- creations
def parse_created_rows(batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
    """The rows of a creation, by the request ids that they repeat."""
    if _has_no_rows(answer):
        raise build_unexpected_error(answer, "empty where ids were expected")
    endpoint = ENDPOINTS[batch.kind]
    rows = _require_rows(answer.json(), endpoint, answer)
    names = endpoint.creates.renamed_keys
    if names and batch.verb == "create":
        rows = [{names.get(key, key): value for key, value in row.items()} for row in rows]
    rename_ids(rows, endpoint.rows)
    if endpoint.creates.pair_by is PairBy.POSITION:
        return pair_by_position(batch, rows, endpoint.rows)
    return pair_by_request_id(batch, rows, endpoint)


def _require_rows(body: Any, endpoint: Endpoint, answer: HttpResponse) -> list[MutableRow]:
    """The rows of an answer; one row alone may stand without a list. Raises `UnexpectedResponse` if there are none."""
    rows = find_rows(body, endpoint)
    if rows is not None:
        rename_ids(rows, endpoint.rows)
        return rows
    if isinstance(body, dict) and endpoint.rows.id_key in body:
        return [body]
    if list_errors(body):
        return []
    raise build_unexpected_error(answer, f"no list of {endpoint.key}")


def pair_by_request_id(batch: Batch, rows: list[MutableRow], endpoint: Endpoint) -> dict[str, StoredRow]:
    """By the repeated `request_id`. One row for one item needs none."""
    valid = [(pk, row) for row in rows if (pk := parse_row_id(row, endpoint.rows)) is not None]
    found: dict[str, StoredRow] = {}
    for pk, row in valid:
        repeated = row.get("request_id")
        for request_id in repeated if isinstance(repeated, list) else [repeated]:
            if request_id is not None:
                found[str(request_id)] = StoredRow(pk, row)
    if not found and len(batch) == len(rows) == len(valid) == 1:
        return {batch.items[0].request_id: StoredRow(*valid[0])}
    return found or pair_by_unique_key(batch, valid, endpoint)


def pair_by_unique_key(batch: Batch, rows: list[tuple[Any, MutableRow]], endpoint: Endpoint) -> dict[str, StoredRow]:
    """By a value that no two rows of a kind have alike, for rows without request ids."""
    key = endpoint.creates.unique_key
    if key is None:
        return {}
    by_value = {row.get(key): StoredRow(pk, row) for pk, row in rows}
    named = {item.request_id: by_value.get(item.body.get(key)) for item in batch.items}
    return {request_id: stored for request_id, stored in named.items() if stored is not None}


def pair_by_position(batch: Batch, rows: list[MutableRow], shape: RowShape) -> dict[str, StoredRow]:
    """By the order that was sent, for rows without ids and request ids. Another number of rows proves nothing."""
    if len(rows) != len(batch):
        return {}
    return {
        item.request_id: StoredRow(pk, row)
        for item, row in zip(batch.items, rows, strict=True)
        if (pk := parse_row_id(row, shape)) is not None
    }


def parse_row_id(row: MutableRow, shape: RowShape) -> Any:
    """The id of a row: a positive number, or a text where the kind has texts. None for anything else."""
    value = row.get("id")
    if type(value) is int:
        return value if value > 0 else None
    if isinstance(value, str) and value and shape.has_text_ids:
        return value
    return (int(value) or None) if isinstance(value, str) and value.isdigit() else None
