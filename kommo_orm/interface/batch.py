"""One writing request and its items, before a dialect makes an HTTP request of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kommo_orm.interface.link_row import LinkRow
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent

# "save": creations and updates of one kind in one request. "complex": leads together with their contacts and companies.
Verb = Literal["create", "update", "save", "complex", "link", "unlink", "delete"]


@dataclass(frozen=True, slots=True, eq=False)
class BatchItem:
    """The encoded changes of one object. The answer names the item by `request_id`, or by `id`."""

    object: Model
    request_id: str
    body: dict[str, Any]
    id: int | None = None
    sent: dict[str, Any] = field(default_factory=dict, repr=False)  # values of attributes as they were encoded
    field_names: tuple[str, ...] = ()  # attribute of each entry of `custom_fields_values`, in order
    extras: dict[str, Any] = field(
        default_factory=dict, repr=False
    )  # tags, links and undeclared fields that are sent too
    uses_definitions: bool = (
        False  # encoded with the account's definitions: worth another try when an option is refused
    )
    relation: str | None = None  # of a link: the attribute it belongs to
    nested_items: tuple[BatchItem, ...] = ()  # new objects that are created inside of this one's body
    field_types: tuple[str, ...] = ()  # type of each entry of `custom_fields_values`, in order
    links: tuple[LinkRow, ...] = ()  # links that are written in the same request, where the API takes them
    stored_values: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the stored row, as far as it was read
    is_retry: bool = False  # it was sent before, and may have arrived
    unconfirmed_writes: int = 0  # earlier changes that may be stored: the row may be newer than is known

    @property
    def is_create(self) -> bool:
        """Whether the object is new."""
        return self.id is None


@dataclass(frozen=True, slots=True)
class Batch:
    """A verb on items of one kind under one parent. One request holds up to 250 of them."""

    verb: Verb
    kind: str
    items: tuple[BatchItem, ...]
    parent: Parent | None = None

    @property
    def creates_rows(self) -> bool:
        """Whether sending it twice would create rows twice."""
        return self.verb in ("create", "complex") or (
            self.verb == "save" and any(item.is_create for item in self.items)
        )

    @property
    def objects(self) -> tuple[Model, ...]:
        """The objects of the items."""
        return tuple(item.object for item in self.items)

    def split_in_half(self) -> tuple[Batch, Batch]:
        """Split the items in two batches."""
        middle = len(self.items) // 2
        return self.with_items(self.items[:middle]), self.with_items(self.items[middle:])

    def with_items(self, items: Iterable[BatchItem]) -> Batch:
        """Make the same batch of other items."""
        return Batch(self.verb, self.kind, tuple(items), self.parent)

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        where = f" of {self.parent}" if self.parent is not None else ""
        return f"{self.verb} {len(self)} {self.kind}{where}"
