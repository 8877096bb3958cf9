"""Lists of tags in which a tag is found by its id or its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

TagRow = dict[str, Any]  # {"id": 5, "name": "vip", ...}: what is known of one tag


def is_same_tag(one: TagRow, other: TagRow) -> bool:
    """Whether two rows are one tag: by id where both have one, else by name."""
    if one.get("id") is not None and other.get("id") is not None:
        return bool(one["id"] == other["id"])
    return one.get("name") is not None and one.get("name") == other.get("name")


class TagList:
    """Tags in their order. They are looked up in maps, so that thousands of tags of one object cost a fixed time each.

    The maps are made when a tag is first looked up.
    """

    __slots__ = ("_by_id", "_by_name", "_rows")

    def __init__(self, rows: Iterable[TagRow] = ()) -> None:
        self._rows: dict[int, TagRow] = {id(row): row for row in rows}
        self._by_id: dict[Any, list[TagRow]] | None = None
        self._by_name: dict[Any, list[TagRow]] = {}

    def __iter__(self) -> Iterator[TagRow]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, tag: TagRow) -> bool:
        return bool(self.find(tag))

    def find(self, tag: TagRow) -> list[TagRow]:
        """Return the rows that are this tag."""
        if not self._rows:
            return []
        pk, same_name = _read_key(tag, "id"), self._index_rows()[1].get(_read_key(tag, "name"), [])
        if pk is None:
            return list(same_name)
        return [*self._index_rows()[0].get(pk, ()), *(row for row in same_name if row.get("id") is None)]

    def append(self, row: TagRow) -> None:
        """Add a tag at the end."""
        self._rows[id(row)] = row
        if self._by_id is not None:
            self._index_row(row)

    def add_missing(self, rows: Iterable[TagRow]) -> None:
        """Add those of the tags that are not in the list yet."""
        for row in rows:
            if row not in self:
                self.append(row)

    def discard(self, tag: TagRow) -> None:
        """Take the rows that are this tag out."""
        for row in self.find(tag):
            del self._rows[id(row)]
            for name, places in zip(("id", "name"), self._index_rows(), strict=True):
                key = _read_key(row, name)
                if key is not None:
                    places[key] = [other for other in places[key] if other is not row]

    def without(self, others: TagList) -> list[TagRow]:
        """Return the tags that are not in another list."""
        return [row for row in self if row not in others] if others else list(self)

    def _index_rows(self) -> tuple[dict[Any, list[TagRow]], dict[Any, list[TagRow]]]:
        if self._by_id is None:
            self._by_id = {}
            for row in self:
                self._index_row(row)
        return self._by_id, self._by_name

    def _index_row(self, row: TagRow) -> None:
        for name, places in (("id", self._by_id), ("name", self._by_name)):
            key = _read_key(row, name)
            if key is not None and places is not None:
                places.setdefault(key, []).append(row)


def _read_key(row: TagRow, name: str) -> Any:
    """Return an id or a name as a key of a map. PHP may send a list or an object in its place."""
    value = row.get(name)
    return repr(value) if isinstance(value, list | dict) else value
