"""`lead.events`: what happened to one card, or to one task."""

from __future__ import annotations

from typing_extensions import Unpack

from kommo_orm.entities.events.event import Event, EventFilters, EventInclude, EventQuery
from kommo_orm.entities.shared.entity_reference import get_singular
from kommo_orm.entities.shared.related_manager import RelatedManager
from kommo_orm.model.condition import Condition


class CardEvents(RelatedManager[EventQuery[Event], Event, str]):
    """The events of one object.

    Example:
        >>> for event in lead.events.filter(type="lead_status_changed"):
        ...     print(event.created_at, event.before, event.after)
    """

    def all(self) -> EventQuery[Event]:
        """A query of these events, newest first."""
        parent = self.parent
        kind = get_singular(parent.kind)
        return Event.objects.using(self.connection).filter(entity_type=kind, entity_id=parent.id or 0)

    def filter(self, *conditions: Condition, **lookups: Unpack[EventFilters]) -> EventQuery[Event]:
        """Those of these events for which all conditions hold."""
        return self.all().filter(*conditions, **lookups)

    def include(self, *names: EventInclude) -> EventQuery[Event]:
        """These events with the name of what they are about (`event.entity_name`)."""
        return self.all().include(*names)
