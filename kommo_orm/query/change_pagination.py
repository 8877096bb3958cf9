"""Reads a list in the order of `updated_at`, though others change its rows meanwhile.

A change moves a row to the newest end of this order. Pages by number then skip the rows that move up into pages that were
read already. So each request asks for the first page from the last time on, including it, and no page by its number.

*One second.* More rows than a page may have the same time (Kommo counts in seconds). They are read by id, in pages that
overlap by a row: rows only leave a second that has passed, and a page that does not begin at a known row is read again
further in front (`_read_second`). While the second lasts, rows may still enter it; then it is read once more.

*Newest first.* A row that is changed before it was read moves to the front, which is read already. So what changed since
the first page is read at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kommo_orm.errors import FilterIgnored, UnexpectedResponse
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.interface.term import Term
from kommo_orm.query.page_prefetch import PageSlot
from kommo_orm.transport.flow import Flow, emit_value

FIELD = "updated_at"
SHORTEST_PAGE = 12  # rows; among shorter pages there are positions where no two overlap
Fetch = Callable[[ReadRequest, int, int], Flow[Page]]  # request, number, size


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Seconds from `low` to `high`, with both ends. None: open."""

    low: int | None = None
    high: int | None = None

    def contains(self, seconds: int) -> bool:
        return (self.low is None or self.low <= seconds) and (self.high is None or seconds <= self.high)

    def build_terms(self) -> tuple[Term, ...]:
        if self.low is not None and self.high is not None:
            return (Term(FIELD, "range", (self.low, self.high)),)
        if self.low is not None:
            return (Term(FIELD, "gte", self.low),)
        return () if self.high is None else (Term(FIELD, "lte", self.high),)


def find_time_range(terms: Sequence[Term]) -> TimeRange:
    """The range of `updated_at` that a request asks for already."""
    found = TimeRange()
    for term in terms:
        if term.name == FIELD and term.op in ("gte", "range"):
            found = replace(found, low=term.value[0] if term.op == "range" else term.value)
        if term.name == FIELD and term.op in ("lte", "range"):
            found = replace(found, high=term.value[1] if term.op == "range" else term.value)
    return found


def read_time(row: Row) -> int:
    """When a row was changed. Raises `UnexpectedResponse` if it does not say so."""
    seconds = row.get(FIELD)
    if isinstance(seconds, int):
        return seconds
    raise UnexpectedResponse(f"A row ordered by {FIELD} has {seconds!r} there (id {row.get('id')!r}): it has no place.")


