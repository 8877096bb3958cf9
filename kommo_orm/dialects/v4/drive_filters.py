"""The filters of files, which are like no other entity's.

Source: Kommo API v4, "Files".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kommo_orm.interface.term import Term

Pair = tuple[str, str]
MARKS = {"gte": ("from",), "lte": ("to",), "range": ("from", "to")}


def values(term: Term) -> list[str]:
    return [str(value) for value in (term.value if term.op == "in" else (term.value,))]


def uuids(term: Term) -> Iterator[Pair]:
    """Several stand in one parameter, with commas between them."""
    yield "filter[uuid]", ",".join(values(term))


def plain(name: str) -> Callable[[Term], Iterator[Pair]]:
    def pairs(term: Term) -> Iterator[Pair]:
        yield f"filter[{name}]", str(term.value)

    return pairs


def several(name: str) -> Callable[[Term], Iterator[Pair]]:
    def pairs(term: Term) -> Iterator[Pair]:
        yield from ((f"filter[{name}][]", value) for value in values(term))

    return pairs


def ends(name: str, term: Term) -> Iterator[Pair]:
    bounds = term.value if term.op == "range" else (term.value,)
    yield from ((f"filter[{name}][{mark}]", str(bound)) for mark, bound in zip(MARKS[term.op], bounds, strict=True))


def size(term: Term) -> Iterator[Pair]:
    return ends("size", term)


def date(column: str) -> Callable[[Term], Iterator[Pair]]:
    """There is one filter by date; it says which date it means."""

    def pairs(term: Term) -> Iterator[Pair]:
        yield "filter[date][type]", column
        yield from ends("date", term)

    return pairs


def preset(column: str) -> Callable[[Term], Iterator[Pair]]:
    def pairs(term: Term) -> Iterator[Pair]:
        yield "filter[date][type]", column
        yield "filter[date][date_preset]", str(term.value)

    return pairs


def trashed(term: Term) -> Iterator[Pair]:
    yield "filter[deleted]", "1"


FILE_FILTERS: Mapping[str, Callable[[Term], Iterator[Pair]]] = {
    "id": uuids,
    "name": plain("name"),
    "extension": several("extensions"),
    "source_id": plain("source_id"),
    "size": size,
    "created_at": date("created_at"),
    "updated_at": date("updated_at"),
    "created_during": preset("created_at"),
    "updated_during": preset("updated_at"),
    "created_by": several("created_by"),
    "updated_by": several("updated_by"),
    "is_trashed": trashed,
}
