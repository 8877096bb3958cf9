"""Reads all pages of a list: some ahead of time when the service is slow, none missed when saves move rows.

Kommo's pages are numbered; there is no cursor. Two rules keep the reading complete.

*Quiet*: while nobody writes through this process, pages come one after the other. Further pages are asked ahead of time
only as far as the pace can use them (answer time x rate), and only once a page has said that there is a next one. Only
pages that exist are asked in numbers; how far they do is found out by single pages far ahead (`page_prefetch.py`,
`list_end.py`).

*Disturbed*: a write during the reading may move rows to other pages (out of the filter, or to the end of the order).
Pages asked before the write and answered after it are not trusted. The paginator then *seeks*: it reads a page that should
start with rows it has given already, and goes on behind them. It steps back when there are none (rows before them left)
and forward when there are only such. How far rows moved last time is the guess for next time, so the price is about
one request a page, as without writes. Ids that were given are never given again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from kommo_orm.errors import UnexpectedResponse
from kommo_orm.interface.list_lengths import ListLength
from kommo_orm.interface.page import Page
from kommo_orm.interface.row import Row
from kommo_orm.query.page_prefetch import Fetch, PagePrefetch, PageSlot
from kommo_orm.query.seen_ids import SeenIds, get_row_key
from kommo_orm.transport.flow import Flow, emit_value

MOST_AT_ONCE = 250  # rows that one writing call changes at most
MOST_EMPTY = 50


def find_page_at(index: int, size: int) -> PageSlot:
    """The page whose start is at or shortly before the index; its size may be a little smaller than wanted."""
    if index <= 0:
        return PageSlot(1, size)
    options = (PageSlot(index // smaller + 1, smaller) for smaller in range(size, max(1, size * 4 // 5) - 1, -1))
    return max(options, key=lambda place: (place.start, place.size))


def find_page_after(place: PageSlot, end: int, size: int) -> PageSlot:
    """A page that begins with the last row of this one, if there is such a page; else right behind it."""
    following = find_page_at(end - 1, size)
    return following if following.start > place.start else find_page_at(end, size)


Found = tuple[PageSlot, Page, int]  # where, what stands there, and the index of the first row not given


class OffsetPaginator:
    """Reads one list. `paginate` emits lists of rows, each row once.

    `writes` counts writing calls begun on the account; `rate` is requests a second (None: unpaced); `window` limits the
    pages that are asked for at once (None: as many as the rate can use); `known` is the length that the list had when it
    was read before; `most` limits the rows given; `after(row, other)` says whether a row surely stands behind another one,
    where the order can be told from the rows; `key` tells a row's identity.
    """

    def __init__(  # noqa: PLR0913  # all by name
        self,
        fetch: Fetch,
        *,
        size: int,
        window: int | None,
        rate: float | None,
        writes: Callable[[], int],
        most: int | None = None,
        after: Callable[[Row, Row], bool] | None = None,
        key: Callable[[Row], object] = get_row_key,
        known: ListLength | None = None,
    ) -> None:
        self.fetch, self.size, self.writes, self.most, self.key = fetch, size, writes, most, key
        self.after = after
        self.last_given: Row | None = None  # as it was when the rows behind it had not been given yet
        self.seen = SeenIds()
        self.position = 0  # rows of the list that lie before the first one not given
        self.mark = writes()  # the count of writes that the trusted pages rest on
        self.drift = 0.0  # rows that moved away per write, as seen last
        self.mark_moved = False  # whether somebody has written since the beginning
        self.calm = True  # the reader did not write between the last two pages: asking ahead pays
        self.given = 0
        self.empty = 0  # pages without rows in a row
        self.ahead = PagePrefetch(fetch, writes, window, rate, known)
        self.length: ListLength | None = None  # once it was read to its end, and nothing has moved
        self.previous_first: object = None

    def paginate(self) -> Flow[None]:
        place = PageSlot(1, self.size)
        try:
            while True:
                arrived = yield from self._receive_page(place)
                if arrived is None or arrived[1] != self.mark:
                    yield from self.ahead.cancel()
                    place_or_none = yield from self._seek_position()
                    if place_or_none is None:
                        return
                    place = place_or_none
                    continue
                finished = yield from self._accept_page(place, arrived[0])
                if finished:
                    self._note_length(place, arrived[0])
                    return
                place = place.next()
        finally:
            self.ahead.forget_pages()

    # ---- quiet
    def _receive_page(self, place: PageSlot) -> Flow[tuple[Page, int] | None]:
        """The page at a place, with others started beside it as far as that pays; None when rows may have moved."""
        if not self.ahead:
            if self.writes() != self.mark:
                return None
            self.calm = True
        page, mark = yield from self.ahead.receive_page(place, self.mark, self._find_last_wanted(place, 0))
        if self.calm and not page.last and page.rows and mark == self.mark:
            most = self._find_last_wanted(place.next(), len(page.rows))
            yield from self.ahead.start_pages(place.next(), self.mark, most)
        return page, mark

    def _note_length(self, place: PageSlot, page: Page) -> None:
        if page.last and place.size == self.size and not self.mark_moved:
            self.length = ListLength(place.number if page.rows else place.number - 1, self.ahead.seconds)

    def _find_last_wanted(self, place: PageSlot, rows: int) -> int | None:
        """The number of the last page that the limit needs; `rows` are about to be given before this place."""
        if self.most is None:
            return None
        return place.number - 1 + math.ceil(max(0, self.most - self.given - rows) / place.size)

    def _accept_page(self, place: PageSlot, page: Page) -> Flow[bool]:
        """Emit the rows of a page. Returns whether the list is at its end."""
        if not page.rows:
            return self._is_end(page)
        self.empty = 0
        first = self.key(page.rows[0])
        if place.number > 1 and first == self.previous_first:
            return True  # a list that ignores page numbers
        self.previous_first = first
        self.position = place.start + len(page.rows)
        self.last_given = page.rows[-1]
        yield from self._give_new_rows(page.rows)
        return page.last or self._is_full

    def _is_end(self, page: Page) -> bool:
        """An empty page is the end only if it names no next one: rows may have been taken out of it."""
        self.empty += 1
        if self.empty > MOST_EMPTY:
            raise UnexpectedResponse(
                f"{self.empty} pages in a row are empty, and each names a next one: the list has no end."
            )
        return page.last

    def _give_new_rows(self, rows: Sequence[Row]) -> Flow[None]:
        fresh = self.seen.select_new(rows, self.key)
        if self.most is not None:
            fresh = fresh[: self.most - self.given]
        self.given += len(fresh)
        if fresh:
            yield from emit_value(fresh)

    @property
    def _is_full(self) -> bool:
        return self.most is not None and self.given >= self.most

    # ---- disturbed
    def _seek_position(self) -> Flow[PageSlot | None]:
        """Find where the rows not given yet begin, give the page there, answer the place to go on from (None: the end)."""
        before, self.calm, self.mark_moved = self.mark, False, True
        self.mark = self.writes()
        moved = self.mark - before
        expected = max(0, self.position - round(self.drift * moved))
        found = yield from self._find_boundary(expected, moved)
        if found is None:
            return None
        place, page, index = found
        if moved > 0:
            self.drift = max(0.0, (self.position - index) / moved)
        self.position = place.start + len(page.rows)
        self.last_given = page.rows[-1]
        self.previous_first = None
        yield from self._give_new_rows(page.rows)
        if page.last or self._is_full:
            return None
        return find_page_at(self.position, self.size)

    def _find_boundary(self, expected: int, moved: int) -> Flow[Found | None]:
        """The page that holds the first row not given, and that row's index in the list.

        Rows that were given and then saved may lie behind the ones not given (when the order is by the time of change).
        Mostly the rows themselves tell. Where they do not, and there are only given ones to the end, the search goes on in
        front of where it began.
        """
        start = find_page_at(expected - 1, self.size)
        found, first_met = yield from self._search_boundary(start, moved)
        if found is None and self.after is None and first_met:
            found = yield from self._search_backwards(start, self.position - moved * MOST_AT_ONCE)
        return found

    def _search_boundary(self, place: PageSlot, moved: int) -> Flow[tuple[Found | None, bool]]:
        """From a place back to rows that were given, or forward to rows that were not; whether it began at given rows."""
        behind: tuple[PageSlot, Page] | None = None  # the boundary is before this page or at its start
        probed: dict[tuple[object, ...], int] = {}
        first_met: bool | None = None
        while True:
            page = yield from self.fetch(place.number, place.size)
            given = self._count_given_rows(page.rows)
            first_met = 0 < given == len(page.rows) if first_met is None else first_met
            if self._ignores_page_numbers(place, page, probed):
                return None, False
            if (
                given == 0 or self._is_late(page.rows[0])
            ) and place.start > 0:  # (or it is empty, behind the end of a list that has become shorter)
                behind = (place, page)
                place = find_page_at(max(0, place.start - max(moved, 1, place.size // 2)), self.size)
                continue
            if given < len(page.rows):
                return (place, page, place.start + given), first_met
            end = place.start + len(page.rows)
            if behind is not None and end >= behind[0].start:
                found = (*behind, behind[0].start) if behind[1].rows else None
                return found, first_met or not behind[1].rows
            if page.last or not page.rows:
                return None, first_met
            place = find_page_after(place, end, self.size)

    def _search_backwards(self, place: PageSlot, lowest: int) -> Flow[Found | None]:
        """From a place in the given rows back to the rows not given, as far as they can have moved."""
        behind: tuple[PageSlot, Page] | None = None
        while place.start > max(0, lowest) or behind is not None:
            if place.start == 0:
                break
            place = PageSlot((place.start - 1) // self.size + 1, self.size)
            page = yield from self.fetch(place.number, place.size)
            given = self._count_given_rows(page.rows)
            if given == 0 and place.start > 0 and page.rows:
                behind = (place, page)
            elif given < len(page.rows):
                return place, page, place.start + given
            elif behind is not None:
                break
        return None if behind is None else (*behind, behind[0].start)

    def _is_late(self, row: Row) -> bool:
        """Whether a row stands behind the rows not given, though it was given: it was saved since."""
        return self.after is not None and self.last_given is not None and self.after(row, self.last_given)

    def _ignores_page_numbers(self, place: PageSlot, page: Page, probed: dict[tuple[object, ...], int]) -> bool:
        """Whether the same rows stand at another place too though nobody wrote: the list ignores page numbers."""
        keys = tuple(map(self.key, page.rows))
        return bool(keys) and probed.setdefault(keys, place.start) != place.start and self.writes() == self.mark

    def _count_given_rows(self, rows: Sequence[Row]) -> int:
        return next((index for index, row in enumerate(rows) if self.key(row) not in self.seen), len(rows))
