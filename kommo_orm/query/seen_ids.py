"""The ids of rows that a paginator has emitted already, in little memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from operator import lt
from typing import Any, TypeVar, cast

R = TypeVar("R", bound=Mapping[str, Any])
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

    def select_new(self, rows: Sequence[R], get_key: Callable[[R], object] = get_row_key) -> list[R]:
        """Return the rows that were not seen before, and note them.

        A row without a key cannot be told from others, so it counts as new: reading it will say what is wrong.
        """
        keys = [get_key(row) for row in rows]
        if self._others is None and self._continue_rising(keys):
            self._rising.extend(cast("list[int]", keys))
            return list(rows)
        return [row for row, key in zip(rows, keys, strict=True) if key is None or self._note(key)]

    def _note(self, key: object) -> bool:
        is_new = key not in self
        if is_new:
            self.add(key)
        return is_new

    def _continue_rising(self, keys: list[Any]) -> bool:
        """Whether keys go on rising behind those that were seen. Most pages do, and need no look at each key."""
        return (
            bool(keys)
            and all(type(key) is int for key in keys)
            and (not self._rising or keys[0] > self._rising[-1])
            and keys[0] >= -MOST
            and keys[-1] <= MOST
            and all(map(lt, keys, keys[1:]))
        )

    def __len__(self) -> int:
        return len(self._rising if self._others is None else self._others)
