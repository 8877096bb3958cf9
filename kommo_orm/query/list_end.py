"""Where a list ends, as far as its pages have told, and which far page is worth a question.

Kommo names no totals. A page tells only whether there is a next one, so that a reader who stays in order may ask for one page
at a time. A *probe* is a page far ahead: if it has rows, all pages before it exist, and they can be read side by side. If it
is empty, the list ends before it. A probe that exists is read once, like any other page; one behind the end is the price.

Probes go out in growing steps up to a *stride*, one after the other. After one that is empty, the gap is halved while it is
wide; in a narrow one each page is asked for when the page before it has named it.
"""

from __future__ import annotations

from kommo_orm.interface.page import Page

WIDE = 4  # pages of a gap that is worth another probe


class ListEnd:
    """What is known of the end of one list. `presumed`: pages that the list had when it was read before."""

    def __init__(self, presumed: int = 0) -> None:
        self.proven = 1  # all pages up to this one exist
        self.presumed = presumed
        self.last: int | None = None
        self._probed = 2  # the highest page of the steps that had rows (2 stands for where they begin)
        self._empty: int | None = None  # the lowest page that was empty

    def note_page(self, number: int, page: Page) -> None:
        """Learn from the answer to one page. Any order will do."""
        if page.rows or not page.last:
            self.proven = max(self.proven, number if page.last else number + 1)
            self._probed = max(self._probed, number)
            if page.last and (self.last is None or number < self.last):
                self.last = number
            if self._empty is not None and self._empty <= self.proven:
                self._empty = None  # rows came in, or it only could not be read
        else:
            self.note_empty(number)

    def note_empty(self, number: int) -> None:
        """Learn that a page has no rows, or cannot be read before its turn."""
        if self._empty is None or number < self._empty:
            self._empty = number
        if number <= self.presumed:
            self.presumed = 0

    def may_exist(self, number: int) -> bool:
        """Whether nothing says that this page is behind the end."""
        return (self.last is None or number <= self.last) and (self._empty is None or number < self._empty)

    @property
    def known_pages(self) -> int:
        """Up to which page pages can be asked for without a probe."""
        if self.last is not None:
            return self.last
        highest = max(self.proven, self.presumed)
        return highest if self._empty is None else min(highest, max(self.proven, self._empty - 1))

    def choose_probe(self, stride: int, outstanding: int = 0) -> int | None:
        """Return the next page to probe, None if there is none. `outstanding` is a probe that has no answer yet."""
        if self.last is not None or self.proven < 2:
            return None
        if self._empty is not None:
            return None if outstanding else self._halve_gap(self._empty)
        if outstanding:
            return outstanding + min(3 * outstanding, stride)
        start = max(self._probed, self.known_pages - 1, 2)
        return start + min(start, stride)

    def _halve_gap(self, end: int) -> int | None:
        if end - self.proven - 1 < WIDE:
            return None
        return max(self.proven + 1, (self._probed + end) // 2)
