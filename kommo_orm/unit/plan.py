"""A flush before it happens, as plain values: what a dry run prints, a test compares and a dialect compiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, overload

from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent

# "save": creations and updates of one kind in one request
Verb = Literal["create", "update", "save", "complex", "link", "unlink", "delete"]

# From what others point at to what points at it. Links come last and are rows of their own, so no cycle can arise.
# (An incoming lead brings its lead and its people itself, so it may come before them.)
BY_RANK = {
    0: "users webhooks widgets roles loss_reasons pipelines catalogs custom_field_groups chat_templates customer_statuses",
    1: "incoming_leads statuses sources website_buttons custom_fields tags segments",
    2: "companies",
    3: "contacts",
    4: "leads",
    5: "customers",
    6: "catalog_elements",
    7: "calls transactions tasks",
    8: "notes short_links files",
}
RANKS = {kind: rank for rank, kinds in BY_RANK.items() for kind in kinds.split()}
LAST_RANK = 9


def flush_rank(kind: str) -> int:
    return RANKS.get(kind, LAST_RANK - 1)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link to make or to undo: to which row of which kind, and what the link carries."""

    verb: Literal["link", "unlink"]
    kind: str
    id: int | None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One object's part of a batch. `mark` comes back in the answer; `sent` are the values as they were encoded."""

    object: Model
    mark: str
    body: dict[str, Any]
    id: int | None = None
    sent: dict[str, Any] = field(default_factory=dict, repr=False)
    places: tuple[str, ...] = ()  # attribute of each entry of `custom_fields_values`, in order
    extras: dict[str, Any] = field(default_factory=dict, repr=False)  # tags, links and undeclared fields that go along
    resolved: bool = False  # encoded with the account's definitions: worth another try when an option is refused
    relation: str | None = None  # of a link: the attribute it belongs to
    parts: tuple[Item, ...] = ()  # new objects that are created along with this one, in its body
    types: tuple[str, ...] = ()  # type of each entry of `custom_fields_values`, in order
    links: tuple[LinkRow, ...] = ()  # links that go along with it, where the API takes them
    known: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the stored row, as far as it was read
    tried: bool = False  # it was sent before, and may have arrived
    lost: int = 0  # earlier changes that may be stored: the row may be newer than is known

    @property
    def creates(self) -> bool:
        return self.id is None


@dataclass(frozen=True, slots=True)
class Batch:
    """One request's worth: a verb on up to 250 items of one kind under one parent."""

    verb: Verb
    kind: str
    items: tuple[Item, ...]
    parent: Parent | None = None

    @property
    def creates(self) -> bool:
        """Whether doing it twice would make something twice."""
        return self.verb in ("create", "complex") or (self.verb == "save" and any(item.creates for item in self.items))

    @property
    def objects(self) -> tuple[Model, ...]:
        return tuple(item.object for item in self.items)

    def halves(self) -> tuple[Batch, Batch]:
        middle = len(self.items) // 2
        return self.of(self.items[:middle]), self.of(self.items[middle:])

    def of(self, items: Iterable[Item]) -> Batch:
        return Batch(self.verb, self.kind, tuple(items), self.parent)

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        where = f" of {self.parent}" if self.parent is not None else ""
        return f"{self.verb} {len(self)} {self.kind}{where}"


@dataclass(frozen=True, slots=True)
class Stored:
    """What the service says it stored for one item."""

    id: int
    row: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the service has against one item of a batch whose others it took. `path` is canonical, "" if it is not told."""

    detail: str
    code: str | None = None
    path: str = ""
    is_stale: bool = False  # the stored row is newer than the one that was read
    is_absent: bool = False  # what it is about is not there: nobody has the number that was called
    known: Mapping[str, Any] = field(default_factory=dict)  # what the stored row holds if an earlier try did arrive


@dataclass(frozen=True, slots=True)
class Action:
    """Something done to rows that is no value of theirs: pinning a note, accepting an incoming lead, running a bot.

    `body` is what goes along, in canonical form. A dialect names the actions it knows; others it refuses.
    """

    verb: str
    kind: str
    ids: tuple[int | str, ...] = ()
    parent: Parent | None = None
    body: Any = None

    def __str__(self) -> str:
        where = f" of {self.parent}" if self.parent is not None else ""
        return " ".join(filter(None, (self.verb, self.kind, ", ".join(map(str, self.ids))))) + where


@dataclass(frozen=True, slots=True)
class Planned:
    """One step of a plan: how many objects of which kind in which request."""

    verb: Verb
    kind: str
    count: int
    waits_for: tuple[str, ...] = ()

    def __str__(self) -> str:
        waits = f" (after {', '.join(self.waits_for)})" if self.waits_for else ""
        return f"{self.verb:7s} {self.count:4d} {self.kind}{waits}"


@dataclass(frozen=True, slots=True)
class Plan(Sequence[Planned]):
    """What a flush would send, in its order. Prints one line a request."""

    steps: tuple[Planned, ...]

    @overload
    def __getitem__(self, index: int) -> Planned: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Planned, ...]: ...
    def __getitem__(self, index: int | slice) -> Planned | tuple[Planned, ...]:
        return self.steps[index]

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Planned]:
        return iter(self.steps)

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps)) or "nothing to send"


def split_chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for at in range(0, len(items), size):
        yield items[at : at + size]
