"""Flows that read rows of one kind: one page, a whole short list, one row by its address, many rows by their ids.

Queries and flushes read through these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from kommo_orm.errors import FilterIgnored, NotFound, QueryError, ResponseError, UnexpectedResponse
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.page import Page
from kommo_orm.interface.parallel_requests import count_parallel_requests
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.interface.term import Term
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.lazy_row import FREE_VALUES
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.transport.flow import Failure, Flow, gather_flows

IDS_PER_REQUEST = 250
T = TypeVar("T")


# ---- rows
def require_readable(connection: Connection, kind: str) -> None:
    """Raise `QueryError` for a kind whose rows are created and never read."""
    dialect = connection.dialect
    capabilities = dialect.capabilities(kind)
    if not capabilities.is_readable:
        only = ": it only creates them" if capabilities.create_size else ""
        raise QueryError(
            f"Kommo's API {dialect.name} cannot read {kind.replace('_', ' ')}{only}{dialect.unsupported_hint}"
        )


def fetch_page(connection: Connection, request: ReadRequest, number: int, size: int) -> Flow[Page]:
    """Read one page of a list."""
    dialect = connection.dialect
    answer = yield from connection.ask(dialect.build_list_request(request, number, size))
    page = dialect.parse_page(request, answer)
    rows = yield from dialect.complete_rows(connection, request, page.rows)
    return replace(page, rows=rows)


def fetch_rows(connection: Connection, request: ReadRequest, most: int) -> Flow[list[Row]]:
    """Read a list that fits one page. Where the service chooses smaller pages, further ones are read."""
    has_own_size = not connection.dialect.capabilities(request.kind).keeps_page_size
    page = yield from fetch_page(connection, request, 1, most)
    rows, number = list(page.rows), 1
    while has_own_size and not page.last and page.rows and len(rows) < most:
        number += 1
        page = yield from fetch_page(connection, request, number, most)
        rows += page.rows
    return rows


def fetch_row(connection: Connection, request: ReadRequest, pk: int | str) -> Flow[Row | None]:
    """Read one row by its address. None for an empty answer; raises `NotFound` where the service says so."""
    dialect = connection.dialect
    row = dialect.parse_row(request, (yield from connection.ask(dialect.build_row_request(request, pk))))
    if row is None:
        return None
    completed = yield from dialect.complete_rows(connection, request, [row])
    return completed[0]


def count_ids_per_request(connection: Connection, kind: str) -> int:
    """Return how many ids one list can be asked for: as many as a page of the answer holds rows."""
    return max(1, min(IDS_PER_REQUEST, connection.dialect.capabilities(kind).page_size))


def split_ids(connection: Connection, kind: str, ids: Sequence[Any]) -> list[list[Any]]:
    """Divide ids, each once, into the lists of one request each."""
    unique, size = list(dict.fromkeys(ids)), count_ids_per_request(connection, kind)
    return [unique[at : at + size] for at in range(0, len(unique), size)]


def count_parallel_reads(connection: Connection) -> int:
    """Return how many reads may be under way at once: what the rate can use, at most the user's `prefetch`."""
    return count_parallel_requests(connection, connection.prefetch)


def gather_lists(connection: Connection, flows: Iterable[Flow[list[T]]]) -> Flow[list[T]]:
    """Run flows side by side and join their lists in the order of the flows. Raises the first error."""
    found: list[T] = []
    for outcome in (yield from gather_flows(flows, count_parallel_reads(connection))):
        if isinstance(outcome, Failure):
            raise outcome.error
        found += outcome.value
    return found


# ---- objects
def hydrate_rows(
    connection: Connection, model: type[Model], rows: Sequence[Row], included: frozenset[str] = frozenset()
) -> Flow[list[Model]]:
    """Make objects of rows. The account's time zone is read first where the rows have days."""
    if connection.timezone is None and _has_days(model, rows):
        with suppress(ResponseError, UnexpectedResponse):  # then days are taken as in UTC (fields/date.py)
            yield from connection.find_timezone()
    return list(model.hydrate(rows, connection, None, included))


def _has_days(model: type[Model], rows: Iterable[Row]) -> bool:
    """Whether these rows have values of a declared field of days."""
    zoned = model.__kommo_info__.zoned_fields
    if not zoned:
        return False
    types = {name for spec in zoned for name in spec.kind.types}
    return any(entry.get("field_type") in types for row in rows for entry in iterate_items(row.get(FREE_VALUES)))


def fetch_object(connection: Connection, model: type[Model], pk: Any, parent: Parent | None = None) -> Flow[Model]:
    """Read one object by its address. Raises `NotFound`."""
    kind, field = model.__kommo_info__.kind, model.__kommo_info__.address_field
    require_readable(connection, kind)
    parent = parent or (yield from model._find_class_parent(connection))
    if not connection.dialect.capabilities(kind).reads_single_rows:
        found = yield from _fetch_chunk(connection, model, [pk], parent, field)
        if not found:
            raise make_not_found(connection, model, pk, parent)
        return found[0]
    request = ReadRequest(kind, parent=parent)
    try:
        row = yield from fetch_row(connection, request, pk)
    except NotFound as error:
        raise make_not_found(connection, model, pk, parent, error) from None
    if row is None:
        raise make_not_found(connection, model, pk, parent)
    return (yield from hydrate_rows(connection, model, [row]))[0]


def fetch_objects_by_ids(
    connection: Connection, model: type[Model], ids: Sequence[Any], parent: Parent | None = None
) -> Flow[list[Model]]:
    """Read the objects of many ids, 250 a request. Ids that do not exist are absent.

    Raises:
        FilterIgnored: the service answered with rows that were not asked for.
    """
    kind = model.__kommo_info__.kind
    require_readable(connection, kind)
    parent = parent or (yield from model._find_class_parent(connection))
    chunks = split_ids(connection, kind, ids)
    return (
        yield from gather_lists(connection, (_fetch_chunk(connection, model, chunk, parent, "id") for chunk in chunks))
    )


def _fetch_chunk(
    connection: Connection, model: type[Model], values: list[Any], parent: Parent | None, field: str
) -> Flow[list[Model]]:
    kind = model.__kommo_info__.kind
    term = Term(field, "in", tuple(values)) if field == "id" else Term(field, "eq", values[0])
    request = ReadRequest(kind, parent=parent, terms=(term,))
    rows = yield from fetch_rows(connection, request, count_ids_per_request(connection, kind))
    objects = yield from hydrate_rows(connection, model, rows)
    wanted = set(values)
    for found in objects:
        if getattr(found, field, None) not in wanted:
            raise FilterIgnored(
                f"{connection.name} was asked for {len(wanted)} {model.__name__} by {field} and answered with "
                f"{found.pk}, which is not among them: the service ignored the filter."
            )
    return objects


def make_not_found(
    connection: Connection, model: type[Model], pk: int | str, parent: Parent | None, error: NotFound | None = None
) -> NotFound:
    """Make the error of a row that is not there."""
    detail = f" ({error.detail})" if error is not None and error.detail else ""
    where = f" of {parent}" if parent is not None else ""
    return NotFound(
        f"{connection.name} has no {model.__name__} {pk}{where} that this token may see{detail}; rows in the trash "
        "are listed by .deleted() where Kommo offers it.",
        status=error.status if error is not None else 204,
        request_id=error.request_id if error is not None else None,
    )
