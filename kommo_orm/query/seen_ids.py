"""The ids of rows that a paginator has emitted already, in little memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

MOST = 2**63 - 1  # eight bytes


def get_row_key(row: Mapping[str, Any]) -> int | str | None:
    """What tells a row from others: its id. None for a row without one, or with one that is no id."""
    found = row.get("id")
    return found if isinstance(found, int | str) else None


class SeenIds:
    """A growing collection of row keys. Ids that come in rising order (the default order) take eight bytes each."""

    def __init__(self) -> None:
        self._rising = array("q")
        self._others: set[object] | None = None  # all keys, once they did not come in rising order

    def __contains__(self, key: object) -> bool:
        if self._others is not None:
            return key in self._others
        if type(key) is not int:
            return False
        at = bisect_left(self._rising, key)
        return at < len(self._rising) and self._rising[at] == key

    def add(self, key: object) -> None:
        if self._others is None:
            if type(key) is int and abs(key) <= MOST and (not self._rising or key > self._rising[-1]):
                self._rising.append(key)
                return
            self._others = set(self._rising)
        self._others.add(key)

    def __len__(self) -> int:
        return len(self._rising if self._others is None else self._others)
