"""What the rows of the table of kinds are made of: a kind's address, filters and limits, and the two ways of its rows.

Source: Kommo API v2, the page of each entity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.model.parent import Parent

Pair = tuple[str, str]
ADVICE = "; use dialect='v4'"
CLOSED = (142, 143)  # stages that are in every pipeline
MOST = 500  # rows of a page
AT_ONCE = 250  # rows of a writing request: 500 are possible, 250 are advised

READ_ONLY = Capabilities(create_size=0, update_size=0, is_ordered=False)
WHOLE = Capabilities(is_paged=False, create_size=0, update_size=0, is_ordered=False)
"""A list that comes all at once."""

SINGULAR = {"contacts": "contact", "leads": "lead", "companies": "company", "tasks": "task", "customers": "customer"}


def unable(what: str, instead: str = "") -> str:
    """The sentence of a refusal."""
    return f"Kommo's API v2 cannot {what}{f'; {instead}' if instead else ''}{ADVICE}"


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a list.

    `one`: `param=5`, several as `param[]=`; `many`: `param[]=` also for one; `span`: `param[from]`, `param[to]`;
    `since`: the header `If-Modified-Since`.
    """

    param: str
    style: Literal["one", "many", "span", "since"] = "one"
    several: bool = True
    write: Callable[[Any], str] = text
    said: tuple[str, ...] = ()  # as users write it, where that is not the term's name

    @property
    def operators(self) -> tuple[str, ...]:
        if self.style == "span":
            return ("gte", "lte", "range")
        if self.style == "since":
            return ("gte",)
        return ("eq", "in") if self.several else ("eq",)

    def lookups(self, name: str) -> tuple[str, ...]:
        """What users can write for the term of that name."""
        return self.said or tuple(name if op == "eq" else f"{name}__{op}" for op in self.operators)


def same_row(row: Row, read: ReadRequest) -> Row:
    return row


def by_id(pk: int | str) -> list[Pair]:
    return [("id", str(pk))]


def no_home(read: ReadRequest) -> list[Pair]:
    return []


def anywhere(row: Row, read: ReadRequest) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One kind of entity."""

    path: str
    capabilities: Capabilities
    decode: Callable[[Row, ReadRequest], Row] = same_row
    encode: Callable[[BatchItem, Parent | None], Row] | None = None
    filters: Mapping[str, Filter] = field(default_factory=dict[str, Filter])
    includes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])  # None: every row has it
    always_with: tuple[str, ...] = ()
    search: str | None = None
    home: Callable[[ReadRequest], list[Pair]] = no_home  # what says under which row the list is
    at_home: Callable[[Row, ReadRequest], bool] = anywhere  # whether a row is under it: ids are found wherever they are
    paging: Literal["rows", "page", "size"] = "rows"
    deleted: bool = False  # the trash can be listed
    rows: Callable[[Any, ReadRequest], Any] | None = None  # where the rows stand, if not under `_embedded.items`
    orders: frozenset[str] = frozenset()
    address: Callable[[int | str], list[Pair]] = by_id  # what one row is asked for by


def flag(value: Any) -> int:
    return int(bool(value))
