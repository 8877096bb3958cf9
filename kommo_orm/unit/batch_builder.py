"""Builds the items of change sets, and batches of them: as many a request as the API takes.

Deletions stand in the order in which they are possible. Links are rows of their own (link_items.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from typing import TYPE_CHECKING, Any, TypeVar

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import Batch, BatchItem, Verb
from kommo_orm.model.field_spec import CoreSpec
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.model.parent_object import ParentState
from kommo_orm.model.pending_links import PendingLink
from kommo_orm.model.tags import Tags
from kommo_orm.unit.cascade import find_new_dependencies, find_parent, iterate_link_relations
from kommo_orm.unit.change_set import ChangeSet
from kommo_orm.unit.definition_resolver import DefinitionResolver
from kommo_orm.unit.link_items import add_links_to_payload, build_link_batches, find_carried_links
from kommo_orm.unit.nested_creates import embed_nested_objects
from kommo_orm.unit.payload import Payload, build_payload, refuse_field
from kommo_orm.unit.plan import Plan, Planned, flush_rank, split_chunks
from kommo_orm.unit.report import describe

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
            parent = None if changes.creates else changes.parent  # the parent may be new itself
            self.dialect.validate_batch(Batch(changes.verb, changes.kind, (changes.item,), parent))

        model = changes.object  # links to objects that have no id yet go along with their owner later
        if model.__kommo_state__.attached and self.dialect.capabilities(changes.kind).saves_links:
            for batch in build_link_batches(self.dialect, [model], UNLIMITED, map(str, count()), planning=True):
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
        models = [changes.object for changes in changed if changes.object.__kommo_state__.attached]
        last = [
            *self.build_link_batches(models, planning=True),
            *(batch for same_rank in self.build_delete_batches(deletes) for batch in same_rank),
        ]
        return Plan((*steps, *(Planned(batch.verb, batch.kind, len(batch)) for batch in last)))

    def _plan_saves(self, changed: Sequence[ChangeSet]) -> Iterator[Planned]:
        groups: dict[Group, list[Model]] = {}
        for changes in sorted(changed, key=lambda changes: flush_rank(changes.kind)):
            if changes.creates or changes.fields or changes.has_body or self._carries_links(changes):
                group = (changes.verb, changes.kind, find_parent(changes.object))
                groups.setdefault(group, []).append(changes.object)
        for (verb, kind, _), models in self._join_creates_and_updates(groups).items():
            for chunk in split_chunks(models, self.max_batch_size(verb, kind)):
                related = [model for model in chunk if model.__kommo_state__.attached]
                waits = {type(other).__kommo_kind__ for model in related for other in find_new_dependencies(model)}
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


# ---- items
def encode_changes(
    dialect: Dialect, changes: ChangeSet, resolver: DefinitionResolver, request_id: str, *, final: bool = False
) -> None:
    """Encode the changes of one object into `changes.item`, and find the parent that its address names.

    The item stays None where only links changed that do not go along with the object. While an object that this one
    points at has no id, the item is good enough for validation; it is encoded again, `final`, when its turn has come.
    """
    model = changes.object
    if changes.needs_ids:  # since the last encoding ids may have come in
        fill_parent_ids(model)
        changes.recompute()
    payload = build_payload(changes, resolver)
    if changes.creates:
        changes.item = _build_create_item(dialect, changes, payload, resolver, request_id)
    else:
        changes.item = _build_update_item(dialect, changes, payload, request_id)
    changes.needs_ids = not final and bool(model.__kommo_state__.attached) and _needs_ids(changes)
    if not changes.needs_ids:
        changes.parent = find_parent(model)


def _needs_ids(changes: ChangeSet) -> bool:
    has_nested = changes.item is not None and bool(changes.item.nested_items)
    return has_nested or any(True for _ in find_new_dependencies(changes.object))


def fill_parent_ids(model: Model) -> None:
    """Give an object the id of what it belongs to, which may have been saved since it was assigned."""
    for attached in model.__kommo_state__.attached.values():
        if isinstance(attached, ParentState):
            attached.take_id()


# ---- creations
def _build_create_item(
    dialect: Dialect, changes: ChangeSet, payload: Payload, resolver: DefinitionResolver, request_id: str
) -> BatchItem:
    """The item of a new object. Related objects that are stored already go along where the API takes them."""
    model = changes.object
    refuse_row_without_id(model)
    _refuse_missing_fields(model, payload)
    refuse_blank_name(model, payload)
    _embed_links(dialect, model, payload)
    _adapt_payload(dialect, model, payload)
    nested = embed_nested_objects(changes, payload, resolver)
    return build_item(model, request_id, payload, nested)


def refuse_row_without_id(model: Model) -> None:
    state = model.__kommo_state__
    if state.row is not None and not state.is_created_here:
        raise ConfigurationError(
            f"{describe(model)} was read without an id, so nobody knows which row it is. It cannot be saved; clone() it for a new one"
        )


def _refuse_missing_fields(model: Model, payload: Payload) -> None:
    missing = [
        name
        for name in type(model).__kommo_info__.required
        if name not in payload.body and not _has_parent_object(model, name)
    ]
    if missing:
        error = ConfigurationError(f"{describe(model)} cannot be created without {', '.join(missing)}")
        error.object, error.field = model, missing[0]
        raise error


def _has_parent_object(model: Model, name: str) -> bool:
    """Whether the id is missing only because the parent object has none yet."""
    return name == "entity_id" and any(
        getattr(attached, "object", None) is not None for attached in model.__kommo_state__.attached.values()
    )


def refuse_blank_name(model: Model, payload: Payload) -> None:
    """What cannot be without a name cannot have an empty one either."""
    name = payload.body.get("name", "x")
    if not str(name).strip() and "name" in type(model).__kommo_info__.required:
        raise refuse_field(model, "name", "its name is empty, and Kommo wants one")


def _embed_links(dialect: Dialect, model: Model, payload: Payload) -> None:
    """Let a creation carry its links to stored rows, where the API takes them and all of them have ids."""
    if not model.__kommo_state__.attached:
        return
    embeds = dialect.capabilities(type(model).__kommo_kind__).embedded_relations
    for name, related in iterate_link_relations(model):
        pending = related._links_to_add
        if name in embeds and pending and all(linked.object.pk is not None for linked in pending):
            payload.body.setdefault("_embedded", {})[name] = [embed_link(linked) for linked in pending]
            payload.extras[name] = related._take_snapshot()


def embed_link(linked: PendingLink) -> dict[str, Any]:
    """One link as the body of its owner's creation carries it."""
    main = {"is_main": bool(linked.meta["is_main"])} if "is_main" in linked.meta else {}
    return {"id": linked.object.pk, **main}


