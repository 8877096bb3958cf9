"""From API v4 answers to rows, pages and outcomes. Nothing here trusts a position, a status code or an envelope."""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.v4 import refusals
from kommo_orm.dialects.v4.routes import ROUTES, Route
from kommo_orm.errors import UnexpectedResponse
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.php_shapes import read_embedded
from kommo_orm.transport.http_messages import HttpResponse

Row = dict[str, Any]
ACCEPTED = 202  # with a text for a body, sometimes


def parsed(answer: HttpResponse) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise unexpected(answer, "no JSON") from None


def unexpected(answer: HttpResponse, what: str) -> UnexpectedResponse:
    return UnexpectedResponse(
        f"{answer.request}: the answer (status {answer.status}, request id {answer.request_id}) is {what}: {answer.text[:200]!r}"
    )


def page(read: ReadRequest, answer: HttpResponse) -> Page:
    if answer.empty:
        return Page([], last=True, seconds=answer.seconds)
    body, route = parsed(answer), ROUTES[read.kind]
    rows = embedded_rows(body, route)
    if rows is None:
        if isinstance(body, dict) and not body.get("_embedded"):
            return Page([], last=True, seconds=answer.seconds)
        raise unexpected(answer, f"no list of {route.key}")
    last = not (has_next(body) or counts_more(body, answer))
    return Page(owned(rows, read, route), last=last, seconds=answer.seconds)


def embedded_rows(body: Any, route: Route) -> list[Row] | None:
    """The rows under `_embedded`; PHP writes an object for a list with gaps."""
    if isinstance(body, list):
        return [row for row in body if isinstance(row, dict)]
    embedded = body.get("_embedded") if isinstance(body, dict) else None
    if not isinstance(embedded, dict):
        return None
    rows = next((embedded[key] for key in (route.key, *route.also) if key in embedded), None)
    if isinstance(rows, dict):
        rows = in_order(rows)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else None


def in_order(rows: Row) -> list[Any]:
    """The values of an object that PHP made of a list: by their index, whatever order they are written in."""
    if all(key.isascii() and key.isdigit() for key in rows):
        return [rows[key] for key in sorted(rows, key=int)]
    return list(rows.values())


def is_json(answer: HttpResponse) -> bool:
    return answer.content.lstrip()[:1] in (b"{", b"[")


def has_next(body: Any) -> bool:
    links = body.get("_links") if isinstance(body, dict) else None
    following = links.get("next") if isinstance(links, dict) else None
    return bool(following.get("href") if isinstance(following, dict) else following)


def counts_more(body: Any, answer: HttpResponse) -> bool:
    """Whether `_count`, which the drive gives, tells of rows behind this page, in case its links do not."""
    asked = dict(answer.request.params)
    count = body.get("_count") if isinstance(body, dict) else None
    if type(count) is not int or not {"page", "limit"} <= asked.keys():
        return False
    return count > int(asked["page"]) * int(asked["limit"])


def owned(rows: list[Row], read: ReadRequest, route: Route) -> list[Row]:
    """Rows know what they were read under: notes and tags carry no kind of their entity themselves."""
    parent = read.parent
    name_ids(rows, route)
    known = {route.parent_key: parent.kind, route.parent_id_key: parent.id} if parent is not None else {}
    for key, value in known.items():
        if key is not None and value is not None:
            for row in rows:
                row[key] = value if row.get(key) is None else row[key]
    return rows


def name_ids(rows: list[Row], route: Route) -> None:
    """Give rows whose id has another name an `id`; an `id` beside it stays as `_id`."""
    if route.pk != "id":
        for row in rows:
            if row.get(route.pk) is not None:
                if row.get("id") not in (None, row[route.pk]):
                    row["_id"] = row["id"]
                row["id"] = row[route.pk]


def row(read: ReadRequest, answer: HttpResponse) -> Row | None:
    """A flat object, or one inside an envelope: both occur."""
    if answer.empty:
        return None
    body, route = parsed(answer), ROUTES[read.kind]
    rows = embedded_rows(body, route) if not (isinstance(body, dict) and route.pk in body) else None
    found = rows[0] if rows else body
    if not isinstance(found, dict):
        raise unexpected(answer, f"no {read.kind} row")
    if route.lifts:
        found = {**found, **(read_embedded(found) or {})}
    return owned([found], read, route)[0]


