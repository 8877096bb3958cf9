"""The objects of a relation, `deal.contacts`: what a user reads and changes.

No method here sends a request. `add`, `remove`, `set` and `clear` are pending changes; `save()` or a flush sends them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Generic, cast

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.arguments import refuse_list_argument, validate_flag, validate_link_ids, validate_list
from kommo_orm.model.convert_object import convert_object
from kommo_orm.model.pending_links import LinkMeta, PendingLink, PendingLinks
from kommo_orm.model.relation_state import RelationState

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

M = TypeVar("M", bound="Model", covariant=True)
N = TypeVar("N", bound="Model")


class RelatedObjects(RelationState, Generic[M]):
    """The objects of one relation of one object.

    Example:
        >>> deal.contacts.add(Person(name="Ann"), main=True)
        >>> deal.contacts.ids
        (55, 56)
    """

    # ---- reading
    @property
    def ids(self) -> tuple[int, ...]:
        """Ids of the linked rows, pending changes included (new objects have none yet). Sends no request.

        Raises:
            NotLoaded: the row does not say which rows are linked.
        """
        kept = [pk for pk in self._get_baseline_links() if pk not in self._removed]
        added = [linked.object.pk for linked in self._added]
        return tuple(dict.fromkeys([*kept, *(pk for pk in added if pk is not None)]))

    @property
    def main(self) -> M | None:
        """The main one: the object if it is loaded, else a reference that knows only its id."""
        if not self._relation.has_main:
            return None
        pending = self._added.find_main()
        if pending is not None:
            return cast("M", pending.object)
        for pk, meta in self._get_baseline_links().items():
            if meta.get("is_main") and pk not in self._removed:
                return cast("M", self._find_object(pk))
        return None

    @property
    def is_loaded(self) -> bool:
        """Whether the objects themselves are in memory, so that iteration works."""
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
            return self._links_row(item)
        pk = getattr(item, "pk", None)
        if pk is None:
            return any(linked.object is item for linked in self._added)
        return self._added.find(cast("Model", item)) is not None or self._links_row(pk)

    def _links_row(self, pk: int) -> bool:
        """Whether the row with this id is linked, pending changes included."""
        stored = self._get_baseline_links()
        return (pk in stored and pk not in self._removed) or self._added.find_by_pk(pk) is not None

    def __getitem__(self, index: int) -> M:
        return cast("M", self._get_objects()[index])

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
            updated_by: id of the user who appears as the author.

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

        `updated_by` is the id of the user who appears as the author.
        """
        refuse_list_argument(objects, "remove")
        author: LinkMeta = validate_link_ids(updated_by=updated_by)
        for given in objects:
            target = self._validate_target(given)
            self._added.discard(target)
            if target.pk is not None and (
                self._baseline is None or target.pk in self._baseline or target.pk in self._unconfirmed
            ):
                self._removed[target.pk] = {**self._find_meta(target.pk), **author}
        self._touch_owner()

    def set(self, objects: Iterable[Model | int]) -> None:
        """Make these the linked ones: the others are unlinked. Needs to know which are linked now."""
        wanted = [self._validate_target(given) for given in validate_list(self._relation.name, objects)]
        kept = {target.pk for target in wanted}
        self.remove(*[pk for pk in self.ids if pk not in kept])
        sought = PendingLinks(map(PendingLink, wanted))
        self._added = PendingLinks(linked for linked in self._added if sought.find(linked.object) is not None)
        self.add(*wanted)

    def clear(self) -> None:
        """Unlink all. Needs to know which are linked now."""
        self.set(())

    def __repr__(self) -> str:
        known = "not loaded" if self._baseline is None and not self._owner.is_new else f"ids {self.ids}"
        return f"<{self._relation.name} of {type(self._owner).__name__} {self._owner.pk}: {known}>"
