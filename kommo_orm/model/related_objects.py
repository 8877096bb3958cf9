"""Relations between objects: what is linked, what was added or removed and is not sent yet.

Nothing here ever talks. Which rows are linked stands in the row of the owner (ids); the objects themselves come by
`include()` or `load()`. `add`, `remove`, `set` and `clear` are pending changes, sent by `save()` or a flush.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Self, cast

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError, NotLoaded
from kommo_orm.model.arguments import refuse_list_argument, validate_flag, validate_id, validate_link_ids, validate_list
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.php_shapes import embeds_nothing, read_embedded

if TYPE_CHECKING:
    from kommo_orm.model.model import Model
    from kommo_orm.model.relation_descriptors import Related

M = TypeVar("M", bound="Model", covariant=True)
N = TypeVar("N", bound="Model")
LinkMeta = dict[str, Any]


@dataclass(slots=True)
class PendingLink:
    """One pending link: an object (new or stored) and what the link itself carries."""

    object: Model
    meta: LinkMeta = field(default_factory=dict)

    def is_for(self, other: Model) -> bool:
        return self.object is other or (self.object.pk is not None and self.object.pk == other.pk)


@dataclass(frozen=True, slots=True)
class SentLinks:
    """Pending links and unlinks at the moment of sending."""

    added: tuple[PendingLink, ...]
    removed: dict[int, LinkMeta]


def _read_id(item: dict[str, Any]) -> int | None:
    """The id of an embedded row, None for one that names none."""
    try:
        return int(item["id"])
    except (KeyError, TypeError, ValueError):
        return None


class RelatedObjects(Generic[M]):
    """The objects of one relation of one object.

    Example:
        >>> deal.contacts.add(Person(name="Ann"), main=True)
        >>> deal.contacts.ids
        (55, 56)
    """

    _keeps_loaded = True
    _load_hint = "Add .include({name!r}) to the query, or load([...], {name!r}) for objects that you have"
    _is_nested_create = False  # made by links of its own; else inside of the owner's creation (`carried.py`)

    def __init__(self, owner: Model, relation: Related[Any]) -> None:
        self._owner, self._relation = owner, relation
        self._baseline: dict[int, LinkMeta] | None = self._read_baseline()
        self._objects: dict[int, Model] = {}
        self._missing: set[int] = (
            set()
        )  # linked rows that were asked for and not answered: trashed, or not for this user
        self._added: list[PendingLink] = []
        self._removed: dict[int, LinkMeta] = {}
        self._metas: dict[int, LinkMeta] = {}  # what links carried that were made from here
        self._unconfirmed: dict[int, LinkMeta] = {}  # rows whose linking or unlinking was sent and may have been done
        self._class: type[Any] | None = None  # the class that `of()` named

    # ---- reading
    @property
    def ids(self) -> tuple[int, ...]:
        """Ids of the linked rows, pending changes included (new objects have none yet). Never talks.

        Raises:
            NotLoaded: the service did not send which rows are linked.
        """
        kept = [pk for pk in self._get_baseline_links() if pk not in self._removed]
        added = [linked.object.pk for linked in self._added]
        return tuple(dict.fromkeys([*kept, *(pk for pk in added if pk is not None)]))

    @property
    def main(self) -> M | None:
        """The main one: the object if it is loaded, else a reference that knows only its id."""
        if not self._relation.has_main:
            return None
        for linked in self._added:
            if linked.meta.get("is_main"):
                return cast("M", linked.object)
        for pk, meta in self._get_baseline_links().items():
            if meta.get("is_main") and pk not in self._removed:
                return cast("M", self._objects.get(pk) or self._make_reference(pk))
        return None

    @property
    def is_loaded(self) -> bool:
        """Whether the objects themselves are here, so that iterating works."""
        return self._baseline is not None and all(
            self._is_loaded(pk) for pk in self._baseline if pk not in self._removed
        )

    def __iter__(self) -> Iterator[M]:
        return iter(self._get_objects())

    def __len__(self) -> int:
        return (
            len(self._get_objects())
            if self._owner.is_new
            else len(self.ids) + sum(linked.object.pk is None for linked in self._added)
        )

    def __bool__(self) -> bool:
        return len(self) > 0

    def __contains__(self, item: object) -> bool:
        if isinstance(item, int):
            return item in self.ids
        pk = getattr(item, "pk", None)
        return any(linked.object is item for linked in self._added) or (pk is not None and pk in self.ids)

    def __getitem__(self, index: int) -> M:
        return self._get_objects()[index]

    def of(self, cls: type[N]) -> RelatedObjects[N]:
        """The same relation with its objects read as your own class: `deal.contacts.of(Person)`.

        Raises:
            ConfigurationError: the class is of another kind of entity, or a loaded object has changes that would be lost.
        """
        if cls.__kommo_kind__ != self._relation.target:
            raise ConfigurationError(f"{cls.__name__} does not stand for {self._relation.target}")
        self._objects = {pk: convert_object(cls, found) for pk, found in self._objects.items()}
        self._class = cls
        return cast("RelatedObjects[N]", self)

    # ---- changing
    def add(self, *objects: Model | int, main: bool | None = None, updated_by: int | None = None) -> None:
        """Link objects (or rows by id). New objects are saved first. Pending until `save()` or a flush.

        Args:
            objects: objects of the relation's entity, or ids.
            main: make the (last) given one the main one, where the relation has one; from a contact's side, make the
                contact the main one of the leads.
            updated_by: id of the user who is said to have done it.

        Raises:
            ConfigurationError: an object of another entity or another account.
        """
        refuse_list_argument(objects, "add")
        meta: LinkMeta = validate_link_ids(updated_by=updated_by)
        if main is not None:
            self._relation.require_main()
            meta["is_main"] = validate_flag("main", main)
        for given in objects:
            self._add_link(self._validate_target(given), dict(meta))
        self._touch_owner()

    def remove(self, *objects: Model | int, updated_by: int | None = None) -> None:
        """Unlink objects (or rows by id). Pending until `save()` or a flush; what is not linked is left alone.

        `updated_by` is the id of the user who is said to have done it.
        """
        refuse_list_argument(objects, "remove")
        told: LinkMeta = validate_link_ids(updated_by=updated_by)
        for given in objects:
            target = self._validate_target(given)
            self._added = [linked for linked in self._added if not linked.is_for(target)]
            if target.pk is not None and (
                self._baseline is None or target.pk in self._baseline or target.pk in self._unconfirmed
            ):
                self._removed[target.pk] = {**self._find_meta(target.pk), **told}
        self._touch_owner()

    def _find_meta(self, pk: int) -> LinkMeta:
        """What is known of a link, stored or sent once."""
        return dict((self._baseline or {}).get(pk) or self._unconfirmed.get(pk) or self._metas.get(pk) or {})

    def set(self, objects: Iterable[Model | int]) -> None:
        """Make these the linked ones: the others are unlinked. Needs to know which are linked now."""
        wanted = [self._validate_target(given) for given in validate_list(self._relation.name, objects)]
        kept = {target.pk for target in wanted}
        self.remove(*[pk for pk in self.ids if pk not in kept])
        self._added = [linked for linked in self._added if any(linked.is_for(target) for target in wanted)]
        self.add(*wanted)

    def clear(self) -> None:
        """Unlink all. Needs to know which are linked now."""
        self.set(())

    # ---- the companion's side
    @property
    def _is_changed(self) -> bool:
        return bool(self._links_to_add or self._removed)

    @property
    def _links_to_add(self) -> list[PendingLink]:
        """Links to be made. A new object that was given up is none of them."""
        return [linked for linked in self._added if not linked.object.__kommo_state__.is_dropped]

    @property
    def _links_to_remove(self) -> dict[int, LinkMeta]:
        """Links to be undone, by id, with what they carry."""
        return dict(self._removed)

    @property
    def _target(self) -> str:
        return self._relation.target

    def _build_link_meta(self, linked: PendingLink) -> LinkMeta:
        """What a link row carries when it is made."""
        return {**({"is_main": True} if linked.meta.get("is_main") else {}), **self._build_unlink_meta(linked.meta)}

    def _build_unlink_meta(self, meta: LinkMeta) -> LinkMeta:
        """What a link row carries when it is undone."""
        return {"updated_by": meta["updated_by"]} if meta.get("updated_by") is not None else {}

    def _describe_changes(self, name: str) -> dict[str, tuple[Any, Any]]:
        if not self._is_changed:
            return {}
        old = tuple(self._baseline or ())
        new = [pk for pk in old if pk not in self._removed]
        added = [linked.object for linked in self._added if linked.object.pk not in new]
        now = (*new, *(one.pk if one.pk is not None else one for one in added))
        if self._relation.single is not None:
            return {self._relation.single: (old[-1] if old else None, now[-1] if now else None)}
        return {name: (old, now)}

    def _revert(self) -> None:
        self._added, self._removed = [], {}
        for pk, meta in self._unconfirmed.items():  # whatever was done of it is to be undone
            if self._baseline is not None and pk in self._baseline:
                self._added.append(
                    PendingLink(self._objects.get(pk) or self._make_reference(pk), dict(self._baseline[pk]))
                )
            else:
                self._removed[pk] = meta

    def _mark_unconfirmed(self, sent: SentLinks) -> None:
        """These links were sent, and nobody knows whether they were made."""
        self._unconfirmed |= {
            linked.object.pk: dict(linked.meta) for linked in sent.added if linked.object.pk is not None
        }
        self._unconfirmed |= sent.removed

    def _take_snapshot(self) -> SentLinks:
        return SentLinks(tuple(PendingLink(one.object, dict(one.meta)) for one in self._added), dict(self._removed))

    def _mark_stored(self, sent: SentLinks | None = None) -> None:
        """What was sent is stored now; what was linked or unlinked since then stays pending."""
        sent = self._take_snapshot() if sent is None else sent
        for pk in [*sent.removed, *(linked.object.pk for linked in sent.added)]:
            self._unconfirmed.pop(pk or 0, None)
        taken_back = [one for one in sent.added if not any(other.is_for(one.object) for other in self._added)]
        put_back = [pk for pk in sent.removed if pk not in self._removed]
        self._added = [
            one
            for one in self._added
            if not any(one.is_for(other.object) and one.meta == other.meta for other in sent.added)
        ]
        self._removed = {pk: meta for pk, meta in self._removed.items() if pk not in sent.removed}
        base = self._merge_sent(sent)
        self._removed |= {one.object.pk: base.get(one.object.pk, {}) for one in taken_back if one.object.pk is not None}
        self._added += [
            PendingLink(self._objects.get(pk) or self._make_reference(pk), dict(sent.removed[pk])) for pk in put_back
        ]
        if self._baseline is not None or (self._relation.single is not None and sent.added):
            self._baseline = base  # of one at most it is known which one it is, once it was set
        for pk in set(sent.removed) - set(put_back):
            self._objects.pop(pk, None)

    def _merge_sent(self, sent: SentLinks) -> dict[int, LinkMeta]:
        """The links that the service has now, and the objects of new ones."""
        base = {pk: meta for pk, meta in (self._baseline or {}).items() if pk not in sent.removed}
        for linked in sent.added:
            stored = linked.object.pk
            if stored is None:
                continue
            if linked.meta.get("is_main") and self._relation.has_main:
                base = {other: {**meta, "is_main": False} for other, meta in base.items()}
            base[stored] = {**base.get(stored, {}), **drop_author(linked.meta)}
            self._objects[stored] = linked.object
            self._metas[stored] = drop_author(linked.meta)
        return base

    @property
    def _baseline_ids(self) -> tuple[int, ...]:
        """Ids of the rows that are linked in the service, without pending changes."""
        return tuple(self._get_baseline_links())

    @property
    def _objects_in_memory(self) -> list[Model]:
        """The related objects that are here."""
        return list(self._objects.values())

    def _lacks(self, pk: int) -> bool:
        return not self._is_loaded(pk)

    def _is_loaded(self, pk: int) -> bool:
        return pk in self._objects or pk in self._missing

    def _mark_missing(self, ids: Iterable[int]) -> None:
        """Linked rows that were asked for and did not come: iterating leaves them out."""
        self._missing.update(ids)

    def _attach_objects(self, objects: Iterable[Model]) -> None:
        """Objects that an include or a load brought."""
        cls = self._class
        self._objects |= {
            one.pk: one if cls is None else convert_object(cls, one) for one in objects if one.pk is not None
        }

    def _replace_baseline(self, base: dict[int, LinkMeta]) -> None:
        """Which rows are linked, and what the links carry, as the service lists them."""
        self._baseline, self._unconfirmed = base, {}
        self._missing = set()

    def _reload_baseline(self) -> None:
        """The owner's row was replaced: which rows are linked is read from it again."""
        self._baseline, self._unconfirmed = self._read_baseline(), {}

    def _copy_for(self, model: Model, duplicate: Callable[[Any], Any]) -> Self:
        twin = type(self)(model, self._relation)
        twin._baseline = None if self._baseline is None else dict(self._baseline)
        twin._objects = duplicate(dict(self._objects))
        twin._added = [PendingLink(duplicate(linked.object), dict(linked.meta)) for linked in self._added]
        twin._removed, twin._class, twin._missing = dict(self._removed), self._class, set(self._missing)
        twin._metas, twin._unconfirmed = dict(self._metas), dict(self._unconfirmed)
        return twin

    def __getstate__(self) -> Any:
        return (self._baseline, self._objects, [(linked.object, linked.meta) for linked in self._added], self._removed)

    def __setstate__(self, kept: Any) -> None:
        self._baseline, self._objects, added, self._removed = kept
        self._added = [PendingLink(target, meta) for target, meta in added]

    def __repr__(self) -> str:
        known = "not loaded" if self._baseline is None and not self._owner.is_new else f"ids {self.ids}"
        return f"<{self._relation.name} of {type(self._owner).__name__} {self._owner.pk}: {known}>"

    # ---- inside
    def _read_baseline(self) -> dict[int, LinkMeta] | None:
        row = self._owner.__kommo_state__.row
        if row is None:
            return {} if self._owner.is_new else None
        items = (read_embedded(row) or {}).get(self._relation.key)
        if items is None:
            state = self._owner.__kommo_state__
            return {} if state.is_created_here or self._is_empty_in_row(state.included, row) else None
        return {
            pk: self._relation.read_link_meta(item)
            for item in iterate_items(items)
            if (pk := _read_id(item)) is not None
        }

    def _is_empty_in_row(self, included: frozenset[str], row: Any) -> bool:
        """Whether a row that does not speak of the relation says by that, that nothing is linked."""
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
        cure = self._load_hint.format(name=name)
        return (
            f"{type(owner).__name__} {owner.pk} does not know its {name}: the service was not asked for them. {cure}."
        )

    def _get_objects(self) -> list[M]:
        linked = [pk for pk in self._get_baseline_links() if pk not in self._removed]
        if not all(self._is_loaded(pk) for pk in linked):
            raise NotLoaded(
                f"The {self._relation.name} of {type(self._owner).__name__} {self._owner.pk} are not loaded (only their "
                f"ids, in .ids). Add .include({self._relation.name!r}) to the query, or load([...], {self._relation.name!r})."
            )
        found = {pk: self._objects[pk] for pk in linked if pk in self._objects}
        fresh = [one.object for one in self._added if one.object.pk not in found]
        return cast("list[M]", [*found.values(), *fresh])

    def _add_link(self, target: Model, meta: LinkMeta) -> None:
        if target.pk is not None:
            self._removed.pop(target.pk, None)
        present = (self._baseline or {}).get(target.pk) if target.pk is not None else None
        if meta.get("is_main") and self._relation.has_main:
            for linked in self._added:
                linked.meta.pop("is_main", None)
        for linked in self._added:
            if linked.is_for(target):
                linked.meta.update(meta)
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

    def _make_reference(self, pk: int) -> Model:
        reference = find_class(self._relation.target)(id=pk)
        reference.__kommo_state__.account = self._owner.__kommo_state__.account
        return reference

    def _touch_owner(self) -> None:
        unit = self._owner.__kommo_state__.unit
        if unit is not None:
            unit.touch(self._owner)


def drop_author(meta: LinkMeta) -> LinkMeta:
    """What a link carries from then on; who made it is said once."""
    return {key: value for key, value in meta.items() if key != "updated_by"}


def convert_object(cls: type[N], model: Model) -> N:
    """The object of the same row in another class, with the values that saves have moved since it was read."""
    if isinstance(model, cls):
        return model
    if model.has_changes:
        raise ConfigurationError(
            f"{type(model).__name__} {model.pk} has changes that {cls.__name__} would not show; save() or revert() it first"
        )
    state = model.__kommo_state__
    row = state.row or {"id": model.pk}
    if state.unit is not None and state.connection is not None:
        twin: N = state.unit.admit_rows(cls, [row], state.connection, state.included)[0]
    else:
        twin = cls.hydrate([row], state.account, None, state.included)[0]
    if not twin.has_changes:
        twin.__kommo_state__.baseline = {
            name: value for name, value in state.baseline.items() if name in cls.__kommo_info__.fields
        }
    return twin
