"""Objects as items of batches: bodies of creations and updates, and the rows of links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.base import Model, changed_fields
from kommo_orm.model.belongs import Belonging
from kommo_orm.model.parent import Parent
from kommo_orm.model.relation import Linked, RelatedObjects, Sent
from kommo_orm.unit.encode import Payload, Resolver, payload
from kommo_orm.unit.members import relations
from kommo_orm.unit.plan import Batch, Item, Verb, chunked, rank_of
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.dialects.dialect import Dialect


def needs_saving(model: Model) -> bool:
    return model.is_new or model.has_changes


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """A batch before its bodies are known."""

    verb: Verb
    kind: str
    models: tuple[Model, ...]


def planned_batches(pending: Sequence[Model], size: Callable[[str, str], int]) -> Iterator[PlannedBatch]:
    """The batches of creations and updates in the order of a flush."""
    groups: dict[tuple[int, Verb, str, Parent | None], list[Model]] = {}
    for model in pending:
        if model.is_new or has_body(model):
            verb: Verb = "create" if model.is_new else "update"
            kind = type(model).__kommo_kind__
            groups.setdefault((rank_of(kind), verb, kind, parent_of(model)), []).append(model)
    for (_, verb, kind, _), models in sorted(groups.items(), key=lambda group: group[0][0]):
        for chunk in chunked(models, size(verb, kind)):
            yield PlannedBatch(verb, kind, tuple(chunk))


def has_body(model: Model) -> bool:
    """Whether more than links changed."""
    extras = model.__kommo_state__.extras.values()
    return any(True for _ in changed_fields(model)) or any(
        not isinstance(one, RelatedObjects) and one.is_changed for one in extras
    )


def parent_of(model: Model) -> Parent | None:
    finder = getattr(type(model), "__kommo_parent__", None)
    return finder(model) if finder is not None else None


def creation(
    dialect: Dialect, model: Model, resolver: Resolver, mark: str, *, checking: bool = False
) -> tuple[Item, Parent | None]:
    """The item of a new object. Related objects that are stored by now go along where the API takes them."""
    if model.__kommo_state__.row is not None and not model.__kommo_state__.is_own:
        raise ConfigurationError(
            f"{describe(model)} was read without an id, so nobody knows which row it is. It cannot be saved; clone() it for a new one."
        )
    take_ids(model)
    made = payload(model, resolver, creating=True)
    missing = [
        name
        for name in getattr(type(model), "__kommo_required__", ())
        if name not in made.body and not _waits(model, name)
    ]
    if missing:
        raise ConfigurationError(f"{describe(model)} cannot be created without {', '.join(missing)}")
    _embed(dialect, model, made)
    item = Item(model, mark, made.body, None, made.sent, tuple(made.places), made.extras, made.resolved)
    return item, None if checking else parent_of(model)


def take_ids(model: Model) -> None:
    """What it belongs to may have been saved just now."""
    for companion in model.__kommo_state__.extras.values():
        if isinstance(companion, Belonging):
            companion.take_id()


def _waits(model: Model, name: str) -> bool:
    return name == "entity_id" and any(
        getattr(companion, "object", None) is not None for companion in model.__kommo_state__.extras.values()
    )


def update(model: Model, resolver: Resolver, mark: str) -> tuple[Item, Parent | None] | None:
    """The item of a stored object; None when only its links changed."""
    take_ids(model)
    made = payload(model, resolver, creating=False)
    if not made.body:
        return None
    item = Item(model, mark, made.body, model.pk, made.sent, tuple(made.places), made.extras, made.resolved)
    return item, parent_of(model)


def _embed(dialect: Dialect, model: Model, made: Payload) -> None:
    embeds = dialect.features(type(model).__kommo_kind__).embeds
    for name, related in relations(model):
        if name in embeds and related.pending:
            rows = [embedded(linked) for linked in related.pending if linked.object.pk is not None]
            if rows and all(linked.object.pk is not None for linked in related.pending):
                made.body.setdefault("_embedded", {})[name] = rows
                made.extras[name] = related.snapshot()


def embedded(linked: Linked) -> dict[str, Any]:
    main = {"is_main": bool(linked.meta["is_main"])} if "is_main" in linked.meta else {}
    return {"id": linked.object.pk, **main}


def link_batches(
    dialect: Dialect, models: Sequence[Model], size: int, marks: Iterator[int], *, creating: bool = False
) -> list[Batch]:
    """Unlinks and links of stored objects, many owners of one kind in one request.

    With `creating` (for plans) new objects count too, except for what their creation carries.
    """
    groups: dict[tuple[str, str], list[Item]] = {}
    for model in models:
        embeds = dialect.features(type(model).__kommo_kind__).embeds if creating and model.is_new else frozenset()
        for name, related in relations(model):
            if name not in embeds:
                _link_items(model, name, related, groups, marks, creating)
    batches = [
        Batch(verb, kind, tuple(chunk))  # type: ignore[arg-type]
        for (verb, kind), items in groups.items()
        for chunk in chunked(items, size)
    ]
    return sorted(batches, key=lambda batch: batch.verb != "unlink")


def _link_items(
    model: Model,
    name: str,
    related: RelatedObjects[Model],
    groups: dict[tuple[str, str], list[Item]],
    marks: Iterator[int],
    creating: bool,
) -> None:
    kind = type(model).__kommo_kind__
    for pk, meta in related.pending_removals.items():
        body = {"to_entity_id": pk, "to_entity_type": related.target, "metadata": related.unlink_meta(meta)}
        sent = {name: Sent((), {pk: meta})}
        groups.setdefault(("unlink", kind), []).append(
            Item(model, str(next(marks)), body, model.pk, extras=sent, relation=name)
        )
    for linked in related.pending:
        if linked.object.pk is None and not creating:
            continue
        link = {"metadata": related.link_meta(linked)}
        body = {"to_entity_id": linked.object.pk, "to_entity_type": related.target, **link}
        sent = {name: Sent((Linked(linked.object, dict(linked.meta)),), {})}
        groups.setdefault(("link", kind), []).append(
            Item(model, str(next(marks)), body, model.pk, extras=sent, relation=name)
        )
