"""Turns change sets into the items of batches: creations, updates, deletions. Links are rows of their own (link_items.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.model.field_spec import CoreSpec
from kommo_orm.model.model import Model
from kommo_orm.model.parent_object import ParentState
from kommo_orm.model.related_objects import PendingLink
from kommo_orm.model.tags import Tags
from kommo_orm.unit.cascade import find_new_dependencies, find_parent, iterate_link_relations
from kommo_orm.unit.change_set import ChangeSet
from kommo_orm.unit.definition_resolver import DefinitionResolver
from kommo_orm.unit.link_items import add_links_to_payload
from kommo_orm.unit.nested_creates import embed_nested_objects
from kommo_orm.unit.payload import Payload, build_payload
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.interface.dialect import Dialect


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
        raise ConfigurationError(f"{describe(model)} cannot be created without {', '.join(missing)}")


def _has_parent_object(model: Model, name: str) -> bool:
    """Whether the id is missing only because the parent object has none yet."""
    return name == "entity_id" and any(
        getattr(attached, "object", None) is not None for attached in model.__kommo_state__.attached.values()
    )


def refuse_blank_name(model: Model, payload: Payload) -> None:
    """What cannot be without a name cannot have an empty one either."""
    name = payload.body.get("name", "x")
    if not str(name).strip() and "name" in type(model).__kommo_info__.required:
        raise ConfigurationError(f"{describe(model)}: its name is empty, and Kommo wants one")


def _embed_links(dialect: Dialect, model: Model, payload: Payload) -> None:
    """Let a creation carry its links to stored rows, where the API takes them and all of them have ids."""
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
        raise ConfigurationError(
            f"{describe(model)}: Kommo's API {dialect.name} writes all {name} of an object together, and they are not "
            "loaded. Call refresh() first"
        )
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
        payload.resolved or any(part.uses_definitions for part in nested),
        nested_items=nested,
        field_types=tuple(payload.types),
        links=tuple(payload.links),
        stored_values=read_stored_values(model),
        unconfirmed_writes=model.__kommo_state__.unconfirmed_writes,
    )


def build_delete_item(model: Model, request_id: str) -> BatchItem:
    """The item of an object that is deleted: its id, and what else the API knows the row by."""
    return BatchItem(model, request_id, model._build_delete_body(), model.pk, stored_values=read_stored_values(model))


def read_stored_values(model: Model) -> dict[str, Any]:
    """The stored row as far as it is known: as it was read, with what has been saved since."""
    state = model.__kommo_state__
    row = dict(state.row or {})
    for name, value in state.baseline.items():
        spec = type(model).__kommo_info__.fields[name]
        if isinstance(spec, CoreSpec):
            row[spec.key] = None if value is None else spec.codec.encode(value)
    return row
