"""Objects that are created inside of another object's request: the lead and the people of an incoming lead, of a complex lead.

Each is an item of its own, whose body stands in that of its owner. They are stored, refused or uncertain together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.model import Model
from kommo_orm.model.nested_create import NestedCreate
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.unit.cascade import iterate_relations
from kommo_orm.unit.change_set import ChangeSet, compute_change_set
from kommo_orm.unit.definition_resolver import DefinitionResolver
from kommo_orm.unit.payload import Payload, build_payload
from kommo_orm.unit.report import describe

EMBEDDED = "_embedded"


@cache
def _find_nested_relations(info: EntityInfo) -> tuple[str, ...]:
    return tuple(name for name, attached in info.attached.items() if isinstance(attached, NestedCreate))


def find_nested_objects(model: Model) -> dict[str, list[Model]]:
    """The objects that a new object carries, by relation: its own, and what these are to be linked to.

    An incoming lead carries its lead; the contacts of that lead go along, too.
    """
    names = _find_nested_relations(type(model).__kommo_info__)
    if not names or not model.is_new:
        return {}
    found: dict[str, list[Model]] = {name: [] for name in names}
    for name in names:
        related = model.__kommo_state__.attached.get(name)
        if isinstance(related, RelatedObjects):
            found[name] += [linked.object for linked in related._links_to_add]
    for nested in [one for objects in found.values() for one in objects if one.is_new]:
        for name, links in iterate_relations(nested):
            if name in found:
                found[name] += [one.object for one in links._links_to_add if not _is_among(one.object, found[name])]
    return {name: objects for name, objects in found.items() if objects}


def _is_among(model: Model, others: Iterable[Model]) -> bool:
    return any(other is model or (model.pk is not None and other.pk == model.pk) for other in others)


def find_nested_creates(model: Model) -> list[Model]:
    """The new objects among them: nobody creates them by themselves."""
    return [one for objects in find_nested_objects(model).values() for one in objects if one.is_new]


def embed_nested_objects(changes: ChangeSet, payload: Payload, resolver: DefinitionResolver) -> tuple[BatchItem, ...]:
    """Put what a new object carries into its body; answers the items of the new ones."""
    items: list[BatchItem] = []
    for name, objects in find_nested_objects(changes.object).items():
        if len(objects) > 1:
            raise ConfigurationError(
                f"{describe(changes.object)} takes one of its {name}, not {len(objects)}: {objects!r}"
            )
        for nested in objects:
            item = build_nested_item(name, changes.nested.get(id(nested)) or compute_change_set(nested), resolver)
            payload.body.setdefault(EMBEDDED, {})[name] = [{"id": nested.pk} if item is None else item.body]
            items += [item] if item is not None else []
        related = changes.object.__kommo_state__.attached.get(name)
        if isinstance(related, RelatedObjects):
            payload.extras[name] = related._take_snapshot()
    return tuple(items)


def build_nested_item(name: str, changes: ChangeSet, resolver: DefinitionResolver) -> BatchItem | None:
    """A new object as a part of another one's body; None for a stored one."""
    if changes.object.pk is not None:
        return None
    made = build_payload(changes, resolver)
    tags = made.body.pop("tags_to_add", None)
    if tags:
        made.body.setdefault(EMBEDDED, {})["tags"] = tags
    places, types = tuple(made.places), tuple(made.types)
    return BatchItem(
        changes.object,
        "",
        made.body,
        None,
        made.sent,
        places,
        made.extras,
        made.resolved,
        relation=name,
        field_types=types,
    )


def read_embedded_id(row: Mapping[str, Any], key: str) -> int | None:
    """The id of the one row that is embedded under a key; None where there is none, or not one."""
    embedded = row.get("_embedded")
    found = list(iterate_items(embedded.get(key))) if isinstance(embedded, dict) else []
    try:
        return int(found[0]["id"]) if len(found) == 1 else None
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
