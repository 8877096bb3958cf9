"""Relations whose objects are created inside of their owner's own request: the lead and the people of an incoming lead.

They are no links: what is given to a new owner goes along in its body, and a stored owner keeps what it has. New
objects get their ids from the answer to the owner's creation.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, cast

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.relation import Meta, Related, RelatedObjects, RelatedOne, Sent

if TYPE_CHECKING:
    from kommo_orm.model.base import Model

M = TypeVar("M", bound="Model", covariant=True)


class CarriedObjects(RelatedObjects[M]):
    """The companion: like a relation, but given at the owner's creation only."""

    is_carried = True

    def __init__(self, owner: Model, relation: Related[Any]) -> None:
        super().__init__(owner, relation)
        self._awaited: list[Any] = []  # were sent, and it is not known yet which row they are

    def add(self, *objects: Model | int, main: bool | None = None, **meta: Any) -> None:
        """Let an object (new, or a stored one by its id) be created together with its owner.

        Raises:
            ConfigurationError: the owner is stored, there is one already, or a stored row cannot be given here.
        """
        self._must_be_new()
        super().add(*objects, main=main, **meta)
        if len(self.pending) > 1:
            del self._added[1:]
            raise ConfigurationError(
                f"{type(self._owner).__name__}.{self._relation.name} takes one object: Kommo creates no more at once"
            )

    def remove(self, *objects: Model | int, updated_by: int | None = None) -> None:
        """Take an object out of those that are created together with their owner."""
        self._must_be_new()
        super().remove(*objects, updated_by=updated_by)

    def set(self, objects: Iterable[Model | int]) -> None:
        """Let these be the ones that are created together with their owner."""
        self._must_be_new()
        wanted = list(objects)
        self._added = []
        self.add(*wanted)

    def lacks(self, pk: int) -> bool:
        known = self._objects.get(pk)
        return known is None or (known.__kommo_state__.row is None and pk not in self._unseen)

    def settle(self, sent: Sent | None = None) -> None:
        """What was sent is stored; its ids come with the answer, or with the next reading of the owner's row."""
        sent = self.snapshot() if sent is None else sent
        self._awaited = [linked.object for linked in sent.added if linked.object.pk is None]
        super().settle(sent)

    def reread(self) -> None:
        """The owner's row was replaced: an object that waits for its id may learn it."""
        super().reread()
        ids = list(self._base or ())
        if len(ids) == len(self._awaited) == 1:
            (waiting,) = self._awaited
            if waiting.__kommo_state__.is_uncertain:
                waiting.resolve(created_id=ids[0])
                self._objects[ids[0]] = waiting
            self._awaited = []

    # ---- inside
    def _in_row(self) -> dict[int, Meta] | None:
        """A row that embeds anything embeds all that it has."""
        embedded = (self._owner.__kommo_state__.row or {}).get("_embedded")
        found = super()._in_row()
        return {} if found is None and isinstance(embedded, dict) else found

    def _all(self) -> list[M]:
        """Ids are all that rows tell: what was not loaded is here as a reference."""
        for pk in self._linked():
            if not self._is_here(pk):
                self._objects[pk] = self._reference(pk)
        return super()._all()

    def _reference(self, pk: int) -> Model:
        if self._class is None:
            return super()._reference(pk)
        return cast("Model", self._class.reference(pk, self._owner.__kommo_state__.account))

    def _must_be_new(self) -> None:
        if not self._owner.is_new:
            owner = self._owner
            raise ConfigurationError(
                f"{type(owner).__name__} {owner.pk} is stored: its {self._relation.name} are given when it is created. "
                "Change them by themselves."
            )

    def _checked(self, given: Model | int) -> Model:
        target = super()._checked(given)
        if target.pk is not None and not cast("Carried[Any]", self._relation).takes_stored:
            raise ConfigurationError(
                f"{type(self._owner).__name__}.{self._relation.name} makes a new row of its own: a stored one cannot be given"
            )
        return target


class Carried(Related[M], Generic[M]):
    """Declares a relation whose objects are created inside of their owner. `takes_stored`: ids of stored rows will do."""

    companion = CarriedObjects
    in_constructor = True

    def __init__(self, target: str, *, takes_stored: bool = True) -> None:
        super().__init__(target)
        self.takes_stored = takes_stored


class CarriedOne(RelatedOne[M], Generic[M]):
    """Declares a carried relation as one object: `lead`. Known by its id alone, it is a reference."""

    in_constructor = True
