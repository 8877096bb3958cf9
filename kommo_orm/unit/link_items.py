"""Links as the items of batches: one row for each link to make or to undo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.link_row import LinkRow
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.model.pending_links import PendingLink, SentLinks
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.unit.cascade import find_parent, iterate_link_relations
from kommo_orm.unit.payload import Payload
from kommo_orm.unit.plan import flush_rank, split_chunks

if TYPE_CHECKING:
    from kommo_orm.interface.capabilities import Capabilities
    from kommo_orm.interface.dialect import Dialect

LinkGroups = dict[tuple[str, str, Parent | None, int | None], list[BatchItem]]


def add_links_to_payload(name: str, related: RelatedObjects[Model], payload: Payload) -> None:
    """Let the owner's body carry the links and unlinks whose other ends are stored; the rest follows when they are."""
    ready = tuple(PendingLink(one.object, dict(one.meta)) for one in related._links_to_add if one.object.pk is not None)
    removed = related._links_to_remove
    payload.links += [
        LinkRow("unlink", related._target, pk, related._build_unlink_meta(meta)) for pk, meta in removed.items()
    ]
    payload.links += [LinkRow("link", related._target, one.object.pk, related._build_link_meta(one)) for one in ready]
    if ready or removed:
        payload.extras[name] = SentLinks(ready, removed)


def find_carried_links(model: Model) -> Iterator[bool]:
    """Whether links can go along with an object that is to be saved: their other ends are stored by then."""
    own = flush_rank(type(model).__kommo_kind__)
    for _, related in iterate_link_relations(model):
        yield bool(related._links_to_remove)
        for linked in related._links_to_add:
            yield not linked.object.is_new or flush_rank(type(linked.object).__kommo_kind__) < own


def build_link_batches(
    dialect: Dialect, models: Iterable[Model], size: int, request_ids: Iterator[str], *, planning: bool = False
) -> list[Batch]:
    """Unlinks and links of stored objects, many owners of one kind in one request.

    With `planning` new objects count too, except for what the saving of their owner carries.
    """
    groups: LinkGroups = {}
    for model in models:
        features = dialect.capabilities(type(model).__kommo_kind__)
        embeds = features.embedded_relations if planning and model.is_new else frozenset()
        for name, related in iterate_link_relations(model):
            if name not in embeds and related._is_changed:
                LinkItems(model, name, related, features, groups, request_ids).add(planning=planning)
    batches = [
        Batch(verb, kind, tuple(chunk), parent)  # type: ignore[arg-type]
        for (verb, kind, parent, _), items in groups.items()
        for chunk in split_chunks(items, size)
    ]
    return sorted(batches, key=lambda batch: batch.verb != "unlink")


class LinkItems:
    """The link rows of one relation of one object, put into the groups that become batches."""

    def __init__(
        self,
        owner: Model,
        name: str,
        related: RelatedObjects[Model],
        features: Capabilities,
        groups: LinkGroups,
        request_ids: Iterator[str],
    ) -> None:
        self.owner, self.name, self.related, self.features = owner, name, related, features
        self.kind = type(owner).__kommo_kind__
        self.parent = find_parent(owner)
        self.single_owner = None if features.links_several_owners else id(owner)  # each owner has requests of its own
        self._groups, self._request_ids = groups, request_ids

    def add(self, *, planning: bool) -> None:
        """Add unlinks and links. Links to objects without an id are added while planning only."""
        is_carried = planning and self.features.saves_links  # what the owner's own request carries is no link row
        if not is_carried:
            for pk, meta in self.related._links_to_remove.items():
                self._append("unlink", pk, self.related._build_unlink_meta(meta), SentLinks((), {pk: meta}))
        for linked in self.related._links_to_add:
            is_later = linked.object.is_new and flush_rank(type(linked.object).__kommo_kind__) >= flush_rank(self.kind)
            if (linked.object.pk is not None or planning) and (is_later or not is_carried):
                metadata = self.related._build_link_meta(linked)  # completes what the pending link knows
                sent = SentLinks((PendingLink(linked.object, dict(linked.meta)),), {})
                self._append("link", linked.object.pk, metadata, sent)

    def _append(self, verb: str, pk: int | None, metadata: dict[str, object], sent: SentLinks) -> None:
        body = {"to_entity_id": pk, "to_entity_type": self.related._target, "metadata": metadata}
        item = BatchItem(
            self.owner, next(self._request_ids), body, self.owner.pk, extras={self.name: sent}, relation=self.name
        )
        self._groups.setdefault((verb, self.kind, self.parent, self.single_owner), []).append(item)


def select_batches(batches: Sequence[Batch], verb: str) -> list[Batch]:
    """The batches of one verb."""
    return [batch for batch in batches if batch.verb == verb]
