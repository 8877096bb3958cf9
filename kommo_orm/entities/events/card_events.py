"""`lead.events`: what happened to one card, or to one task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self, overload

from kommo_orm.entities.events.event import Event, EventQuery
from kommo_orm.entities.owned import Owned, Viewed
from kommo_orm.entities.reference import singular_of
from kommo_orm.model.base import Model


class CardEvents(Viewed):
    """The events of one object.

    Example:
        >>> for event in lead.events.all().filter(type="lead_status_changed"):
        ...     print(event.created_at, event.before, event.after)
    """

    def all(self) -> EventQuery[Event]:
        """A query of these events, newest first."""
        parent = self.parent
        kind = singular_of(parent.kind)
        return Event.objects.using(self.connection).filter(entity_type=kind, entity_id=parent.id or 0)

    def __iter__(self) -> Iterator[Event]:
        raise self.unloaded("all()")


class EventsOf(Owned):
    """Declares `events` on a card."""

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> CardEvents: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        return self if instance is None else CardEvents(instance, self.name)
