"""How items become batches: as many a request as the API takes, deletions in the order in which they are possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, groupby
from typing import TYPE_CHECKING

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.base import Model
from kommo_orm.unit.batch_items import Group, joined, link_batches, parent_of, planned_batches, removal
from kommo_orm.unit.cascade import needed
from kommo_orm.unit.plan import Batch, Item, Plan, Planned, chunked, rank_of

if TYPE_CHECKING:
    from kommo_orm.dialects.dialect import Dialect


class Batching:
    """Makes the batches of one flush; `most` is the user's own limit of items in one of them."""

    def __init__(self, dialect: Dialect, most: int) -> None:
        self.dialect, self.most = dialect, most
        self._marks = count()

    def mark(self) -> str:
        """A new one: answers name items by it."""
        return str(next(self._marks))

    def size(self, verb: str, kind: str) -> int:
        """How many items one request takes. Raises `ConfigurationError` where the API cannot do it at all."""
        features = self.dialect.features(kind)
        sizes = {"create": features.create_size, "update": features.update_size, "delete": features.delete_size}
        size = sizes.get(verb, min(features.create_size, features.update_size))
        if size < 1:
            raise ConfigurationError(f"Kommo's API {self.dialect.name} cannot {verb} {kind}{self.dialect.advice}")
        return min(size, self.most)

    def saving(self, groups: Mapping[Group, list[Item]]) -> list[Batch]:
        """Creations and updates, in one request where the API takes both together."""
        return self._chunks(joined(self.dialect, groups, self.size))

    def links(self, models: Sequence[Model], *, creating: bool = False) -> list[Batch]:
        """Links to make and to undo, a row each. `creating`: those of what has no id yet are counted, too."""
        return link_batches(self.dialect, models, self.most, self._marks, creating=creating)

    def deleting(self, models: Sequence[Model]) -> list[list[Batch]]:
        """Deletions by rank, the last rank first: what points at others goes before them."""
        found: list[list[Batch]] = []
        ranked = sorted(models, key=lambda model: -rank_of(type(model).__kommo_kind__))
        for _, same_rank in groupby(ranked, key=lambda model: rank_of(type(model).__kommo_kind__)):
            groups: dict[Group, list[Item]] = {}
            for model in same_rank:
                kind = type(model).__kommo_kind__
                anywhere = self.dialect.features(kind).deletes_anywhere
                group: Group = ("delete", kind, None if anywhere else parent_of(model))
                groups.setdefault(group, []).append(removal(model, self.mark()))
            found.append(self._chunks(groups))
        return found

    def plan(self, pending: Sequence[Model], deletes: Sequence[Model]) -> Plan:
        """What would be sent, as far as it can be known without asking anything."""
        steps: list[Planned] = []
        for planned in planned_batches(self.dialect, pending, self.size):
            waits = {type(other).__kommo_kind__ for model in planned.models for other in needed(model)}
            steps.append(Planned(planned.verb, planned.kind, len(planned.models), tuple(sorted(waits))))
        last = [*self.links(pending, creating=True), *(batch for same in self.deleting(deletes) for batch in same)]
        return Plan((*steps, *(Planned(batch.verb, batch.kind, len(batch)) for batch in last)))

    def _chunks(self, groups: Mapping[Group, Sequence[Item]]) -> list[Batch]:
        return [
            Batch(verb, kind, tuple(chunk), parent)
            for (verb, kind, parent), items in groups.items()
            for chunk in self._chunked(verb, kind, items)
        ]

    def _chunked(self, verb: str, kind: str, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
        """What the API takes of one row only goes by itself."""
        alone = self.dialect.features(kind).alone if verb == "update" else frozenset()
        size, others = self.size(verb, kind), [item for item in items if not item.body.keys() & alone]
        yield from chunked(others, size)
        yield from chunked([item for item in items if item.body.keys() & alone], 1)
