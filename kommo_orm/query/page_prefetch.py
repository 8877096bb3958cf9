"""Pages of a list that are asked for ahead of time, side by side.

As many are under way as the pace can use. Of those that may not exist (`list_end.py`: probes), one is under way at a time,
and a second one at the beginning of a list that is read slowly. What is behind the end by then is given up; if it still
waits for the pace, it never leaves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from kommo_orm.errors import KommoError
from kommo_orm.interface.list_lengths import ListLength
from kommo_orm.interface.page import Page
from kommo_orm.query.list_end import ListEnd
from kommo_orm.transport.flow import Flow, Task, cancel_task, join_task, start_task

Fetch = Callable[[int, int], Flow[Page]]  # number, size
MOST_RATE = 50.0  # requests a second beyond which asking ahead is not worth its threads
MOST_AHEAD = 32  # pages that are asked for at once, unless the user allows more
QUICK = 0.1  # seconds; below, a page is had sooner than a thread for it pays
SPARE = 0.4  # answers that come within this part of the pace's gap are asked for when they are needed
SLOW = 6  # pages under way from which on a list begins with two probes
MOST_STRIDES = 4  # how far probes go ahead of the reader: each is kept until it is its turn


@dataclass(frozen=True, slots=True)
class PageSlot:
    """A numbered page of a given size."""

    number: int
    size: int

    @property
    def start(self) -> int:
        return (self.number - 1) * self.size

    def next(self) -> PageSlot:
        return PageSlot(self.number + 1, self.size)


Answer = tuple[Page, int]  # a page, and the count of writes when its answer was here


class PagePrefetch:
    """The pages of one list that are under way or have arrived before their turn."""

    def __init__(
        self,
        fetch: Fetch,
        writes: Callable[[], int],
        window: int | None,
        rate: float | None,
        known: ListLength | None = None,
    ) -> None:
        self._fetch, self._writes = fetch, writes
        self._window, self._rate = MOST_AHEAD if window is None else window, rate
        self.seconds = known.seconds if known is not None else 0.0
        self.end = ListEnd(known.pages if known is not None else 0)
        self._tasks: dict[int, Task[Answer]] = {}
        self._arrived: dict[int, Answer] = {}
        self._probes: set[int] = set()  # those that have no answer yet
        self._started_probes: set[int] = set()  # those that were started, and are still to be given

    def __len__(self) -> int:
        return len(self._tasks) + len(self._arrived)

    # ---- the next page
    def receive_page(self, place: PageSlot, mark: int, most: int | None) -> Flow[Answer]:
        """Return the page of a place. Others are started first where more are known to exist by now."""
        if self or self.end.presumed:
            yield from self.start_pages(place, mark, most)
            while (probe := self._find_awaited_probe(place)) is not None and self._writes() == mark:
                yield from self._await_probe(probe)
                yield from self.start_pages(place, mark, most)
        page, count = yield from self._take(place, mark)
        self.seconds = page.seconds if not self.seconds else 0.5 * self.seconds + 0.5 * page.seconds
        return page, count

    def _take(self, place: PageSlot, mark: int) -> Flow[Answer]:
        self._started_probes.discard(place.number)
        if place.number in self._arrived:
            return self._arrived.pop(place.number)
        task = self._tasks.pop(place.number, None)
        if task is not None:
            return (yield from join_task(task))
        return (yield from self._ask(place, mark, self.end))  # here, not beside: nothing else is to be done meanwhile

    def _await_probe(self, number: int) -> Flow[None]:
        """Take the answer to a probe. An error is left to the reader, who asks for the page when it is its turn."""
        task = self._tasks.pop(number, None)
        if task is None:
            return
        try:
            self._arrived[number] = yield from join_task(task)
        except KommoError:
            self._started_probes.discard(number)
            self.end.note_empty(number)

    def _ask(self, place: PageSlot, mark: int, end: ListEnd) -> Flow[Answer]:
        """Ask for a page. What it tells of the end counts unless somebody has written meanwhile."""
        try:
            page = yield from self._fetch(place.number, place.size)
        finally:
            if end is self.end:
                self._probes.discard(place.number)
        count = self._writes()
        if count == mark:
            end.note_page(place.number, page)
            if page.last and end is self.end:
                yield from self._give_up_behind_end()  # at once: the reader may wait for another page
        return page, count

    # ---- pages ahead of time
    def start_pages(self, place: PageSlot, mark: int, most: int | None) -> Flow[None]:
        """Start pages from this place on, as far as they are worth it. `most` is the last page that is wanted."""
        yield from self._give_up_behind_end()
        depth = self._count_useful_pages()
        if not depth or self._writes() != mark:
            return
        known = self.end.known_pages if most is None else min(most, self.end.known_pages)
        if depth > 1:
            yield from self._start_probes(place, mark, depth, most)
        free = depth - self._count_in_order() - len(self._probes)
        for number in range(place.number, known + 1):
            if free <= 0:
                return
            if not self._is_started(number):
                yield from self._start(PageSlot(number, place.size), mark)
                free -= 1

    def _start_probes(self, place: PageSlot, mark: int, depth: int, most: int | None) -> Flow[None]:
        if self.end.presumed > max(place.number, self.end.proven) and not self._is_started(self.end.presumed):
            target: int | None = self.end.presumed  # tells at once whether the list still has as many pages
        else:
            target = self._choose_probe(place, depth)
        while target is not None and target > place.number and (most is None or target <= most):
            if place.number <= 2 and not self._is_started(place.number):
                yield from self._start(place, mark)  # it is needed first
            yield from self._start(PageSlot(target, place.size), mark, is_probe=True)
            target = self._choose_probe(place, depth)

    def _choose_probe(self, place: PageSlot, depth: int) -> int | None:
        is_beginning = place.number == self.end.proven == 2
        if self.end.presumed > self.end.proven or len(self._probes) >= (2 if is_beginning and depth >= SLOW else 1):
            return None
        stride = max(4, 1 << (depth - 1).bit_length())
        target = self.end.choose_probe(stride, max(self._probes, default=0))
        if target is None or target > place.number + MOST_STRIDES * stride or self._is_started(target):
            return None
        return target

    def _find_awaited_probe(self, place: PageSlot) -> int | None:
        """The probe that left before the page of this place, if without its answer nothing more can be started."""
        if place.number in self._arrived or self._count_in_order() + len(self._probes) > self._count_useful_pages():
            return None
        oldest = next(iter(list(self._tasks)), 0)
        return oldest if oldest in self._started_probes and oldest > place.number else None

    def _start(self, place: PageSlot, mark: int, *, is_probe: bool = False) -> Flow[None]:
        if is_probe:
            self._probes.add(place.number)
            self._started_probes.add(place.number)
        self._tasks[place.number] = yield from start_task(self._ask(place, mark, self.end))

    def _is_started(self, number: int) -> bool:
        return number in self._tasks or number in self._arrived

    def _count_in_order(self) -> int:
        """How many pages are under way or wait for their turn, without the probes far ahead."""
        return len(self) - len(self._started_probes)

    def _count_useful_pages(self) -> int:
        """How many requests under way fill the pace: more would only wait, and none is quicker than a thread for nothing."""
        if self.seconds < QUICK:
            return 0
        rate = MOST_RATE if self._rate is None else min(self._rate, MOST_RATE)
        return max(0, min(self._window, math.ceil(self.seconds * rate - SPARE)))

    # ---- giving up
    def _give_up_behind_end(self) -> Flow[None]:
        for number in [number for number in list(self._tasks) if not self.end.may_exist(number)]:
            yield from self._cancel_page(number)
        for number in [number for number in list(self._arrived) if not self.end.may_exist(number)]:
            self._started_probes.discard(number)
            self._arrived.pop(number, None)

    def cancel(self) -> Flow[None]:
        """Give all pages up, and what they told: rows may have moved."""
        for number in list(self._tasks):
            yield from self._cancel_page(number)
        self.forget_pages()

    def _cancel_page(self, number: int) -> Flow[None]:
        self._probes.discard(number)
        self._started_probes.discard(number)
        task = self._tasks.pop(number, None)
        if task is not None:
            yield from cancel_task(task)

    def forget_pages(self) -> None:
        """Forget the pages and where the list ends."""
        self._tasks.clear()
        self._arrived.clear()
        self._probes.clear()
        self._started_probes.clear()
        self.end = ListEnd()
