"""Filters of files, which have another form than those of other kinds.

Source: Kommo API v4, "Files".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kommo_orm.dialects.v4.endpoint import FilterBuilder, Pair
from kommo_orm.interface.term import Term

RANGE_ENDS = {"gte": ("from",), "lte": ("to",), "range": ("from", "to")}


def list_values(term: Term) -> list[str]:
    """The values of a term as texts."""
    return [str(value) for value in (term.value if term.op == "in" else (term.value,))]


def build_uuid_params(term: Term) -> Iterator[Pair]:
    """Several stand in one parameter, with commas between them."""
    yield "filter[uuid]", ",".join(list_values(term))


def make_plain_filter(name: str) -> FilterBuilder:
    """A filter of one value."""

    def build_params(term: Term) -> Iterator[Pair]:
        yield f"filter[{name}]", str(term.value)

    return build_params


def make_list_filter(name: str) -> FilterBuilder:
    """A filter of several values."""

    def build_params(term: Term) -> Iterator[Pair]:
        yield from ((f"filter[{name}][]", value) for value in list_values(term))

    return build_params


def build_range_params(name: str, term: Term) -> Iterator[Pair]:
    """The ends of a range."""
    bounds = term.value if term.op == "range" else (term.value,)
    yield from ((f"filter[{name}][{end}]", str(bound)) for end, bound in zip(RANGE_ENDS[term.op], bounds, strict=True))


def build_size_params(term: Term) -> Iterator[Pair]:
    """The filter by size."""
    return build_range_params("size", term)


def make_date_filter(column: str) -> FilterBuilder:
    """The filter by date, which names the date that it means."""

    def build_params(term: Term) -> Iterator[Pair]:
        yield "filter[date][type]", column
        yield from build_range_params("date", term)

    return build_params


def make_period_filter(column: str) -> FilterBuilder:
    """The filter by a named period, such as this week."""

    def build_params(term: Term) -> Iterator[Pair]:
        yield "filter[date][type]", column
        yield "filter[date][date_preset]", str(term.value)

    return build_params


def build_trash_params(term: Term) -> Iterator[Pair]:
    """The filter for files in the trash."""
    yield "filter[deleted]", "1"


FILE_FILTERS: Mapping[str, FilterBuilder] = {
    "id": build_uuid_params,
    "name": make_plain_filter("name"),
    "extension": make_list_filter("extensions"),
    "source_id": make_plain_filter("source_id"),
    "size": build_size_params,
    "created_at": make_date_filter("created_at"),
    "updated_at": make_date_filter("updated_at"),
    "created_during": make_period_filter("created_at"),
    "updated_during": make_period_filter("updated_at"),
    "created_by": make_list_filter("created_by"),
    "updated_by": make_list_filter("updated_by"),
    "is_trashed": build_trash_params,
}
