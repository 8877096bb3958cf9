"""Objects as items of batches: bodies of creations and updates, and the rows of links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import Batch, Verb
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.interface.link_row import LinkRow
from kommo_orm.model.changes import find_changed_fields
from kommo_orm.model.field_spec import CoreSpec
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.model.parent_object import ParentState
from kommo_orm.model.related_objects import PendingLink, RelatedObjects, SentLinks
from kommo_orm.model.replace_relation import ReplacedObjects
from kommo_orm.model.tags import Tags
from kommo_orm.unit.cascade import iterate_link_relations
from kommo_orm.unit.nested_creates import embed_nested_objects
from kommo_orm.unit.payload import DefinitionResolver, Payload, build_payload
from kommo_orm.unit.plan import flush_rank, split_chunks
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.interface.capabilities import Capabilities
    from kommo_orm.interface.dialect import Dialect


T = TypeVar("T")
Group = tuple[Verb, str, Parent | None]


def needs_saving(model: Model) -> bool:
    return model.is_new or model.has_changes


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """A batch before its bodies are known."""

    verb: Verb
    kind: str
    models: tuple[Model, ...]


def plan_save_batches(
    dialect: Dialect, pending: Sequence[Model], size: Callable[[str, str], int]
) -> Iterator[PlannedBatch]:
    """The batches of creations and updates in the order of a flush."""
    groups: dict[Group, list[Model]] = {}
    for model in sorted(pending, key=lambda model: flush_rank(type(model).__kommo_kind__)):
        kind = type(model).__kommo_kind__
        carried = dialect.features(kind).carries_links and any(find_carried_links(model))
        if model.is_new or has_body(model) or carried:
            groups.setdefault(("create" if model.is_new else "update", kind, find_parent(model)), []).append(model)
    for (verb, kind, _), models in join_creates_and_updates(dialect, groups, size).items():
        for chunk in split_chunks(models, size(verb, kind)):
            yield PlannedBatch(verb, kind, tuple(chunk))


def join_creates_and_updates(
    dialect: Dialect, groups: Mapping[Group, list[T]], size: Callable[[str, str], int]
) -> dict[Group, list[T]]:
    """Creations and updates of one kind in one request, where the API takes both and one request holds them all."""
    found: dict[Group, list[T]] = {}
    for (verb, kind, parent), members in groups.items():
        pair: tuple[list[T], list[T]] = (
            groups.get(("create", kind, parent), []),
            groups.get(("update", kind, parent), []),
        )
        together = all(pair) and dialect.features(kind).joins and sum(map(len, pair)) <= size("save", kind)
        if together:
            found.setdefault(("save", kind, parent), [*pair[0], *pair[1]])
        else:
            found[verb, kind, parent] = members
    return found


def find_carried_links(model: Model) -> Iterator[bool]:
    """Whether links can go along with an object that is to be saved: their other ends are stored by then."""
    own = flush_rank(type(model).__kommo_kind__)
    for _, related in iterate_link_relations(model):
        yield bool(related.links_to_remove)
        for linked in related.pending:
            yield not linked.object.is_new or flush_rank(type(linked.object).__kommo_kind__) < own


def has_body(model: Model) -> bool:
    """Whether more than links changed."""
    extras = model.__kommo_state__.attached.values()
    return any(True for _ in find_changed_fields(model)) or any(
        (not isinstance(one, RelatedObjects) or isinstance(one, ReplacedObjects)) and one.is_changed for one in extras
    )


def find_parent(model: Model) -> Parent | None:
    return model._get_parent()


def build_create_item(
    dialect: Dialect, model: Model, resolver: DefinitionResolver, mark: str, *, checking: bool = False
) -> tuple[BatchItem, Parent | None]:
    """The item of a new object. Related objects that are stored by now go along where the API takes them."""
    if model.__kommo_state__.row is not None and not model.__kommo_state__.is_created_here:
        raise ConfigurationError(
            f"{describe(model)} was read without an id, so nobody knows which row it is. It cannot be saved; clone() it for a new one."
        )
    fill_parent_ids(model)
    made = build_payload(model, resolver, creating=True)
    missing = [
        name for name in type(model).__kommo_info__.required if name not in made.body and not _waits(model, name)
    ]
    if missing:
        raise ConfigurationError(f"{describe(model)} cannot be created without {', '.join(missing)}")
    refuse_blank_name(model, made)
    _embed(dialect, model, made)
    _fit(dialect, model, made)
    parts = embed_nested_objects(model, made, resolver)
    return item_of(model, mark, made, parts), None if checking else find_parent(model)


def refuse_blank_name(model: Model, made: Payload) -> None:
    """What cannot be without a name cannot have an empty one either."""
    if "name" in type(model).__kommo_info__.required and not str(made.body.get("name", "x")).strip():
        raise ConfigurationError(f"{describe(model)}: its name is empty, and Kommo wants one")


def item_of(model: Model, mark: str, made: Payload, parts: tuple[BatchItem, ...] = ()) -> BatchItem:
    return BatchItem(
        model,
        mark,
        made.body,
        model.pk,
        made.sent,
        tuple(made.places),
        made.extras,
        made.resolved or any(part.resolved for part in parts),
        parts=parts,
        types=tuple(made.types),
        links=tuple(made.links),
        known=read_stored_values(model),
        lost=model.__kommo_state__.unconfirmed_writes,
    )


def read_stored_values(model: Model) -> dict[str, Any]:
    """The stored row as far as it is known: as it was read, and with what has been saved since."""
    state = model.__kommo_state__
    row = dict(state.row or {})
    for name, value in state.baseline.items():
        spec = type(model).__kommo_info__.fields[name]
        if isinstance(spec, CoreSpec):
            row[spec.key] = None if value is None else spec.codec.encode(value)
    return row


def fill_parent_ids(model: Model) -> None:
    """What it belongs to may have been saved just now."""
    for companion in model.__kommo_state__.attached.values():
        if isinstance(companion, ParentState):
            companion.take_id()


def _waits(model: Model, name: str) -> bool:
    return name == "entity_id" and any(
        getattr(companion, "object", None) is not None for companion in model.__kommo_state__.attached.values()
    )


def build_update_item(
    dialect: Dialect, model: Model, resolver: DefinitionResolver, mark: str
) -> tuple[BatchItem, Parent | None] | None:
    """The item of a stored object; None when only links changed that do not go along with it."""
    fill_parent_ids(model)
    made = build_payload(model, resolver, creating=False)
    refuse_blank_name(model, made)
    _fit(dialect, model, made)
    if not made.body and not made.links:
        return None
    return item_of(model, mark, made), find_parent(model)


def _fit(dialect: Dialect, model: Model, made: Payload) -> None:
    """Give a body what this API takes along: links, and tags all together."""
    features = dialect.features(type(model).__kommo_kind__)
    if features.carries_links:
        for name, related in iterate_link_relations(model):
            add_links_to_payload(name, related, made)
    if features.whole_tags:
        for name, companion in model.__kommo_state__.attached.items():
            if isinstance(companion, Tags) and companion.is_changed:
                _tag_whole(dialect, model, name, companion, made)


def add_links_to_payload(name: str, related: RelatedObjects[Model], made: Payload) -> None:
    """The links and unlinks of a relation whose other ends are stored; the rest follows when they are."""
    ready = tuple(PendingLink(one.object, dict(one.meta)) for one in related.pending if one.object.pk is not None)
    removed = related.links_to_remove
    made.links += [
        LinkRow("unlink", related.target, pk, related.build_unlink_meta(meta)) for pk, meta in removed.items()
    ]
    made.links += [LinkRow("link", related.target, one.object.pk, related.build_link_meta(one)) for one in ready]
    if ready or removed:
        made.extras[name] = SentLinks(ready, removed)


def _tag_whole(dialect: Dialect, model: Model, name: str, tags: Tags[Model], made: Payload) -> None:
    whole = tags.whole
    if whole is None:
        raise ConfigurationError(
            f"{describe(model)}: Kommo's API {dialect.name} writes all {name} of an object together, and they are not "
            "loaded. Call refresh() first."
        )
    for key in ("tags_to_add", "tags_to_delete"):
        made.body.pop(key, None)
    made.body.setdefault("_embedded", {})["tags"] = whole


def build_delete_item(model: Model, mark: str) -> BatchItem:
    """The item of an object that is deleted: its id, and what else the API knows the row by."""
    return BatchItem(model, mark, model._build_delete_body(), model.pk, known=read_stored_values(model))


def _embed(dialect: Dialect, model: Model, made: Payload) -> None:
    embeds = dialect.features(type(model).__kommo_kind__).embeds
    for name, related in iterate_link_relations(model):
        if name in embeds and related.pending:
            rows = [embed_link(linked) for linked in related.pending if linked.object.pk is not None]
            if rows and all(linked.object.pk is not None for linked in related.pending):
                made.body.setdefault("_embedded", {})[name] = rows
                made.extras[name] = related.take_snapshot()


def embed_link(linked: PendingLink) -> dict[str, Any]:
    main = {"is_main": bool(linked.meta["is_main"])} if "is_main" in linked.meta else {}
    return {"id": linked.object.pk, **main}


LinkGroups = dict[tuple[str, str, Parent | None, int | None], list[BatchItem]]


def build_link_batches(
    dialect: Dialect, models: Sequence[Model], size: int, marks: Iterator[int], *, creating: bool = False
) -> list[Batch]:
    """Unlinks and links of stored objects, many owners of one kind in one request.

    With `creating` (for plans) new objects count too, except for what the saving of their owner carries.
    """
    groups: LinkGroups = {}
    for model in models:
        features = dialect.features(type(model).__kommo_kind__)
        embeds = features.embeds if creating and model.is_new else frozenset()
        for name, related in iterate_link_relations(model):
            if name not in embeds:
                _link_items(model, name, related, groups, marks, creating, features)
    batches = [
        Batch(verb, kind, tuple(chunk), parent)  # type: ignore[arg-type]
        for (verb, kind, parent, _), items in groups.items()
        for chunk in split_chunks(items, size)
    ]
    return sorted(batches, key=lambda batch: batch.verb != "unlink")


def _link_items(
    model: Model,
    name: str,
    related: RelatedObjects[Model],
    groups: LinkGroups,
    marks: Iterator[int],
    creating: bool,
    features: Capabilities,
) -> None:
    """The rows of one relation; those of an owner that is alone in its requests are kept apart."""
    kind = type(model).__kommo_kind__
    parent, alone = find_parent(model) if related.is_changed else None, None if features.links_many else id(model)
    carries = creating and features.carries_links
    for pk, meta in () if carries else related.links_to_remove.items():
        body = {"to_entity_id": pk, "to_entity_type": related.target, "metadata": related.build_unlink_meta(meta)}
        sent = {name: SentLinks((), {pk: meta})}
        groups.setdefault(("unlink", kind, parent, alone), []).append(
            BatchItem(model, str(next(marks)), body, model.pk, extras=sent, relation=name)
        )
    for linked in related.pending:
        if linked.object.pk is None and not creating:
            continue
        if carries and (not linked.object.is_new or flush_rank(type(linked.object).__kommo_kind__) < flush_rank(kind)):
            continue
        link = {"metadata": related.build_link_meta(linked)}
        body = {"to_entity_id": linked.object.pk, "to_entity_type": related.target, **link}
        sent = {name: SentLinks((PendingLink(linked.object, dict(linked.meta)),), {})}
        groups.setdefault(("link", kind, parent, alone), []).append(
            BatchItem(model, str(next(marks)), body, model.pk, extras=sent, relation=name)
        )
