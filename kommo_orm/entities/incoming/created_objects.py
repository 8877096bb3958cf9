"""The lead, contact and company that are created together with an incoming lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from kommo_orm.entities.incoming.metadata import Metadata
from kommo_orm.entities.shared.entity import Editable
from kommo_orm.model.field_values import get_values
from kommo_orm.model.model import Model
from kommo_orm.model.pending_links import SentLinks
from kommo_orm.model.php_shapes import read_embedded
from kommo_orm.model.related_objects import RelatedObjects

if TYPE_CHECKING:
    from kommo_orm.entities.incoming.incoming_lead import IncomingLead
    from kommo_orm.model.nested_create import NestedObjects

RELATIONS = ("leads", "contacts", "companies")
FRIENDS = ("contacts", "companies")  # what the service links to the lead


def set_category(incoming: IncomingLead) -> None:
    """The category of a new incoming lead follows its metadata."""
    metadata = get_values(incoming).get("metadata")
    if isinstance(metadata, Metadata):
        get_values(incoming)["category"] = metadata.of_category


def apply_created_row(incoming: IncomingLead, row: dict[str, Any]) -> None:
    """Take the embedded ids of the answer. Keep the category, which answers lack and the metadata needs."""
    state = incoming.__kommo_state__
    if state.row is None:
        return
    if get_values(incoming).get("category") is not None and "category" not in state.row:
        state.set_in_row("category", get_values(incoming)["category"])
    if read_embedded(row) is None:
        return
    state.set_in_row("_embedded", row["_embedded"])
    known = {name: get_relation(incoming, name)._objects_in_memory for name in RELATIONS}
    lead = next(iter(known["leads"]), None)
    if lead is not None:
        for name in FRIENDS:
            known[name] = [*known[name], *(one.object for one in get_relation(lead, name)._links_to_add)]
    for name in RELATIONS:
        related = get_relation(incoming, name)
        related._reload_baseline()
        related._attach_objects(one for one in known[name] if one.pk in related._baseline_ids)
    if lead is not None:
        link_people(incoming, lead)


def get_relation(model: Model, name: str) -> RelatedObjects[Any]:
    found: RelatedObjects[Any] = getattr(model, name)
    return found


def link_people(incoming: IncomingLead, lead: Model) -> None:
    """The service links the new lead to the contact and the company that came with it."""
    for name in FRIENDS:
        for other in get_relation(incoming, name)._objects_in_memory:
            for one, relation, friend in ((lead, name, other), (other, "leads", lead)):
                mark_linked(get_relation(one, relation), friend)


def mark_linked(related: RelatedObjects[Any], friend: Model) -> None:
    """Mark a link as stored."""
    related.add(friend)
    related._mark_stored(SentLinks(tuple(linked for linked in related._links_to_add if linked.is_for(friend)), {}))


def apply_assigned_id(incoming: IncomingLead) -> None:
    """Link the people of a lead that has got its id."""
    for lead in get_relation(incoming, "leads")._objects_in_memory:
        if lead.__kommo_state__.is_created_here:
            link_people(incoming, lead)


def resolve_nested_objects(
    incoming: IncomingLead, parts: Mapping[str, Sequence[Model]], *, retry: bool, drop: bool
) -> None:
    """Resolve the nested objects in the same way as their incoming lead."""
    stored = incoming.__kommo_state__
    if stored.row is not None and "uid" not in stored.row:
        stored.set_in_row("uid", stored.row["id"])
    for name, part in [(name, part) for name, several in parts.items() for part in several]:
        state = part.__kommo_state__
        if state.create_attempt is None or state.create_attempt.is_stored:
            continue
        if retry or drop:
            cast(Editable, part).resolve(retry=retry, drop=drop)
        else:
            state.create_attempt = replace(state.create_attempt, is_stored=True)
            cast("NestedObjects[Any]", get_relation(incoming, name))._await_id(part)
