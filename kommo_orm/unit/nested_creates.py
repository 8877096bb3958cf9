"""What is created inside of another object's request: the lead and the people of an incoming lead, of a complex lead.

A part is an item of its own, whose body stands in that of the whole. Together they are stored, refused or uncertain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.model import Model
from kommo_orm.model.nested_create import NestedCreate
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.unit.cascade import iterate_relations
from kommo_orm.unit.payload import DefinitionResolver, Payload, build_payload
from kommo_orm.unit.report import describe

EMBEDDED = "_embedded"


def find_nested_objects(model: Model) -> dict[str, list[Model]]:
    """What a new object carries, by relation: its own, and what these are to be linked to where it can carry that."""
    names = [name for name, extra in type(model).__kommo_info__.attached.items() if isinstance(extra, NestedCreate)]
    found: dict[str, list[Model]] = {name: [] for name in names}
    if not names or not model.is_new:
        return {}
    for name in names:
        related = model.__kommo_state__.attached.get(name)
        if isinstance(related, RelatedObjects):
            found[name] += [linked.object for linked in related.pending]
    for part in [part for parts in found.values() for part in parts if part.is_new]:
        for name, links in iterate_relations(part):
            if name in found:
                found[name] += [one.object for one in links.pending if not _is_among(one.object, found[name])]
    return {name: parts for name, parts in found.items() if parts}


def _is_among(model: Model, others: Iterable[Model]) -> bool:
    return any(other is model or (model.pk is not None and other.pk == model.pk) for other in others)


def find_nested_creates(models: Iterable[Model]) -> list[Model]:
    """The new objects that these carry: they are not created by themselves."""
    found = {
        id(part): part
        for model in models
        for parts in find_nested_objects(model).values()
        for part in parts
        if part.is_new
    }
    return list(found.values())


def embed_nested_objects(model: Model, made: Payload, resolver: DefinitionResolver) -> tuple[BatchItem, ...]:
    """Put what a new object carries into its body; answers the items of what is new among it."""
    items: list[BatchItem] = []
    for name, parts in find_nested_objects(model).items():
        if len(parts) > 1:
            raise ConfigurationError(f"{describe(model)} takes one of its {name}, not {len(parts)}: {parts!r}")
        for part in parts:
            item = build_nested_item(name, part, resolver)
            made.body.setdefault(EMBEDDED, {})[name] = [{"id": part.pk} if item is None else item.body]
            items += [item] if item is not None else []
        related = model.__kommo_state__.attached.get(name)
        if isinstance(related, RelatedObjects):
            made.extras[name] = related.take_snapshot()
    return tuple(items)


def build_nested_item(name: str, model: Model, resolver: DefinitionResolver) -> BatchItem | None:
    """A new object as a part of another one's body; None for a stored one."""
    if model.pk is not None:
        return None
    made = build_payload(model, resolver, creating=True)
    tags = made.body.pop("tags_to_add", None)
    if tags:
        made.body.setdefault(EMBEDDED, {})["tags"] = tags
    places, types = tuple(made.places), tuple(made.types)
    return BatchItem(
        model, "", made.body, None, made.sent, places, made.extras, made.resolved, relation=name, types=types
    )


def read_embedded_id(row: Mapping[str, Any], key: str) -> int | None:
    """The id of the one row that is embedded under a key; None where there is none, or not one."""
    embedded = row.get("_embedded")
    found = list(iterate_items(embedded.get(key))) if isinstance(embedded, dict) else []
    try:
        return int(found[0]["id"]) if len(found) == 1 else None
    except (KeyError, TypeError, ValueError):
        return None
