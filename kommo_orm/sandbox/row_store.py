"""Stored rows: tables of plain dicts, the links between rows, and caches of encoded rows and of searched texts.

A row has the API's own keys, and `tags` (ids), `values` (custom field id -> stored values) and `trashed`. Two rules
keep the cache correct. After changing a row, call `invalidate_row`. After changing what other rows show (field names,
options, tags, loss reasons), call `clear_cache`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any

Row = dict[str, Any]
End = tuple[str, int]

MOST_SELECTIONS = 64

# In Kommo contacts and companies share one sequence of ids.
_SEQUENCES = {"companies": "contacts"}


class RowStore:
    """Tables by kind. The ids of each kind begin at `first_id`, so a lead and a task may have the same id."""

    def __init__(self, first_id: int) -> None:
        self.first_id = first_id
        self.tables: dict[str, dict[int, Row]] = {}
        self.links = LinkStore(self)
        self._last: dict[str, int] = {}
        self._reserved: dict[str, list[int]] = {}
        self._encoded: dict[End, dict[Hashable, bytes]] = {}
        self._search_texts: dict[str, dict[int, tuple[str, str]]] = {}
        self._selections: dict[Hashable, list[int]] = {}

    def get_table(self, kind: str) -> dict[int, Row]:
        return self.tables.setdefault(kind, {})

    def iter_rows(self, kind: str) -> Iterator[Row]:
        return iter(self.get_table(kind).values())

    def get_row(self, kind: str, number: Any) -> Row | None:
        """Return the row of that id, unless it is in the trash."""
        row = self.get_table(kind).get(number) if type(number) is int else None
        return None if row is None or row.get("trashed") else row

    def allocate_id(self, kind: str) -> int:
        if self._reserved.get(kind):
            return self._reserved[kind].pop(0)
        sequence = _SEQUENCES.get(kind, kind)
        number = self._last.get(sequence, self.first_id - 1) + 1
        while self._is_taken(kind, number):
            number += 1
        self._last[sequence] = number
        return number

    def _is_taken(self, kind: str, number: int) -> bool:
        sequence = _SEQUENCES.get(kind, kind)
        sharing = {kind, sequence, *(name for name, other in _SEQUENCES.items() if other == sequence)}
        return any(number in self.tables.get(name, {}) for name in sharing)

    def reserve_ids(self, kind: str, *numbers: int) -> None:
        """Give these ids to the next new rows of this kind."""
        self._reserved.setdefault(kind, []).extend(numbers)

    def clear_reserved_ids(self, kind: str) -> None:
        self._reserved.pop(kind, None)

    def insert_row(self, kind: str, row: Row) -> Row:
        self.get_table(kind)[row["id"]] = row
        self._selections.clear()
        return row

    def delete_row(self, kind: str, number: int) -> None:
        self.get_table(kind).pop(number, None)
        self.links.remove_all_links((kind, number))
        self.invalidate_row(kind, number)

    def invalidate_row(self, kind: str, number: int) -> None:
        self._encoded.pop((kind, number), None)
        self.get_search_texts(kind).pop(number, None)
        self._selections.clear()

    def clear_cache(self) -> None:
        self._encoded.clear()
        self._search_texts.clear()
        self._selections.clear()

    def get_encoded(self, kind: str, number: int, variant: Hashable, render: Callable[[], bytes]) -> bytes:
        """Return the encoded row from the cache; `render` is called if it is absent."""
        variants = self._encoded.setdefault((kind, number), {})
        if variant not in variants:
            variants[variant] = render()
        return variants[variant]

    def get_search_texts(self, kind: str) -> dict[int, tuple[str, str]]:
        """Return the searched text and its digits of each row that was searched since it changed."""
        return self._search_texts.setdefault(kind, {})

    def get_selection(self, question: Hashable, answer: Callable[[], list[int]]) -> list[int]:
        """Return the ids of a list from the cache; `answer` is called if they are absent. Every write clears them."""
        if question not in self._selections:
            if len(self._selections) >= MOST_SELECTIONS:
                self._selections.clear()
            self._selections[question] = answer()
        return self._selections[question]


class LinkStore:
    """Symmetric links between rows. Both ends share one metadata dict. `resources/entity_links.py` holds the rules."""

    def __init__(self, store: RowStore) -> None:
        self._store = store
        self._ends: dict[End, dict[End, Row]] = {}

    def add_link(self, one: End, other: End, metadata: Row) -> Row:
        known = self._ends.setdefault(one, {}).setdefault(other, {})
        known.update(metadata)
        self._ends.setdefault(other, {})[one] = known
        self._invalidate_rows(one, other)
        return known

    def remove_link(self, one: End, other: End) -> None:
        self._ends.get(one, {}).pop(other, None)
        self._ends.get(other, {}).pop(one, None)
        self._invalidate_rows(one, other)

    def get_metadata(self, one: End, other: End) -> Row | None:
        return self._ends.get(one, {}).get(other)

    def find_linked(self, end: End, kind: str | None = None) -> list[tuple[End, Row]]:
        """Return the rows that are linked to a row, without trash, in the order in which they were linked."""
        found = self._ends.get(end, {}).items()
        return [(to, meta) for to, meta in found if kind in (None, to[0]) and self._store.get_row(*to) is not None]

    def remove_all_links(self, end: End) -> None:
        for other in list(self._ends.get(end, {})):
            self.remove_link(end, other)

    def _invalidate_rows(self, *ends: End) -> None:
        for kind, number in ends:
            self._store.invalidate_row(kind, number)
