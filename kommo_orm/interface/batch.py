"""One writing request, before a dialect makes a call of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent

# "save": creations and updates of one kind in one request. "complex": leads together with their contacts and companies.
Verb = Literal["create", "update", "save", "complex", "link", "unlink", "delete"]


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
