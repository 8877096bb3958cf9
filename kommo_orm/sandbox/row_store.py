"""The state of the account: tables of plain dicts, the links between them, and what is remembered for speed.

A row holds what the API shows under the API's own keys, and beside them what the API shows elsewhere: `tags` (ids),
`values` (custom field id -> stored values), `trashed`. Two rules keep the memory honest: whoever changes a row calls
`touch`, whoever changes what other rows quote (field names, options, tags, loss reasons) calls `forget_rendered`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any

Row = dict[str, Any]
End = tuple[str, int]

MOST_SELECTIONS = 64

# Contacts and companies live in one table of the service: an id belongs to one of them.
_SEQUENCES = {"companies": "contacts"}


class Store:
    """Tables by kind. Ids count up per kind from `first_id`, so that a lead and a contact may share a number."""

    def __init__(self, first_id: int) -> None:
        self.first_id = first_id
        self.tables: dict[str, dict[int, Row]] = {}
        self.links = Links(self)
        self._last: dict[str, int] = {}
        self._given: dict[str, list[int]] = {}
        self._rendered: dict[End, dict[Hashable, bytes]] = {}
        self._selections: dict[Hashable, list[int]] = {}

    def table(self, kind: str) -> dict[int, Row]:
        return self.tables.setdefault(kind, {})

    def rows(self, kind: str) -> Iterator[Row]:
        return iter(self.table(kind).values())

    def get(self, kind: str, number: Any) -> Row | None:
        """The row of that id, unless it is in the trash."""
        row = self.table(kind).get(number) if type(number) is int else None
        return None if row is None or row.get("trashed") else row

    def new_id(self, kind: str) -> int:
        if self._given.get(kind):
            return self._given[kind].pop(0)
        sequence = _SEQUENCES.get(kind, kind)
        number = self._last.get(sequence, self.first_id - 1) + 1
        while self._taken(kind, number):
            number += 1
        self._last[sequence] = number
        return number

    def _taken(self, kind: str, number: int) -> bool:
        sequence = _SEQUENCES.get(kind, kind)
        sharing = {kind, sequence, *(name for name, other in _SEQUENCES.items() if other == sequence)}
        return any(number in self.tables.get(name, {}) for name in sharing)

    def give_ids(self, kind: str, *numbers: int) -> None:
        """The next new rows of this kind get these ids."""
        self._given.setdefault(kind, []).extend(numbers)

    def forget_given_ids(self, kind: str) -> None:
        self._given.pop(kind, None)

    def insert(self, kind: str, row: Row) -> Row:
        self.table(kind)[row["id"]] = row
        self._selections.clear()
        return row

    def remove(self, kind: str, number: int) -> None:
        self.table(kind).pop(number, None)
        self.links.drop((kind, number))
        self.touch(kind, number)

    def touch(self, kind: str, number: int) -> None:
        self._rendered.pop((kind, number), None)
        self._selections.clear()

    def forget_rendered(self) -> None:
        self._rendered.clear()
        self._selections.clear()

    def rendered(self, kind: str, number: int, variant: Hashable, render: Callable[[], bytes]) -> bytes:
        """The encoded row: rendered once, then remembered until it is touched."""
        variants = self._rendered.setdefault((kind, number), {})
        if variant not in variants:
            variants[variant] = render()
        return variants[variant]

    def selected(self, question: Hashable, answer: Callable[[], list[int]]) -> list[int]:
        """The ids that a list holds: found once, then remembered until anything is written."""
        if question not in self._selections:
            if len(self._selections) >= MOST_SELECTIONS:
                self._selections.clear()
            self._selections[question] = answer()
        return self._selections[question]


class Links:
    """Symmetric links between rows. Both ends share one metadata dict; the rules are in `resources/links.py`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ends: dict[End, dict[End, Row]] = {}

    def connect(self, one: End, other: End, metadata: Row) -> Row:
        known = self._ends.setdefault(one, {}).setdefault(other, {})
        known.update(metadata)
        self._ends.setdefault(other, {})[one] = known
        self._touch(one, other)
        return known

    def disconnect(self, one: End, other: End) -> None:
        self._ends.get(one, {}).pop(other, None)
        self._ends.get(other, {}).pop(one, None)
        self._touch(one, other)

    def between(self, one: End, other: End) -> Row | None:
        return self._ends.get(one, {}).get(other)

    def of(self, end: End, kind: str | None = None) -> list[tuple[End, Row]]:
        """What is linked to a row, trash left out, in the order it was linked."""
        found = self._ends.get(end, {}).items()
        return [(to, meta) for to, meta in found if kind in (None, to[0]) and self._store.get(*to) is not None]

    def drop(self, end: End) -> None:
        for other in list(self._ends.get(end, {})):
            self.disconnect(end, other)

    def _touch(self, *ends: End) -> None:
        for kind, number in ends:
            self._store.touch(kind, number)
