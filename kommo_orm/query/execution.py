"""Executes a bound query.

Each flow takes the same way, which a reader can follow file by file:

Query -> BoundQuery          query_builder.py, bound_query.py
-> ReadRequest               query_compiler.py
-> parts of many values      split_query.py
-> pages of rows             interface/row_reader.py, offset_pagination.py, change_pagination.py, page_number_pagination.py
-> verified objects          hydration.py, verification.py
-> their related objects     relation_loader.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kommo_orm.errors import NotFound, QueryError
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.interface.row_reader import fetch_page, fetch_row, make_not_found
from kommo_orm.model.condition import Condition
from kommo_orm.model.model import Model
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.hydration import hydrate_verified
from kommo_orm.query.id_lookup import fetch_by_ids, fetch_chunk
from kommo_orm.query.offset_pagination import OffsetPaginator
from kommo_orm.query.page_number_pagination import PageNumberPaginator
from kommo_orm.query.query_compiler import compile_query
from kommo_orm.query.relation_loader import load_relation
from kommo_orm.query.seen_ids import SeenIds
from kommo_orm.query.split_query import refuse_split, split_query, stream_parts
from kommo_orm.transport.flow import Flow, collect_values, emit_value, transform_values

ORDERED_FIELDS = ("id", "created_at", "updated_at")  # the order of two rows can be told from these


# ---- many objects
def stream_objects(bound: BoundQuery) -> Flow[None]:
    """Emit lists of objects, page by page, to the end of the list or to the limit."""
    if bound.limit == 0:
        return
    parts = split_query(bound)
    if len(parts) > 1:
        yield from stream_parts(bound, parts, make_objects, _stream_rows)
        return
    bound, request = yield from compile_query(bound)
    yield from transform_values(_stream_rows(bound, request), lambda rows: make_objects(bound, rows))


def _stream_rows(bound: BoundQuery, request: ReadRequest) -> Flow[None]:
    """Emit lists of rows, in the way of paging that the list has."""
    capabilities = bound.connection.dialect.capabilities(bound.kind)
    if not capabilities.is_paged:
        yield from _emit_single_page(bound, request)
    elif (
        capabilities.keeps_page_size
        and bound.order is not None
        and bound.order[0] == "updated_at"
        and not bound.deleted
    ):
        yield from _paginate_by_change(bound, request)
    elif capabilities.keeps_page_size:
        yield from _paginate_by_offset(bound, request)
    else:
        yield from _paginate_by_number(bound, request)


def _emit_single_page(bound: BoundQuery, request: ReadRequest) -> Flow[None]:
    page = yield from fetch_page(bound.connection, request, 1, bound.size)
    rows = page.rows[: bound.limit]
    if rows:
        yield from emit_value(rows)


def _paginate_by_change(bound: BoundQuery, request: ReadRequest) -> Flow[None]:
    from kommo_orm.query.change_pagination import ChangePaginator  # few programs use this order

    return ChangePaginator(
        lambda part, number, size: fetch_page(bound.connection, part, number, size),
        request,
        size=bound.size,
        select_new=SeenIds().select_new,
        most=bound.limit,
    ).paginate()


def _paginate_by_offset(bound: BoundQuery, request: ReadRequest) -> Flow[None]:
    connection = bound.connection
    paginator = OffsetPaginator(
        lambda number, size: fetch_page(connection, request, number, size),
        size=bound.size,
        window=connection.prefetch,
        rate=connection.rate,
        writes=lambda: connection.writes,
        most=bound.limit,
        after=make_row_order(bound.order),
        known=connection.list_lengths.find_length(request, bound.size),
    )
    yield from paginator.paginate()
    if paginator.length is not None:
        connection.list_lengths.note_length(request, bound.size, paginator.length)


def _paginate_by_number(bound: BoundQuery, request: ReadRequest) -> Flow[None]:
    connection = bound.connection
    return PageNumberPaginator(
        lambda number: fetch_page(connection, request, number, bound.size),
        writes=lambda: connection.writes,
        most=bound.limit,
    ).paginate()


def make_row_order(order: tuple[str, bool] | None) -> Callable[[Row, Row], bool] | None:
    """Make the function that tells whether a row surely stands behind another. None where only the service knows."""
    if order is None or order[0] not in ORDERED_FIELDS:
        return None
    name, descending = order

    def is_behind(row: Row, other: Row) -> bool:
        one, two = row.get(name), other.get(name)
        return isinstance(one, int) and isinstance(two, int) and (one < two if descending else one > two)

    return is_behind


def fetch_numbered_page(bound: BoundQuery, number: int, size: int) -> Flow[tuple[list[Model], int, bool]]:
    """Read one page by its number. Returns its objects, the number, and whether there is a next page."""
    most = bound.connection.dialect.capabilities(bound.kind).page_size
    if size > most:
        raise QueryError(
            f"A page of {bound.model.__name__} rows has {most} at most; Kommo would cut {size} without a word"
        )
    refuse_split(bound, "page()")
    if bound.limit == 0:
        return [], number, False
    bound, request = yield from compile_query(bound)
    page = yield from fetch_page(bound.connection, request, number, size)
    return (yield from make_objects(bound, page.rows)), number, not page.last


def fetch_first_page(bound: BoundQuery) -> Flow[list[Model]]:
    """Read the first page, up to the limit of the query."""
    if bound.limit == 0:
        return []
    if len(split_query(bound)) > 1:
        found = yield from collect_values(stream_objects(bound))
        return [model for objects in found for model in objects]
    bound, request = yield from compile_query(bound)
    page = yield from fetch_page(bound.connection, request, 1, bound.size)
    return (yield from make_objects(bound, page.rows[: bound.limit]))


def fetch_in_bulk(bound: BoundQuery, ids: Sequence[Any]) -> Flow[list[Model]]:
    """Read the objects of many ids that the query finds, with their related objects."""
    objects = yield from fetch_by_ids(bound, ids)
    yield from _load_includes(bound, objects)
    return objects


# ---- one object
def fetch_object(bound: BoundQuery, pk: int | str) -> Flow[Model]:
    """Read the object of an id by its address. Raises `NotFound`."""
    if not bound.connection.dialect.capabilities(bound.kind).reads_single_rows:
        info = bound.model.__kommo_info__
        listed = fetch_chunk(bound, Condition(info.fields[info.address_field], "eq", pk))
        return (yield from _require_first(bound, listed, pk))
    bound, request = yield from compile_query(bound)
    try:
        row = yield from fetch_row(bound.connection, request, pk)
    except NotFound as error:
        raise make_not_found(bound.connection, bound.model, pk, bound.parent, error) from None
    return (yield from _require_first(bound, hydrate_verified(bound, [row] if row is not None else []), pk))


def fetch_listed_object(bound: BoundQuery, ids: Sequence[Any], pk: int | str) -> Flow[Model]:
    """Read the object of an id through a list, which a filter may narrow. Raises `NotFound`."""
    return (yield from _require_first(bound, fetch_by_ids(bound, ids), pk))


def _require_first(bound: BoundQuery, reading: Flow[list[Model]], pk: int | str) -> Flow[Model]:
    objects = yield from reading
    if not objects:
        raise make_not_found(bound.connection, bound.model, pk, bound.parent)
    yield from _load_includes(bound, objects)
    return objects[0]


# ---- related objects
def make_objects(bound: BoundQuery, rows: Sequence[Row]) -> Flow[list[Model]]:
    """Make the verified objects of rows and load their related objects."""
    objects = yield from hydrate_verified(bound, rows)
    yield from _load_includes(bound, objects)
    return objects


def _load_includes(bound: BoundQuery, objects: list[Model]) -> Flow[None]:
    for name in bound.relations:
        yield from load_relation(bound.connection, objects, name, bound.unit)
