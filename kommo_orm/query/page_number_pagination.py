"""Reads a list whose page size the service chooses: one page after the other.

Where a page begins is not known then. After a write of this process, rows may have moved to the front of the list. The
paginator then goes back to a page that begins with a row it has emitted, and reads on from there. No row is emitted twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kommo_orm.interface.page import Page
from kommo_orm.interface.row import Row
from kommo_orm.query.seen_ids import SeenIds, get_row_key
from kommo_orm.transport.flow import Flow, emit_value


class PageNumberPaginator:
    """Reads one such list. `paginate` emits lists of rows, each row once, to the end or to `most`."""

    def __init__(
        self, fetch: Callable[[int], Flow[Page]], *, writes: Callable[[], int], most: int | None = None
    ) -> None:
        self.fetch, self.writes, self.most = fetch, writes, most
        self.seen = SeenIds()
        self.given = 0

    def paginate(self) -> Flow[None]:
        number, mark, previous = 1, self.writes(), object()
        while True:
            moved = self.writes() != mark
            page, number = yield from self._step_back(number) if moved else self._fetch_numbered(number)
            mark = self.writes()
            first = get_row_key(page.rows[0]) if page.rows else None
            if not page.rows or (first == previous and not moved):  # behind the end, or page numbers are ignored
                return
            previous = first
            yield from self._give_new_rows(page.rows)
            if page.last or self.is_full:
                return
            number += 1

    @property
    def is_full(self) -> bool:
        return self.most is not None and self.given >= self.most

    def _fetch_numbered(self, number: int) -> Flow[tuple[Page, int]]:
        return (yield from self.fetch(number)), number

    def _step_back(self, number: int) -> Flow[tuple[Page, int]]:
        """The last page up to this one that begins with a row which was given, or the first page of all."""
        while True:
            page = yield from self.fetch(number)
            if number == 1 or (page.rows and get_row_key(page.rows[0]) in self.seen):
                return page, number
            number -= 1

    def _give_new_rows(self, rows: Sequence[Row]) -> Flow[None]:
        fresh = self.seen.select_new(rows)
        if self.most is not None:
            fresh = fresh[: self.most - self.given]
        self.given += len(fresh)
        if fresh:
            yield from emit_value(fresh)
