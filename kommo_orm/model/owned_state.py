"""`OwnedState`: attached state that knows its owner weakly.

The owner keeps the state. If the state kept the owner too, both would wait for the cyclic collector; so a page of objects is
freed as soon as it is left. Who reads the attribute gets a view of the same state, which keeps the owner alive:
`tags = Lead.objects.get(5).tags` can be used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast
from weakref import ref

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


class OwnedState:
    """Base of the state of one object's relation, of its tags, and of its custom fields."""

    __slots__ = ("__dict__", "_holder")

    def __init__(self, owner: Model) -> None:
        self._holder: Model | ref[Model] = ref(owner)

    @property
    def _owner(self) -> Model:
        """The object whose state this is."""
        holder = self._holder
        return cast("Model", holder()) if isinstance(holder, ref) else holder

    def _with_owner(self, owner: Model) -> Self:
        """Return a view of the same state that keeps its owner alive."""
        view = object.__new__(type(self))
        view.__dict__ = self.__dict__
        view._holder = owner
        return view
