"""Builds batches of items: as many a request as the API takes, deletions in the order in which they are possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, groupby
from typing import TYPE_CHECKING, TypeVar

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import Batch, Verb
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.unit.batch_items import build_delete_item
from kommo_orm.unit.cascade import find_new_dependencies, find_parent
from kommo_orm.unit.change_set import ChangeSet
from kommo_orm.unit.link_items import build_link_batches, find_carried_links
from kommo_orm.unit.plan import Plan, Planned, flush_rank, split_chunks

if TYPE_CHECKING:
    from kommo_orm.interface.dialect import Dialect

T = TypeVar("T")
UNLIMITED = 10**9
Group = tuple[Verb, str, Parent | None]


class BatchBuilder:
    """Builds the batches of one flush; `limit` is the user's own limit of items in one of them."""

    def __init__(self, dialect: Dialect, limit: int) -> None:
        self.dialect, self.limit = dialect, limit
        self._request_ids = count()
        self._sizes: dict[tuple[str, str], int] = {}

    def next_request_id(self) -> str:
        """A new correlation id: answers name items by it."""
        return str(next(self._request_ids))

    def max_batch_size(self, verb: str, kind: str) -> int:
        """How many items one request takes. Raises `ConfigurationError` where the API cannot do it at all."""
        size = self._sizes.get((verb, kind))
        if size is None:
            size = self._sizes[verb, kind] = self._find_batch_size(verb, kind)
        return size

    def _find_batch_size(self, verb: str, kind: str) -> int:
        features = self.dialect.capabilities(kind)
        sizes = {"create": features.create_size, "update": features.update_size, "delete": features.delete_size}
        size = sizes.get(verb, min(features.create_size, features.update_size))
        if size < 1:
            raise ConfigurationError(
                f"Kommo's API {self.dialect.name} cannot {verb} {kind}{self.dialect.unsupported_hint}"
            )
        return min(size, self.limit)

    # ---- what the API cannot do
    def validate_changes(self, changes: ChangeSet) -> None:
        """Raise `ConfigurationError`, which names the object, if the API cannot write these encoded changes."""
        if changes.item is not None:
            self.max_batch_size(changes.verb, changes.kind)
            parent = None if changes.creates else changes.parent  # the parent may be new itself
            self.dialect.validate_batch(Batch(changes.verb, changes.kind, (changes.item,), parent))

    def validate_links(self, changed: Iterable[ChangeSet]) -> None:
        """The same for links to objects that have no id yet, where they go along with their owner later."""
        owners = [
            changes.object
            for changes in changed
            if changes.object.__kommo_state__.attached and self.dialect.capabilities(changes.kind).saves_links
        ]
        if owners:
            for batch in build_link_batches(self.dialect, owners, UNLIMITED, map(str, count()), planning=True):
                self.dialect.validate_batch(batch)

    # ---- creations and updates
    def build_save_batches(self, changed: Iterable[ChangeSet]) -> list[Batch]:
        """The batches of encoded changes; creations and updates go in one request where the API takes both."""
        groups: dict[Group, list[BatchItem]] = {}
        for changes in changed:
            if changes.item is not None:
                groups.setdefault((changes.verb, changes.kind, changes.parent), []).append(changes.item)
        return self._split_groups(self._join_creates_and_updates(groups))

    def _join_creates_and_updates(self, groups: dict[Group, list[T]]) -> dict[Group, list[T]]:
        """Creations and updates of one kind in one request, where the API takes both and one request holds them all."""
        if len(groups) < 2:
            return groups
        found: dict[Group, list[T]] = {}
        for (verb, kind, parent), members in groups.items():
            creates, updates = groups.get(("create", kind, parent), []), groups.get(("update", kind, parent), [])
            if self._can_join(kind, creates, updates):
                found.setdefault(("save", kind, parent), [*creates, *updates])
            else:
                found[verb, kind, parent] = members
        return found

    def _can_join(self, kind: str, creates: Sequence[T], updates: Sequence[T]) -> bool:
        if not creates or not updates or not self.dialect.capabilities(kind).saves_together:
            return False
        return len(creates) + len(updates) <= self.max_batch_size("save", kind)

    # ---- links and deletions
    def build_link_batches(self, models: Iterable[Model], *, planning: bool = False) -> list[Batch]:
        """Links to make and to undo, one row each. With `planning` those of objects without an id count, too."""
        return build_link_batches(self.dialect, models, self.limit, map(str, self._request_ids), planning=planning)

    def build_delete_batches(self, models: Sequence[Model]) -> list[list[Batch]]:
        """Deletions by rank, the last rank first: what points at others goes before them."""
        found: list[list[Batch]] = []
        ranked = sorted(models, key=lambda model: -flush_rank(type(model).__kommo_kind__))
        for _, same_rank in groupby(ranked, key=lambda model: flush_rank(type(model).__kommo_kind__)):
            groups: dict[Group, list[BatchItem]] = {}
            for model in same_rank:
                kind = type(model).__kommo_kind__
                anywhere = self.dialect.capabilities(kind).deletes_across_parents
                group: Group = ("delete", kind, None if anywhere else find_parent(model))
                groups.setdefault(group, []).append(build_delete_item(model, self.next_request_id()))
            found.append(self._split_groups(groups))
        return found

    # ---- plans
    def build_plan(self, changed: Sequence[ChangeSet], deletes: Sequence[Model]) -> Plan:
        """What would be sent, as far as it can be known without any request."""
        steps = list(self._plan_saves(changed))
        models = [changes.object for changes in changed]
        last = [
            *self.build_link_batches(models, planning=True),
            *(batch for same_rank in self.build_delete_batches(deletes) for batch in same_rank),
        ]
        return Plan((*steps, *(Planned(batch.verb, batch.kind, len(batch)) for batch in last)))

    def _plan_saves(self, changed: Sequence[ChangeSet]) -> Iterator[Planned]:
        groups: dict[Group, list[Model]] = {}
        for changes in sorted(changed, key=lambda changes: flush_rank(changes.kind)):
            if changes.creates or changes.has_body or self._carries_links(changes):
                group = (changes.verb, changes.kind, find_parent(changes.object))
                groups.setdefault(group, []).append(changes.object)
        for (verb, kind, _), models in self._join_creates_and_updates(groups).items():
            for chunk in split_chunks(models, self.max_batch_size(verb, kind)):
                waits = {type(other).__kommo_kind__ for model in chunk for other in find_new_dependencies(model)}
                yield Planned(verb, kind, len(chunk), tuple(sorted(waits)))

    def _carries_links(self, changes: ChangeSet) -> bool:
        return self.dialect.capabilities(changes.kind).saves_links and any(find_carried_links(changes.object))

    # ---- sizes
    def _split_groups(self, groups: Mapping[Group, Sequence[BatchItem]]) -> list[Batch]:
        batches: list[Batch] = []
        for (verb, kind, parent), items in groups.items():
            chunks = (items,) if len(items) == 1 else self._split_items(verb, kind, items)
            batches += [Batch(verb, kind, tuple(chunk), parent) for chunk in chunks]
        return batches

    def _split_items(self, verb: str, kind: str, items: Sequence[BatchItem]) -> Iterator[Sequence[BatchItem]]:
        """Chunks of the size that the API takes. Keys that it takes of one row only go in a request of their own."""
        single = self.dialect.capabilities(kind).single_update_keys if verb == "update" else frozenset()
        size = self.max_batch_size(verb, kind)
        if not single:
            yield from split_chunks(items, size)
            return
        yield from split_chunks([item for item in items if not item.body.keys() & single], size)
        yield from split_chunks([item for item in items if item.body.keys() & single], 1)
