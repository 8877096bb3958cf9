"""`ChangeWalk`: the rows that changed since a moment, with a watermark from which the next walk goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Generic

from typing_extensions import TypeVar

from kommo_orm.errors import QueryError
from kommo_orm.interface.row import Row
from kommo_orm.interface.row_reader import fetch_page
from kommo_orm.model.codec import encode_datetime
from kommo_orm.model.condition import Condition
from kommo_orm.model.model import Model
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.change_pagination import FIELD, ChangePaginator, read_time
from kommo_orm.query.execution import make_objects
from kommo_orm.query.query_compiler import compile_query
from kommo_orm.query.seen_ids import get_row_key
from kommo_orm.transport.flow import Flow, transform_values

M = TypeVar("M", bound=Model, covariant=True)


class SeenVersions:
    """The rows that a walk has given, each with its time of change. What is older than a page does not come again."""

    def __init__(self) -> None:
        self._times: dict[object, int] = {}

    def select_new(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that were not given with the same time, and note them."""
        fresh = [row for row in rows if self._times.get(get_row_key(row)) != read_time(row)]
        if rows:
            oldest = read_time(rows[0])
            self._times = {key: seconds for key, seconds in self._times.items() if seconds >= oldest}
        self._times.update((get_row_key(row), read_time(row)) for row in rows)
        return fresh


class ChangeWalk(Generic[M]):
    """The rows that changed since a moment, the oldest change first. Made by `Query.changed_since`.

    Each loop begins at the `watermark`. A row may come again when it is changed again, or when a loop begins anew: rows
    changed in the second of the watermark come once more. Within one loop no row comes twice with the same `updated_at`.

    Example:
        >>> walk = Lead.objects.changed_since(stored_moment)
        >>> for leads in walk.pages():
        ...     copy_to_warehouse(leads)
        ...     store_moment(walk.watermark)
    """

    def __init__(self, bound: BoundQuery, moment: datetime) -> None:
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            raise QueryError(f"changed_since() takes a datetime with a time zone, not {moment!r}")
        self._bound, self._watermark = bound, encode_datetime(moment)

    @property
    def watermark(self) -> datetime:
        """All changes before this moment were given. It is a time of the service's clock, the newest `updated_at` read.

        In a loop over `pages()` it includes the page that is at hand. In a loop over objects it moves when the last object
        of a page is done, so a loop that fails has the watermark of the page before.
        """
        return datetime.fromtimestamp(self._watermark, UTC)

    def pages(self) -> Iterator[list[M]]:
        """Stream lists of objects, one a page. The watermark includes the list at hand."""
        for objects, reached in self._stream_pages():
            self._watermark = reached
            yield objects

    def __iter__(self) -> Iterator[M]:
        for objects, reached in self._stream_pages():
            yield from objects
            self._watermark = reached

    async def apages(self) -> AsyncIterator[list[M]]:
        """`pages()` for `async for`."""
        async for objects, reached in self._astream_pages():
            self._watermark = reached
            yield objects

    async def __aiter__(self) -> AsyncIterator[M]:
        async for objects, reached in self._astream_pages():
            for model in objects:
                yield model
            self._watermark = reached

    def _stream_pages(self) -> Iterator[tuple[list[M], int]]:
        stream: Any = self._bound.connection.stream(self._read_pages())
        with closing(stream):
            yield from stream

    async def _astream_pages(self) -> AsyncIterator[tuple[list[M], int]]:
        stream: Any = self._bound.connection.astream(self._read_pages())
        async with aclosing(stream):
            async for page in stream:
                yield page

    def _read_pages(self) -> Flow[None]:
        """Emit pairs of a list of objects and the watermark behind it."""
        if self._bound.limit == 0:
            return
        since = Condition(self._bound.model.__kommo_info__.fields[FIELD], "gte", self.watermark)
        asked = replace(self._bound, conditions=(*self._bound.conditions, since), order=(FIELD, False))
        bound, request = yield from compile_query(asked)
        paginator = ChangePaginator(
            lambda part, number, size: fetch_page(bound.connection, part, number, size),
            request,
            size=bound.size,
            select_new=SeenVersions().select_new,
        )

        def make_page(rows: Sequence[Row]) -> Flow[tuple[list[Model], int]]:
            objects = yield from make_objects(bound, rows)
            return objects, paginator.reached or self._watermark

        yield from transform_values(paginator.paginate(), make_page)


__all__ = ["ChangeWalk"]