# ---- updates
def _build_update_item(dialect: Dialect, changes: ChangeSet, payload: Payload, request_id: str) -> BatchItem | None:
    """The item of a stored object; None when only links changed that do not go along with it."""
    refuse_blank_name(changes.object, payload)
    _adapt_payload(dialect, changes.object, payload)
    if not payload.body and not payload.links:
        return None
    return build_item(changes.object, request_id, payload)


def _adapt_payload(dialect: Dialect, model: Model, payload: Payload) -> None:
    """Add to a body what this API takes along with it: links, and all tags together."""
    if not model.__kommo_state__.attached:
        return
    features = dialect.capabilities(type(model).__kommo_kind__)
    if features.saves_links:
        for name, related in iterate_link_relations(model):
            add_links_to_payload(name, related, payload)
    if features.replaces_tags:
        for name, attached in model.__kommo_state__.attached.items():
            if isinstance(attached, Tags) and attached._is_changed:
                _replace_tags(dialect, model, name, attached, payload)


def _replace_tags(dialect: Dialect, model: Model, name: str, tags: Tags[Model], payload: Payload) -> None:
    if tags._final_tags is None:
        reason = f"Kommo's API {dialect.name} writes all {name} of an object together, and they are not loaded"
        raise refuse_field(model, name, f"{reason}. Call refresh() first")
    for key in ("tags_to_add", "tags_to_delete"):
        payload.body.pop(key, None)
    payload.body.setdefault("_embedded", {})["tags"] = tags._final_tags


# ---- items
def build_item(model: Model, request_id: str, payload: Payload, nested: tuple[BatchItem, ...] = ()) -> BatchItem:
    """Put the encoded changes of one object into the item of a batch."""
    return BatchItem(
        model,
        request_id,
        payload.body,
        model.pk,
        payload.sent,
        tuple(payload.places),
        payload.extras,
        payload.resolved or (bool(nested) and any(part.uses_definitions for part in nested)),
        nested_items=nested,
        field_types=tuple(payload.types),
        links=tuple(payload.links),
        stored_values=StoredValues(model),
        unconfirmed_writes=model.__kommo_state__.unconfirmed_writes,
    )


def build_delete_item(model: Model, request_id: str) -> BatchItem:
    """The item of an object that is deleted: its id, and what else the API knows the row by."""
    return BatchItem(model, request_id, model._build_delete_body(), model.pk, stored_values=StoredValues(model))


@dataclass(slots=True, eq=False)
class StoredValues(Mapping[str, Any]):
    """The stored row as far as it is known, for dialects that repeat values of it. It is built when it is first read."""

    model: Model
    _row: dict[str, Any] | None = None

    def _read_row(self) -> dict[str, Any]:
        if self._row is None:
            self._row = read_stored_values(self.model)
        return self._row

    def __getitem__(self, key: str) -> Any:
        return self._read_row()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read_row())

    def __len__(self) -> int:
        return len(self._read_row())


def read_stored_values(model: Model) -> dict[str, Any]:
    """The stored row as far as it is known: as it was read, with what has been saved since."""
    state = model.__kommo_state__
    row = dict(state.row or {})
    for name, value in state.baseline.items():
        spec = type(model).__kommo_info__.fields[name]
        if isinstance(spec, CoreSpec):
            row[spec.key] = None if value is None else spec.codec.encode(value)
    return row
