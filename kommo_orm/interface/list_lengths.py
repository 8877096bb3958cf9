"""How long lists were when they were read: what a second reading of the same list need not find out again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kommo_orm.interface.read_request import ReadRequest

MOST_LISTS = 256


@dataclass(frozen=True, slots=True)
class ListLength:
    """How many pages a list had, and how long one of them took."""

    pages: int
    seconds: float


class ListLengths:
    """The lengths of the lists that one client has read to their end, the latest ones."""

    def __init__(self) -> None:
        self._lengths: dict[object, ListLength] = {}

    def find_length(self, request: ReadRequest, size: int) -> ListLength | None:
        """Return the length of a list when it was read last; None if it was not, or had one page."""
        return self._lengths.get(_make_key(request, size))

    def note_length(self, request: ReadRequest, size: int, length: ListLength) -> None:
        """Remember the length of a list. Of lists with one page there is nothing to gain."""
        key = _make_key(request, size)
        self._lengths.pop(key, None)
        if length.pages > 1 and key is not None:
            self._lengths[key] = length
        while len(self._lengths) > MOST_LISTS:
            self._lengths.pop(next(iter(self._lengths)), None)


def _make_key(request: ReadRequest, size: int) -> object:
    """Return what tells two lists apart: what is included does not change which rows there are."""
    key = (replace(request, includes=frozenset()), size)
    try:
        hash(key)
    except TypeError:
        return None
    return key
