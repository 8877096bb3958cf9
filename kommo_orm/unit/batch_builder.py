"""How items become batches: as many a request as the API takes, deletions in the order in which they are possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, groupby
from typing import TYPE_CHECKING

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.model.model import Model
from kommo_orm.unit.batch_items import (
    Group,
    build_delete_item,
    build_link_batches,
    find_parent,
    join_creates_and_updates,
    plan_save_batches,
)
from kommo_orm.unit.cascade import find_new_dependencies
from kommo_orm.unit.plan import Plan, Planned, flush_rank, split_chunks

if TYPE_CHECKING:
    from kommo_orm.interface.dialect import Dialect


class BatchBuilder:
    """Makes the batches of one flush; `most` is the user's own limit of items in one of them."""

    def __init__(self, dialect: Dialect, most: int) -> None:
        self.dialect, self.most = dialect, most
        self._marks = count()

    def next_request_id(self) -> str:
        """A new one: answers name items by it."""
        return str(next(self._marks))

    def max_batch_size(self, verb: str, kind: str) -> int:
        """How many items one request takes. Raises `ConfigurationError` where the API cannot do it at all."""
        features = self.dialect.features(kind)
        sizes = {"create": features.create_size, "update": features.update_size, "delete": features.delete_size}
        size = sizes.get(verb, min(features.create_size, features.update_size))
        if size < 1:
            raise ConfigurationError(f"Kommo's API {self.dialect.name} cannot {verb} {kind}{self.dialect.advice}")
        return min(size, self.most)

    def build_save_batches(self, groups: Mapping[Group, list[BatchItem]]) -> list[Batch]:
        """Creations and updates, in one request where the API takes both together."""
        return self._chunks(join_creates_and_updates(self.dialect, groups, self.max_batch_size))

    def build_link_batches(self, models: Sequence[Model], *, creating: bool = False) -> list[Batch]:
        """Links to make and to undo, a row each. `creating`: those of what has no id yet are counted, too."""
        return build_link_batches(self.dialect, models, self.most, self._marks, creating=creating)

    def build_delete_batches(self, models: Sequence[Model]) -> list[list[Batch]]:
        """Deletions by rank, the last rank first: what points at others goes before them."""
        found: list[list[Batch]] = []
        ranked = sorted(models, key=lambda model: -flush_rank(type(model).__kommo_kind__))
        for _, same_rank in groupby(ranked, key=lambda model: flush_rank(type(model).__kommo_kind__)):
            groups: dict[Group, list[BatchItem]] = {}
            for model in same_rank:
                kind = type(model).__kommo_kind__
                anywhere = self.dialect.features(kind).deletes_anywhere
                group: Group = ("delete", kind, None if anywhere else find_parent(model))
                groups.setdefault(group, []).append(build_delete_item(model, self.next_request_id()))
            found.append(self._chunks(groups))
        return found

    def build_plan(self, pending: Sequence[Model], deletes: Sequence[Model]) -> Plan:
        """What would be sent, as far as it can be known without asking anything."""
        steps: list[Planned] = []
        for planned in plan_save_batches(self.dialect, pending, self.max_batch_size):
            waits = {type(other).__kommo_kind__ for model in planned.models for other in find_new_dependencies(model)}
            steps.append(Planned(planned.verb, planned.kind, len(planned.models), tuple(sorted(waits))))
        last = [
            *self.build_link_batches(pending, creating=True),
            *(batch for same in self.build_delete_batches(deletes) for batch in same),
        ]
        return Plan((*steps, *(Planned(batch.verb, batch.kind, len(batch)) for batch in last)))

    def _chunks(self, groups: Mapping[Group, Sequence[BatchItem]]) -> list[Batch]:
        return [
            Batch(verb, kind, tuple(chunk), parent)
            for (verb, kind, parent), items in groups.items()
            for chunk in self._chunked(verb, kind, items)
        ]

    def _chunked(self, verb: str, kind: str, items: Sequence[BatchItem]) -> Iterator[Sequence[BatchItem]]:
        """What the API takes of one row only goes by itself."""
        alone = self.dialect.features(kind).alone if verb == "update" else frozenset()
        size, others = self.max_batch_size(verb, kind), [item for item in items if not item.body.keys() & alone]
        yield from split_chunks(others, size)
        yield from split_chunks([item for item in items if item.body.keys() & alone], 1)
