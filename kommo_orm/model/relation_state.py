"""The state of a relation: which rows are linked in Kommo, and which links are to be made or undone.

Which rows are linked stands in the owner's row, as ids. The objects themselves come by `include()` or `load()`. Flushes and
queries call what is here; `related_objects` adds what a user may call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from kommo_orm.errors import ConfigurationError, NotLoaded
from kommo_orm.model.arguments import validate_id
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.convert_object import convert_object
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.owned_state import OwnedState
from kommo_orm.model.pending_links import LinkMeta, PendingLink, PendingLinks, SentLinks, drop_author
from kommo_orm.model.php_shapes import embeds_nothing, read_embedded

if TYPE_CHECKING:
    from kommo_orm.model.model import Model
    from kommo_orm.model.relation_descriptors import Related


class RelationState(OwnedState):
    """The attached state of one relation of one object.

    * `_baseline`: the linked rows in Kommo, with what each link carries; None while that is not known.
    * `_objects`: the linked objects in memory, by id.
    * `_missing`: linked rows that were asked for and did not come: they are in the trash, or not for this user.
    * `_added`, `_removed`: links to be made and to be undone.
    * `_metas`: what links carried that this object made.
    * `_unconfirmed`: rows whose linking or unlinking was sent and may be done.
    * `_class`: the class that `of()` named.
    """

    _keeps_loaded = True
    _load_hint = "Add .include({name!r}) to the query, or load([...], {name!r}) for objects that you have"
    _is_nested_create = False  # whether new objects are created inside of the owner's request (`nested_create`)

    def __init__(self, owner: Model, relation: Related[Any]) -> None:
        super().__init__(owner)
        self._relation = relation
        self._baseline: dict[int, LinkMeta] | None = self._read_baseline()
        self._objects: dict[int, Model] = {}
        self._missing: set[int] = set()
        self._added = PendingLinks()
        self._removed: dict[int, LinkMeta] = {}
        self._metas: dict[int, LinkMeta] = {}
        self._unconfirmed: dict[int, LinkMeta] = {}
        self._class: type[Any] | None = None

    # ---- pending changes
    @property
    def _is_changed(self) -> bool:
        return bool(self._links_to_add or self._removed)

    @property
    def _links_to_add(self) -> list[PendingLink]:
        """The links to be made. A new object that the user gave up is not linked."""
        return [linked for linked in self._added if not linked.object.__kommo_state__.is_dropped]

    @property
    def _links_to_remove(self) -> dict[int, LinkMeta]:
        """The links to be undone, by id, with what they carry."""
        return dict(self._removed)

    @property
    def _target(self) -> str:
        return self._relation.target

    def _build_link_meta(self, linked: PendingLink) -> LinkMeta:
        """Return what is sent of a link that is made."""
        return {**({"is_main": True} if linked.meta.get("is_main") else {}), **self._build_unlink_meta(linked.meta)}

    def _build_unlink_meta(self, meta: LinkMeta) -> LinkMeta:
        """Return what is sent of a link that is undone."""
        return {"updated_by": meta["updated_by"]} if meta.get("updated_by") is not None else {}

    def _describe_changes(self, name: str) -> dict[str, tuple[Any, Any]]:
        if not self._is_changed:
            return {}
        old = tuple(self._baseline or ())
        kept = dict.fromkeys(pk for pk in old if pk not in self._removed)
        added = [linked.object for linked in self._added if linked.object.pk not in kept]
        now = (*kept, *(one.pk if one.pk is not None else one for one in added))
        if self._relation.single is not None:
            return {self._relation.single: (old[-1] if old else None, now[-1] if now else None)}
        return {name: (old, now)}

    def _revert(self) -> None:
        self._added, self._removed = PendingLinks(), {}
        for pk, meta in self._unconfirmed.items():  # what Kommo may have done of it is undone
            if self._baseline is not None and pk in self._baseline:
                self._added.append(PendingLink(self._find_object(pk), dict(self._baseline[pk])))
            else:
                self._removed[pk] = meta

    def _mark_unconfirmed(self, sent: SentLinks) -> None:
        """Note links that were sent and may be stored: they count as changed."""
        self._unconfirmed |= {
            linked.object.pk: dict(linked.meta) for linked in sent.added if linked.object.pk is not None
        }
        self._unconfirmed |= sent.removed

    def _take_snapshot(self) -> SentLinks:
        return SentLinks(tuple(PendingLink(one.object, dict(one.meta)) for one in self._added), dict(self._removed))

    def _mark_stored(self, sent: SentLinks | None = None) -> None:
        """Make what was sent the baseline. What was linked or unlinked since then stays pending.

        A batch calls this for each of its links. So the work is that of what was sent, however many links there are.
        """
        sent = self._take_snapshot() if sent is None else sent
        for pk in [*sent.removed, *(linked.object.pk for linked in sent.added)]:
            self._unconfirmed.pop(pk or 0, None)
        taken_back = [one for one in sent.added if not self._confirm_added(one)]
        put_back = {pk: meta for pk, meta in sent.removed.items() if self._removed.pop(pk, None) is None}
        base = self._merge_sent(sent)
        self._removed |= {one.object.pk: base.get(one.object.pk, {}) for one in taken_back if one.object.pk is not None}
        for pk, meta in put_back.items():
            self._put_back(self._find_object(pk), meta)
        if self._relation.single is not None and sent.added:
            self._baseline = base  # a relation to one object is known once it was set
        for pk in sent.removed.keys() - put_back.keys():
            self._objects.pop(pk, None)

    def _confirm_added(self, sent: PendingLink) -> bool:
        """Whether a link that was sent is still wanted. It is not pending any more, unless it carries something else by now."""
        pending = self._added.find(sent.object)
        if pending is not None and pending.meta == sent.meta:
            self._added.discard(sent.object)
        return pending is not None

    def _put_back(self, target: Model, meta: LinkMeta) -> None:
        """Let a link be made again that was undone while the user took it back."""
        pending = self._added.find(target)
        if pending is None:
            self._added.append(PendingLink(target, dict(meta)))
        else:
            self._added.merge_meta(pending, {**meta, **pending.meta})

    def _merge_sent(self, sent: SentLinks) -> dict[int, LinkMeta]:
        """Change the baseline to the links that Kommo has now, and return it. Objects of new links are kept."""
        base = {} if self._baseline is None else self._baseline
        for pk in sent.removed:
            base.pop(pk, None)
        for linked in sent.added:
            stored = linked.object.pk
            if stored is None:
                continue
            if linked.meta.get("is_main") and self._relation.has_main:
                base |= {other: {**meta, "is_main": False} for other, meta in base.items()}
            base[stored] = {**base.get(stored, {}), **drop_author(linked.meta)}
            self._objects[stored] = linked.object
            self._metas[stored] = drop_author(linked.meta)
        return base

    @property
    def _baseline_ids(self) -> tuple[int, ...]:
        """The ids of the rows that are linked in Kommo, without pending changes."""
        return tuple(self._get_baseline_links())

    @property
    def _objects_in_memory(self) -> list[Model]:
        """The related objects that are in memory."""
        return list(self._objects.values())

    def _find_lacking(self) -> list[int]:
        """The ids of linked rows whose objects are not in memory."""
        return [pk for pk in self._get_baseline_links() if self._lacks(pk)]

    def _attach_found(self, found: Mapping[int, Model]) -> None:
        """Keep those of the objects that are linked, and note linked rows that did not come."""
        linked = self._get_baseline_links()
        cls = self._class
        self._objects |= {
            pk: one if cls is None else convert_object(cls, one) for pk in linked if (one := found.get(pk)) is not None
        }
        self._missing.update([pk for pk in linked if self._lacks(pk)])

    def _lacks(self, pk: int) -> bool:
        return pk not in self._objects and pk not in self._missing

    def _is_loaded(self, pk: int) -> bool:
        return pk in self._objects or pk in self._missing

    def _attach_objects(self, objects: Iterable[Model]) -> None:
        """Keep the objects that an include or a load has read."""
        cls = self._class
        self._objects |= {
            one.pk: one if cls is None else convert_object(cls, one) for one in objects if one.pk is not None
        }

    def _replace_baseline(self, base: dict[int, LinkMeta]) -> None:
        """Take over the linked rows as Kommo lists them."""
        self._baseline, self._unconfirmed = base, {}
        self._missing = set()

    def _reload_baseline(self) -> None:
        """Read the linked rows from the owner's new row."""
        self._baseline, self._unconfirmed = self._read_baseline(), {}

    def _copy_for(self, model: Model, duplicate: Callable[[Any], Any]) -> Self:
        twin = type(self)(model, self._relation)
        twin._baseline = None if self._baseline is None else dict(self._baseline)
        twin._objects = duplicate(dict(self._objects))
        twin._added = PendingLinks(PendingLink(duplicate(linked.object), dict(linked.meta)) for linked in self._added)
        twin._removed, twin._class, twin._missing = dict(self._removed), self._class, set(self._missing)
        twin._metas, twin._unconfirmed = dict(self._metas), dict(self._unconfirmed)
        return twin

    def __getstate__(self) -> Any:
        return (self._baseline, self._objects, [(linked.object, linked.meta) for linked in self._added], self._removed)

    def __setstate__(self, kept: Any) -> None:
        self._baseline, self._objects, added, self._removed = kept
        self._added = PendingLinks(PendingLink(target, meta) for target, meta in added)

    # ---- inside
    def _read_baseline(self) -> dict[int, LinkMeta] | None:
        row = self._owner.__kommo_state__.row
        if row is None:
            return {} if self._owner.is_new else None
        items = (read_embedded(row) or {}).get(self._relation.key)
        if items is None:
            state = self._owner.__kommo_state__
            return {} if state.is_created_here or self._is_empty_in_row(state.included, row) else None
        found: dict[int, LinkMeta] = {}
        read_meta = self._relation.read_link_meta
        for item in iterate_items(items):
            pk = item.get("id")
            if type(pk) is not int:
                pk = _read_id(item)
            if pk is not None:
                found[pk] = read_meta(item)
        return found

    def _is_empty_in_row(self, included: frozenset[str], row: Any) -> bool:
        """Whether a row without the relation's key says by this that nothing is linked."""
        name = self._relation.name
        unasked = type(self._owner).__kommo_info__.includes.get(name, name) is None
        return name in included or (unasked and embeds_nothing(row))

    def _get_baseline_links(self) -> dict[int, LinkMeta]:
        if self._baseline is None:
            if self._owner.is_new:
                return {}
            raise NotLoaded(self._describe_unknown())
        return self._baseline

    def _describe_unknown(self) -> str:
        owner, name = self._owner, self._relation.name
        hint = self._load_hint.format(name=name)
        return f"{type(owner).__name__} {owner.pk} does not know its {name}: the query did not ask for them. {hint}"

    def _get_objects(self) -> list[Any]:
        linked = [pk for pk in self._get_baseline_links() if pk not in self._removed]
        if not all(pk in self._objects or pk in self._missing for pk in linked):
            raise NotLoaded(
                f"The {self._relation.name} of {type(self._owner).__name__} {self._owner.pk} are not loaded (only their "
                f"ids, in .ids). Add .include({self._relation.name!r}) to the query, or load([...], {self._relation.name!r})"
            )
        found = {pk: self._objects[pk] for pk in linked if pk in self._objects}
        fresh = [one.object for one in self._added if one.object.pk not in found]
        return [*found.values(), *fresh]

    def _find_meta(self, pk: int) -> LinkMeta:
        """Return what is known of a link that is stored or was sent."""
        return dict((self._baseline or {}).get(pk) or self._unconfirmed.get(pk) or self._metas.get(pk) or {})

    def _add_link(self, target: Model, meta: LinkMeta) -> None:
        if target.pk is not None:
            self._removed.pop(target.pk, None)
        present = (self._baseline or {}).get(target.pk) if target.pk is not None else None
        if meta.get("is_main") and self._relation.has_main:
            self._added.clear_mains()
        pending = self._added.find(target)
        if pending is not None:
            self._added.merge_meta(pending, meta)
            return
        if present is not None and target.pk not in self._unconfirmed:
            if target.pk is not None and target.__kommo_state__.row is not None:
                self._objects[target.pk] = target
            if all(present.get(name) == value for name, value in drop_author(meta).items()):
                return
        self._added.append(PendingLink(target, meta))

    def _validate_target(self, given: Model | int) -> Model:
        if isinstance(given, int) and not isinstance(given, bool):
            return self._make_reference(validate_id(f"{type(self._owner).__name__}.{self._relation.name}", given))
        kind = getattr(type(given), "__kommo_kind__", None)
        if kind != self._relation.target:
            raise ConfigurationError(
                f"{type(self._owner).__name__}.{self._relation.name} links {self._relation.target}; "
                f"{type(given).__name__} is not one of them"
            )
        mine, theirs = self._owner.account_name, cast("Model", given).account_name
        if mine is not None and theirs is not None and mine != theirs:
            raise ConfigurationError(f"an object of {theirs} cannot be linked to one of {mine}")
        return cast("Model", given)

    def _find_object(self, pk: int) -> Model:
        """Return the object of a row, or a reference where it is not in memory."""
        return self._objects.get(pk) or self._make_reference(pk)

    def _make_reference(self, pk: int) -> Model:
        return find_class(self._relation.target).reference(pk, self._owner.__kommo_state__.account)

    def _touch_owner(self) -> None:
        unit = self._owner.__kommo_state__.unit
        if unit is not None:
            unit.touch(self._owner)


def _read_id(item: dict[str, Any]) -> int | None:
    """Return the id of an embedded row, None for one that names none."""
    try:
        return int(item["id"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
