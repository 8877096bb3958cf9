"""Relations whose objects are created inside of their owner's own request: the lead and the people of an incoming lead.

They are no links. What is given to a new owner goes along in its body, and a stored owner keeps what it has. New objects
get their ids from the answer to the owner's creation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, Self, cast

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError, NotLoaded
from kommo_orm.model.arguments import validate_list
from kommo_orm.model.instance_state import AWAITS_ID
from kommo_orm.model.pending_links import LinkMeta, PendingLinks, SentLinks
from kommo_orm.model.php_shapes import read_embedded
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.model.relation_descriptors import Related, RelatedOne

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

M = TypeVar("M", bound="Model", covariant=True)


class NestedObjects(RelatedObjects[M]):
    """The objects of such a relation. They are given before the owner is created, and not changed later."""

    _is_nested_create = True

    def __init__(self, owner: Model, relation: Related[Any]) -> None:
        super().__init__(owner, relation)
        self._awaited: list[Any] = []  # objects that were sent and whose ids are not known yet

    def add(self, *objects: Model | int, main: bool | None = None, **meta: Any) -> None:
        """Let an object (new, or a stored one by its id) be created together with its owner.

        Raises:
            ConfigurationError: the owner is stored, there is one already, or a stored row cannot be given here.
        """
        self._refuse_stored_owner()
        super().add(*objects, main=main, **meta)
        if len(self._links_to_add) > 1:
            for linked in [*self._added][1:]:
                self._added.discard(linked.object)
            raise ConfigurationError(
                f"{type(self._owner).__name__}.{self._relation.name} takes one object: Kommo creates no more at once"
            )

    def remove(self, *objects: Model | int, updated_by: int | None = None) -> None:
        """Take an object out of those that are created together with their owner."""
        self._refuse_stored_owner()
        super().remove(*objects, updated_by=updated_by)

    def set(self, objects: Iterable[Model | int]) -> None:
        """Let these be the ones that are created together with their owner."""
        self._refuse_stored_owner()
        wanted = validate_list(self._relation.name, objects)
        self._added = PendingLinks()
        self.add(*wanted)

    def _lacks(self, pk: int) -> bool:
        known = self._objects.get(pk)
        return known is None or (known.__kommo_state__.row is None and pk not in self._missing)

    def _mark_stored(self, sent: SentLinks | None = None) -> None:
        """Make what was sent the baseline. Its ids come with the answer, or with the owner's next row."""
        sent = self._take_snapshot() if sent is None else sent
        for linked in sent.added:
            self._await_id(linked.object)
        super()._mark_stored(sent)

    def _await_id(self, model: Model) -> None:
        """Note an object that was created with the owner and whose id is not known yet."""
        if model.pk is None and not any(model is other for other in self._awaited):
            self._awaited.append(model)

    def _reload_baseline(self) -> None:
        """Read the owner's new row, which may have the id that an object waits for."""
        super()._reload_baseline()
        self._assign_ids(self._baseline or ())

    def _assign_ids(self, ids: Iterable[int]) -> None:
        """Give its id to the object that waits for one. `ids` are the rows that the owner has now."""
        known = list(ids)
        if len(known) != 1 or len(self._awaited) != 1:
            return
        (waiting,), self._awaited = self._awaited, []
        if waiting.__kommo_state__.create_attempt is not None:
            waiting.resolve(created_id=known[0])
        if waiting.pk == known[0]:
            self._baseline = {**(self._baseline or {}), known[0]: {}}
            self._objects[known[0]] = waiting
        self._owner._after_nested_id()

    def _copy_for(self, model: Model, duplicate: Callable[[Any], Any]) -> Self:
        twin = super()._copy_for(model, duplicate)
        twin._awaited = duplicate(list(self._awaited))
        return twin

    def __getstate__(self) -> Any:
        return (super().__getstate__(), self._awaited)

    def __setstate__(self, kept: Any) -> None:
        known, self._awaited = kept
        super().__setstate__(known)

    def __len__(self) -> int:
        return len(self._get_objects())

    def __repr__(self) -> str:
        if self._awaited and not self._baseline:
            return f"<{self._relation.name} of {type(self._owner).__name__} {self._owner.pk}: ids are not known yet>"
        return super().__repr__()

    # ---- inside
    def _read_baseline(self) -> dict[int, LinkMeta] | None:
        """Read the linked rows. A row that embeds anything embeds all that it has."""
        found = super()._read_baseline()
        return {} if found is None and read_embedded(self._owner.__kommo_state__.row) is not None else found

    def _get_objects(self) -> list[M]:
        """Return references for rows that are not loaded: rows carry ids alone. Before they do, return what was sent."""
        if self._awaited and not self._baseline:
            return cast("list[M]", list(self._awaited))
        for pk in self._get_baseline_links():
            if not self._is_loaded(pk):
                self._objects[pk] = self._make_reference(pk)
        return super()._get_objects()

    def _get_baseline_links(self) -> dict[int, LinkMeta]:
        if self._awaited and not self._baseline:
            raise NotLoaded(self._describe_unknown())
        return super()._get_baseline_links()

    def _describe_unknown(self) -> str:
        if not self._awaited:
            return super()._describe_unknown()
        return f"{type(self._owner).__name__} {self._owner.pk} does not know the id of its {self._relation.name}: {AWAITS_ID}."

    def _make_reference(self, pk: int) -> Model:
        if self._class is None:
            return super()._make_reference(pk)
        return cast("Model", self._class.reference(pk, self._owner.__kommo_state__.account))

    def _refuse_stored_owner(self) -> None:
        if not self._owner.is_new:
            owner = self._owner
            raise ConfigurationError(
                f"{type(owner).__name__} {owner.pk} is stored: its {self._relation.name} are given when it is created. "
                "Change them by themselves"
            )

    def _validate_target(self, given: Model | int) -> Model:
        target = super()._validate_target(given)
        if target.pk is not None and not cast("NestedCreate[Any]", self._relation).accepts_stored:
            raise ConfigurationError(
                f"{type(self._owner).__name__}.{self._relation.name} makes a new row of its own: a stored one cannot be given"
            )
        return target


class NestedCreate(Related[M], Generic[M]):
    """Declares a relation whose objects are created inside of their owner. `accepts_stored`: ids of stored rows will do."""

    state_class = NestedObjects
    in_constructor = True

    def __init__(self, target: str, *, accepts_stored: bool = True) -> None:
        super().__init__(target)
        self.accepts_stored = accepts_stored


class NestedCreateOne(RelatedOne[M], Generic[M]):
    """Declares such a relation as one object: `lead`. It is a reference while only its id is known."""

    in_constructor = True
