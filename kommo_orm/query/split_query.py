"""Queries with more values than one request takes: they are read in parts, and the parts give one list.

A condition such as `id__in` names any number of values. One request takes as many as a page has rows (250), and as many as
its address has room for. So the values are divided, and each part is a query of its own: verified, included and paged like
any other. Each row comes once, though a row with several values may be in several parts.

* By id each part is one page. Parts are read side by side, and their order is that of the ids, so the list is ordered by id.
* By other fields a part may have many pages. Parts are read one after the other, in the order in which the values are given.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any
from urllib.parse import quote

from kommo_orm.errors import QueryError
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.interface.row_reader import count_ids_per_request, count_parallel_reads, fetch_rows
from kommo_orm.model.condition import Condition
from kommo_orm.model.model import Model
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.query_compiler import compile_query
from kommo_orm.query.seen_ids import SeenIds
from kommo_orm.transport.flow import (
    Effect,
    EmitValue,
    Flow,
    Task,
    emit_value,
    intercept_effects,
    join_task,
    start_task,
)

MOST_CHARACTERS = 9000  # of the values in one address: web servers refuse longer ones
NAME_CHARACTERS = 25  # of the name that stands before each value

Maker = Callable[[BoundQuery, list[Row]], Flow[list[Model]]]  # verified objects of rows, with their includes
RowStream = Callable[[BoundQuery, ReadRequest], Flow[None]]


def split_query(bound: BoundQuery) -> list[BoundQuery]:
    """Divide a query into parts, each of which one request can ask. Most queries are one part.

    Raises:
        QueryError: the parts could not give the order that the query names.
    """
    size = count_ids_per_request(bound.connection, bound.kind)
    divided = [_split_condition(bound, condition, size) for condition in bound.conditions]
    if all(len(conditions) == 1 for conditions in divided):
        return [bound]
    _refuse_order(bound, size)
    return [replace(bound, conditions=conditions) for conditions in product(*divided)]


def _split_condition(bound: BoundQuery, condition: Condition, size: int) -> list[Condition]:
    if condition.op != "in" or not _is_long(condition.value, size):
        return [condition]
    values = list(dict.fromkeys(condition.value))
    if condition.name == "id" and bound.order is not None and bound.order[0] == "id":
        values.sort(reverse=bound.order[1])
    return [replace(condition, value=part) for part in _divide_values(values, size)]


def _is_long(values: tuple[Any, ...], size: int) -> bool:
    return len(values) > size or (len(values) > 1 and sum(map(_count_characters, values)) > MOST_CHARACTERS)


def _divide_values(values: Iterable[Any], size: int) -> Iterator[tuple[Any, ...]]:
    part: list[Any] = []
    characters = 0
    for value in values:
        length = _count_characters(value)
        if part and (len(part) == size or characters + length > MOST_CHARACTERS):
            yield tuple(part)
            part, characters = [], 0
        part.append(value)
        characters += length
    yield tuple(part)


def _count_characters(value: Any) -> int:
    return NAME_CHARACTERS + len(quote(value) if isinstance(value, str) else str(value))


def _refuse_order(bound: BoundQuery, size: int) -> None:
    """Refuse an order that the user names and that the parts do not have together."""
    if not bound.has_own_order or bound.order is None:
        return
    long = [one for one in bound.conditions if one.op == "in" and _is_long(one.value, size)]
    if bound.order[0] == "id" and [one.name for one in long] == ["id"]:
        return
    raise QueryError(
        f"{bound.model.__name__} filtered by {len(long[0].value)} values of {long[0].name} is read in parts of {size}, "
        f"which cannot be ordered by {bound.order[0]!r} together. Leave order_by() out, and sort the objects in Python."
    )


def refuse_split(bound: BoundQuery, what: str) -> None:
    """Raise `QueryError` for what only one request can do: a page by its number."""
    parts = len(split_query(replace(bound, has_own_order=False)))
    if parts > 1:
        raise QueryError(
            f"{what} reads one page of one request, and this filter has so many values that it takes {parts}. "
            "Use list(), iterate() or pages()."
        )


# ---- reading the parts
def stream_parts(bound: BoundQuery, parts: list[BoundQuery], make: Maker, stream_rows: RowStream) -> Flow[None]:
    """Emit lists of objects, part by part, to the end of the last one or to the limit."""
    giver = _PartGiver(bound.limit, make)
    if any(condition.name == "id" and condition.op in ("eq", "in") for condition in bound.conditions):
        yield from _stream_single_pages(bound, parts, giver)
        return
    for part in parts:
        narrowed, request = yield from compile_query(replace(part, limit=giver.count_rows_to_read()))
        yield from _emit_made(stream_rows(narrowed, request), giver.bind(narrowed))
        if giver.missing == 0:
            return


def _emit_made(rows: Flow[None], make: Callable[[list[Row]], Flow[list[Model]]]) -> Flow[None]:
    """Emit the objects of emitted rows. Lists without a new row are left out."""

    def perform_effect(effect: Effect) -> Flow[Any]:
        if not isinstance(effect, EmitValue):
            return (yield effect)
        objects = yield from make(effect.value)
        if objects:
            yield from emit_value(objects)
        return None

    yield from intercept_effects(rows, perform_effect)


def _stream_single_pages(bound: BoundQuery, parts: list[BoundQuery], giver: _PartGiver) -> Flow[None]:
    """Read parts of one page each side by side, only as far ahead as they are wanted."""
    size, most = count_ids_per_request(bound.connection, bound.kind), count_parallel_reads(bound.connection)
    waiting, tasks = deque(parts), deque[Task[tuple[BoundQuery, list[Row]]]]()
    while waiting or tasks:
        wanted = most if giver.missing is None else min(most, math.ceil(giver.missing / size))
        while waiting and len(tasks) < max(1, wanted):
            tasks.append((yield from start_task(_fetch_part(waiting.popleft(), size))))
        narrowed, rows = yield from join_task(tasks.popleft())
        objects = yield from giver.bind(narrowed)(rows)
        if objects:
            yield from emit_value(objects)
        if giver.missing == 0:
            return


def _fetch_part(part: BoundQuery, size: int) -> Flow[tuple[BoundQuery, list[Row]]]:
    narrowed, request = yield from compile_query(replace(part, limit=None))
    return narrowed, (yield from fetch_rows(narrowed.connection, request, size))


class _PartGiver:
    """Makes the objects of the rows of all parts: each row once, up to the limit."""

    def __init__(self, limit: int | None, make: Maker) -> None:
        self.missing, self._make, self._seen = limit, make, SeenIds()

    def bind(self, part: BoundQuery) -> Callable[[list[Row]], Flow[list[Model]]]:
        """Return the function that makes the objects of rows of one part."""

        def make_fresh(rows: list[Row]) -> Flow[list[Model]]:
            fresh = self._seen.select_new(rows)[: self.missing]
            if self.missing is not None:
                self.missing -= len(fresh)
            return (yield from self._make(part, fresh)) if fresh else []

        return make_fresh

    def count_rows_to_read(self) -> int | None:
        """How many rows of the next part bring what is missing, though those of earlier parts come again."""
        return None if self.missing is None else self.missing + len(self._seen)