# ---- outcomes
def stored(batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
    """By mark: rows of creations are paired by `request_id`, rows of updates by `id`, never by position."""
    if batch.verb in ("link", "unlink", "delete"):
        return {}
    if answer.empty or (answer.status == ACCEPTED and not is_json(answer)):
        if batch.verb == "update":
            return {item.request_id: StoredRow(item.id or 0, {}) for item in batch.items}
        raise unexpected(answer, "empty where ids were expected")
    body, route = parsed(answer), ROUTES[batch.kind]
    if batch.verb == "update" and len(batch) == 1:
        (item,) = batch.items
        return {item.request_id: StoredRow(item.id or 0, single(body, route))}
    rows = embedded_rows(body, route)
    if rows is None:
        rows = [body] if isinstance(body, dict) and route.pk in body else [] if refusals.told_in(body) else None
    if rows is None:
        raise unexpected(answer, f"no list of {route.key}")
    if batch.verb == "create" and route.answers:
        rows = [{route.answers.get(key, key): value for key, value in row.items()} for row in rows]
    name_ids(rows, route)
    if batch.verb == "update":
        return by_id(batch, rows, route)
    return by_place(batch, rows, route) if route.by_place else by_mark(batch, rows, route)


def refused(batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
    """What was not stored of a creation that succeeded, by mark: calls to numbers that nobody has."""
    told = refusals.told_in(parsed(answer)) if not answer.empty and is_json(answer) else []
    return refusals.refused(batch, told, stored(batch, answer)) if told else {}


def single(body: Any, route: Route) -> Row:
    rows = embedded_rows(body, route) if isinstance(body, dict) and route.pk not in body else None
    found = rows[0] if rows else body
    if not isinstance(found, dict):
        return {}
    name_ids([found], route)
    return found


def by_mark(batch: Batch, rows: list[Any], route: Route) -> dict[str, StoredRow]:
    found: dict[str, StoredRow] = {}
    sound = [row for row in rows if isinstance(row, dict) and valid_id(row.get("id"), route) is not None]
    for row in sound:
        marks = row.get("request_id")
        for mark in marks if isinstance(marks, list) else [marks]:
            if mark is not None:
                found[str(mark)] = StoredRow(valid_id(row["id"], route), row)
    if not found and len(batch) == len(rows) == len(sound) == 1:
        found[batch.items[0].request_id] = StoredRow(
            valid_id(sound[0]["id"], route), sound[0]
        )  # one sent, one stored: no doubt
    return found or by_what_is_unique(batch, sound, route)


def by_what_is_unique(batch: Batch, rows: list[Row], route: Route) -> dict[str, StoredRow]:
    """Rows without marks that repeat what no two of their kind have alike."""
    if route.unique is None:
        return {}
    told = {row.get(route.unique): row for row in rows}
    named = {item.request_id: told.get(item.body.get(route.unique)) for item in batch.items}
    return {mark: StoredRow(valid_id(row["id"], route), row) for mark, row in named.items() if row is not None}


def by_place(batch: Batch, rows: list[Row], route: Route) -> dict[str, StoredRow]:
    """Rows that carry neither id nor mark stand in the order that was sent; a list of another length proves nothing."""
    if len(rows) != len(batch):
        return {}
    return {
        item.request_id: StoredRow(valid_id(row.get("id"), route), row)
        for item, row in zip(batch.items, rows, strict=True)
        if valid_id(row.get("id"), route) is not None
    }


def by_id(batch: Batch, rows: list[Any], route: Route) -> dict[str, StoredRow]:
    sound = [row for row in rows if isinstance(row, dict)]
    answered = {valid_id(row.get("id"), route): row for row in sound}
    marked = {str(row.get("request_id")): row for row in sound}
    return {
        item.request_id: StoredRow(item.id or 0, found)
        for item in batch.items
        if (found := found_row(item, answered, marked)) is not None
    }


def found_row(item: BatchItem, answered: dict[Any, Row], marked: dict[str, Row]) -> Row | None:
    by_its_id = answered.get(item.id)
    return by_its_id if by_its_id is not None else marked.get(item.request_id)


def valid_id(value: Any, route: Route) -> Any:
    """An id: a positive number, written as text sometimes; some kinds have texts. None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value and route.text_ids:
        return value
    if isinstance(value, int):
        return value if value > 0 else None
    return (int(value) or None) if isinstance(value, str) and value.isdigit() else None
