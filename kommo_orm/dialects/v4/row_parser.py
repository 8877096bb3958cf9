"""Parses answers to reads: pages and single rows. Nothing here trusts a position, a status code or an envelope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kommo_orm.dialects.common.response_body import build_unexpected_error
from kommo_orm.dialects.v4.endpoint import Endpoint, RowShape
from kommo_orm.dialects.v4.registry import ENDPOINTS
from kommo_orm.dialects.v4.row_decoder import DecodedPage
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow, Row
from kommo_orm.model.lazy_row import LazyRow
from kommo_orm.model.php_shapes import read_embedded
from kommo_orm.transport.http_messages import HttpResponse


def parse_page(read: ReadRequest, answer: HttpResponse) -> Page:
    """Parse one page of a list. Raises `UnexpectedResponse` if there is no list."""
    if answer.empty:
        return Page([], last=True, seconds=answer.seconds)
    decoded, endpoint = answer.decode(), ENDPOINTS[read.kind]
    body: Any = decoded.envelope if isinstance(decoded, DecodedPage) else decoded
    rows: Sequence[LazyRow | MutableRow] | None = (
        decoded.rows if isinstance(decoded, DecodedPage) else find_rows(decoded, endpoint)
    )
    if rows is None:
        if isinstance(body, dict) and embeds_no_rows(body.get("_embedded"), endpoint):
            return Page([], last=True, seconds=answer.seconds)
        raise build_unexpected_error(answer, f"no list of {endpoint.key}")
    is_last = not (has_next_link(body) or counts_more_rows(body, answer))
    add_parent(rows, read, endpoint.rows)
    return Page(rows, last=is_last, seconds=answer.seconds)


def parse_row(read: ReadRequest, answer: HttpResponse) -> Row | None:
    """Parse one row: a flat object, or one inside of an envelope. None for an empty answer."""
    if answer.empty:
        return None
    decoded, endpoint = answer.decode(), ENDPOINTS[read.kind]
    found: LazyRow | MutableRow = decoded if isinstance(decoded, LazyRow) else find_single_row(decoded, endpoint)
    if not isinstance(found, LazyRow | dict):
        raise build_unexpected_error(answer, f"no {read.kind} row")
    if endpoint.rows.lifts_embedded:
        found = {**found, **(read_embedded(found) or {})}
    add_parent([found], read, endpoint.rows)
    return found


def find_rows(body: Any, endpoint: Endpoint) -> list[MutableRow] | None:
    """The rows under `_embedded`, None if there are none. PHP writes an object for a list with gaps."""
    if isinstance(body, list):
        return [row for row in body if isinstance(row, dict)]
    embedded = body.get("_embedded") if isinstance(body, dict) else None
    if not isinstance(embedded, dict):
        return None
    keys = (endpoint.key, *endpoint.rows.list_keys)
    rows = next((embedded[key] for key in keys if key in embedded), None)
    if isinstance(rows, dict):
        rows = order_by_index(rows)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else None


def embeds_no_rows(embedded: Any, endpoint: Endpoint) -> bool:
    """Whether an answer without a list says that there are no rows: nothing embedded, or null or false as the list."""
    if not embedded:
        return True
    keys = [key for key in (endpoint.key, *endpoint.rows.list_keys) if isinstance(embedded, dict) and key in embedded]
    return bool(keys) and all(not embedded[key] for key in keys)


def find_single_row(body: Any, endpoint: Endpoint) -> Any:
    """The body itself if it has an id, else the first row inside of it, else the body."""
    if isinstance(body, dict) and endpoint.rows.id_key in body:
        return body
    rows = find_rows(body, endpoint)
    return rows[0] if rows else body


def order_by_index(rows: MutableRow) -> list[Any]:
    """The values of an object that PHP made of a list: by their index, in whatever order they are written."""
    if all(key.isascii() and key.isdigit() for key in rows):
        return [rows[key] for key in sorted(rows, key=int)]
    return list(rows.values())


def has_next_link(body: Any) -> bool:
    """Whether the service names a further page."""
    links = body.get("_links") if isinstance(body, dict) else None
    following = links.get("next") if isinstance(links, dict) else None
    return bool(following.get("href") if isinstance(following, dict) else following)


def counts_more_rows(body: Any, answer: HttpResponse) -> bool:
    """Whether `_count` says that rows follow this page. The host of files gives it, and its links may be missing."""
    asked = dict(answer.request.params)
    count = body.get("_count") if isinstance(body, dict) else None
    if type(count) is not int or not {"page", "limit"} <= asked.keys():
        return False
    return count > int(asked["page"]) * int(asked["limit"])


def add_parent(rows: Sequence[LazyRow | MutableRow], read: ReadRequest, shape: RowShape) -> None:
    """Add the parent that rows were read under: notes and tags do not name its kind themselves."""
    parent = read.parent
    rename_ids(rows, shape)
    known = {shape.parent_key: parent.kind, shape.parent_id_key: parent.id} if parent is not None else {}
    for key, value in known.items():
        if key is not None and value is not None:
            for row in [row for row in rows if row.get(key) is None]:
                if isinstance(row, LazyRow):
                    row.put(key, value)
                else:
                    row[key] = value


def rename_ids(rows: Sequence[LazyRow | MutableRow], shape: RowShape) -> None:
    """Give rows whose id has another name an `id`; an `id` beside it stays as `_id`. Such rows are decoded at once."""
    if shape.id_key == "id":
        return
    for row in [row for row in rows if isinstance(row, dict)]:
        if row.get(shape.id_key) is not None:
            if row.get("id") not in (None, row[shape.id_key]):
                row["_id"] = row["id"]
            row["id"] = row[shape.id_key]