def find_overlapping_page(end: int, size: int) -> PageSlot:
    """The page that begins before this index and reaches furthest behind it."""
    options = (PageSlot((end - 1) // length + 1, length) for length in range(2, max(size, SHORTEST_PAGE) + 1))
    return max(options, key=lambda place: place.start + place.size)


class ChangePaginator:
    """Reads one list. `paginate` emits lists of rows that `select_new` lets pass, at most `most` rows.

    `reached` is the time up to which all rows were emitted, while the list is read from the oldest change on.
    """

    def __init__(
        self,
        fetch: Fetch,
        request: ReadRequest,
        *,
        size: int,
        select_new: Callable[[Sequence[Row]], list[Row]],
        most: int | None = None,
    ) -> None:
        self.fetch, self.size, self.select_new, self.most = fetch, size, select_new, most
        self.request = replace(request, terms=tuple(term for term in request.terms if term.name != FIELD))
        self.range = find_time_range(request.terms)
        self.reached = self.range.low
        self.given = 0

    def paginate(self) -> Flow[None]:
        if self.request.order == (FIELD, True):
            yield from self._read_backwards()
        else:
            yield from self._read_forwards(self.range)

    @property
    def _is_full(self) -> bool:
        return self.most is not None and self.given >= self.most

    # ---- oldest change first
    def _read_forwards(self, wanted: TimeRange) -> Flow[None]:
        page = yield from self._fetch_page(wanted)
        while page.rows:
            first, last = read_time(page.rows[0]), read_time(page.rows[-1])
            self.reached = last
            yield from self._give_new_rows(page.rows)
            if page.last or self._is_full:
                return
            if first < last:
                page = yield from self._fetch_page(replace(wanted, low=last))
            else:
                page = yield from self._read_whole_second(last, replace(wanted, low=last + 1))

    def _read_whole_second(self, second: int, following: TimeRange) -> Flow[Page]:
        """Read all rows of a second. Returns the page behind it.

        Rows behind it prove that the second has passed. Without them it is read once more when it has.
        """
        page = yield from self._fetch_following(following)
        while True:
            has_passed = bool(page.rows)
            yield from self._read_second(second)
            page = yield from self._fetch_following(following)
            if has_passed or not page.rows or self._is_full:
                return page

    def _fetch_following(self, wanted: TimeRange) -> Flow[Page]:
        if wanted.low is not None and wanted.high is not None and wanted.low > wanted.high:
            return Page((), last=True)
        return (yield from self._fetch_page(wanted))

    # ---- newest change first
    def _read_backwards(self) -> Flow[None]:
        newest: int | None = None
        page, pages = (yield from self._fetch_page(self.range)), 1
        while page.rows:
            first, last = read_time(page.rows[0]), read_time(page.rows[-1])
            newest = first if newest is None else newest
            yield from self._give_new_rows(page.rows)
            if page.last or self._is_full:
                break
            pages += 1
            if first > last:
                page = yield from self._fetch_page(replace(self.range, high=last))
            else:
                yield from self._read_second(last)
                page = yield from self._fetch_following(replace(self.range, high=last - 1))
        if newest is not None and pages > 1 and not self._is_full:
            self.request = replace(self.request, order=(FIELD, False))
            yield from self._read_forwards(replace(self.range, low=newest))

    # ---- one second
    def _read_second(self, second: int) -> Flow[None]:
        place, known, step = PageSlot(1, self.size), 0, 1
        while not self._is_full:
            page = yield from self._fetch_page(TimeRange(second, second), place, by_id=True)
            if place.start > 0 and (not page.rows or int(page.rows[0]["id"]) > known):
                place = find_overlapping_page(max(1, place.start - step), self.size)  # rows in front have left
                step *= 2
                continue
            if not page.rows:
                return
            yield from self._give_new_rows(page.rows)
            if page.last:
                return
            known, step = max(known, int(page.rows[-1]["id"])), 1
            place = find_overlapping_page(place.start + len(page.rows), self.size)

    # ---- pages
    def _fetch_page(self, wanted: TimeRange, place: PageSlot | None = None, *, by_id: bool = False) -> Flow[Page]:
        place = place or PageSlot(1, self.size)
        request = replace(self.request, terms=(*self.request.terms, *wanted.build_terms()))
        if by_id:
            request = replace(request, order=("id", False))
        page = yield from self.fetch(request, place.number, place.size)
        for row in page.rows:
            if not wanted.contains(read_time(row)):
                raise FilterIgnored(_describe_ignored_filter(request, row))
        if not page.rows and not page.last:
            raise UnexpectedResponse(f"A page of {request.kind} is empty and names a next one: the list has no end.")
        return page

    def _give_new_rows(self, rows: Sequence[Row]) -> Flow[None]:
        fresh = self.select_new(rows)
        if self.most is not None:
            fresh = fresh[: self.most - self.given]
        self.given += len(fresh)
        if fresh:
            yield from emit_value(fresh)


def _describe_ignored_filter(request: ReadRequest, row: Row) -> str:
    return (
        f"The service was asked for {request.kind} by their time of change and answered with {row.get('id')!r}, which was "
        f"changed at {row.get(FIELD)!r}: it ignored the filter. An order by {FIELD} is complete only with this filter. "
        "Leave order_by() out (rows then come by id), and sort the objects in Python."
    )
