"""`Endpoint`: one kind of entity in API v2, composed of its list, its includes, its parent, and its two codecs.

Source: Kommo API v2, the page of each entity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.parent import Parent

Pair = tuple[str, str]
CLOSED_STATUSES = (142, 143)  # stages that are in every pipeline
MAX_PAGE_SIZE = 500
BATCH_SIZE = 250  # rows of a writing request: 500 are possible, 250 are advised

WHOLE_LIST = Capabilities(is_paged=False, create_size=0, update_size=0, is_ordered=False)
"""A list that comes all at once and cannot be written."""

SINGULAR = {"contacts": "contact", "leads": "lead", "companies": "company", "tasks": "task", "customers": "customer"}


def format_value(value: Any) -> str:
    """A value as the text of a parameter."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a list.

    `one`: `param=5`, several as `param[]=`; `many`: `param[]=` also for one; `span`: `param[from]`, `param[to]`;
    `since`: the header `If-Modified-Since`. Without a `param`, all rows come and are filtered here.
    """

    param: str
    style: Literal["one", "many", "span", "since"] = "one"
    takes_several: bool = True
    format: Callable[[Any], str] = format_value
    lookup_names: tuple[str, ...] = ()  # as users write it, where that is not the term's name

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that the service takes."""
        if self.style == "span":
            return ("gte", "lte", "range")
        if self.style == "since":
            return ("gte",)
        return ("eq", "in") if self.takes_several else ("eq",)

    def list_lookups(self, name: str) -> tuple[str, ...]:
        """What users can write for the term of that name."""
        return self.lookup_names or tuple(name if op == "eq" else f"{name}__{op}" for op in self.operators)


@dataclass(frozen=True, slots=True)
class ListRules:
    """What a list can be asked for."""

    filters: Mapping[str, Filter] = field(default_factory=dict[str, Filter])
    orders: frozenset[str] = frozenset()
    search: str | None = None  # the parameter that searches by text
    paging: Literal["rows", "page", "size"] = "rows"
    has_trash: bool = False  # deleted rows can be listed


@dataclass(frozen=True, slots=True)
class IncludeRules:
    """What comes along with rows: the service's word for each include. None: every row has it."""

    words: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    always: tuple[str, ...] = ()


def build_no_params(read: ReadRequest) -> list[Pair]:
    """No parameters: lists that need no parent."""
    return []


def accept_any_row(row: MutableRow, read: ReadRequest) -> bool:
    """Every row belongs to the list."""
    return True


@dataclass(frozen=True, slots=True)
class ParentRules:
    """How a list is read under a parent, and whether a row is under it: ids are found under any parent."""

    build_params: Callable[[ReadRequest], list[Pair]] = build_no_params
    accepts: Callable[[MutableRow, ReadRequest], bool] = accept_any_row


def keep_row(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The row as it is."""
    return row


def drop_links(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The row without its addresses."""
    return {key: value for key, value in row.items() if key != "_links"}


def build_id_params(pk: int | str) -> list[Pair]:
    """One row by its id."""
    return [("id", str(pk))]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One kind of entity.

    `decode` makes a canonical row of a row of API v2; `encode` makes a body of an item, None where nothing is written.
    `find_rows` finds the rows of a body that has them elsewhere than under `_embedded.items`.
    """

    path: str
    capabilities: Capabilities
    decode: Callable[[MutableRow, ReadRequest], MutableRow] = keep_row
    encode: Callable[[BatchItem, Parent | None], MutableRow] | None = None
    lists: ListRules = ListRules()
    includes: IncludeRules = IncludeRules()
    parent: ParentRules = ParentRules()
    find_rows: Callable[[Any, ReadRequest], Any] | None = None
    build_row_params: Callable[[int | str], list[Pair]] = build_id_params
