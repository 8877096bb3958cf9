"""Links between objects that are not sent yet, and what a link itself carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kommo_orm.model.instance_state import InstanceState

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

LinkMeta = dict[str, Any]  # what a link carries: whether it is the main one, a quantity, who made it


@dataclass(slots=True)
class PendingLink:
    """A link that is to be made: the object, new or stored, and what the link carries."""

    object: Model
    meta: LinkMeta = field(default_factory=dict)

    def is_for(self, other: Model) -> bool:
        """Whether it links this object."""
        return self.object is other or (self.object.pk is not None and self.object.pk == other.pk)


@dataclass(frozen=True, slots=True)
class SentLinks:
    """The pending links and unlinks at the moment of sending."""

    added: tuple[PendingLink, ...]
    removed: dict[int, LinkMeta]


class PendingLinks:
    """The links that one relation is to make, in their order. A link is found by its object or by the object's id.

    Both are looked up in maps, so that thousands of links of one owner cost a fixed time each. An object that was new when it
    was linked gets its id later. The map of ids takes it over when any object of the process has got an id since the last look.
    """

    __slots__ = ("_by_object", "_by_pk", "_id_mark", "_mains", "_without_id")

    def __init__(self, links: Iterable[PendingLink] = ()) -> None:
        self._by_object: dict[int, PendingLink] = {}
        self._by_pk: dict[int, PendingLink] = {}
        self._without_id: dict[int, PendingLink] = {}  # by object
        self._mains: dict[int, PendingLink] = {}  # by object: those that say whether they are the main one
        self._id_mark: object = None  # while it is unpickled, an object may not have its id yet
        for linked in links:
            self.append(linked)

    def __iter__(self) -> Iterator[PendingLink]:
        return iter(self._by_object.values())

    def __len__(self) -> int:
        return len(self._by_object)

    def find(self, target: Model) -> PendingLink | None:
        """Return the link of an object; None if it is not linked here."""
        found = self._by_object.get(id(target)) if self._by_object else None
        return self.find_by_pk(target.pk) if found is None else found

    def find_by_pk(self, pk: int | None) -> PendingLink | None:
        """Return the link of the row with this id; None if there is none."""
        if pk is None or not self._by_object:
            return None
        self._take_over_ids()
        return self._by_pk.get(pk)

    def find_main(self) -> PendingLink | None:
        """Return the first link that makes its object the main one."""
        return next((linked for linked in self._mains.values() if linked.meta["is_main"]), None)

    def append(self, linked: PendingLink) -> None:
        """Add a link at the end. Its object must not be linked here."""
        key, pk = id(linked.object), linked.object.pk
        self._by_object[key] = linked
        if pk is None:
            self._without_id[key] = linked
        else:
            self._by_pk[pk] = linked
        if "is_main" in linked.meta:
            self._mains[key] = linked

    def merge_meta(self, linked: PendingLink, meta: LinkMeta) -> None:
        """Let a link carry this, too."""
        linked.meta.update(meta)
        if "is_main" in linked.meta:
            self._mains[id(linked.object)] = linked

    def discard(self, target: Model) -> None:
        """Take the link of an object out, if there is one."""
        linked = self.find(target)
        if linked is not None:
            self._drop(linked)

    def clear_mains(self) -> None:
        """Let no link say whether its object is the main one."""
        for linked in self._mains.values():
            linked.meta.pop("is_main", None)
        self._mains.clear()

    def _drop(self, linked: PendingLink) -> None:
        key, pk = id(linked.object), linked.object.pk
        del self._by_object[key]
        self._without_id.pop(key, None)
        self._mains.pop(key, None)
        if pk is not None and self._by_pk.get(pk) is linked:
            del self._by_pk[pk]

    def _take_over_ids(self) -> None:
        """Find objects by their ids that were new at the last look. Two objects of one row are one link."""
        if self._id_mark is InstanceState.id_mark:
            return
        self._id_mark = InstanceState.id_mark
        for key, linked in [(key, one) for key, one in self._without_id.items() if one.object.pk is not None]:
            del self._without_id[key]
            known = self._by_pk.setdefault(linked.object.pk or 0, linked)
            if known is not linked:
                self.merge_meta(known, {**linked.meta, **known.meta})
                self._drop(linked)


def drop_author(meta: LinkMeta) -> LinkMeta:
    """Return what a link carries for good. Its author is sent once and not kept."""
    return {key: value for key, value in meta.items() if key != "updated_by"}
