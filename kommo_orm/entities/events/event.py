"""Events: the feed of what happened to cards and tasks. Read-only, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Never, Self, get_args

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.events.changes_attr import ChangesAttr
from kommo_orm.entities.events.event_changes import AnyChange, FieldChange
from kommo_orm.entities.events.event_filters import OF_FIELD, SPECIALS, combine_event_filters, convert_expressions
from kommo_orm.entities.events.event_type import EventType, fetch_event_types
from kommo_orm.entities.shared.entity import Entity
from kommo_orm.entities.shared.entity_reference import make_reference
from kommo_orm.entities.shared.text_id_query import TextIdQuery
from kommo_orm.errors import NotLoaded
from kommo_orm.fields.raw_values import is_object
from kommo_orm.model.attr import Attr, ReadMoment
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Condition, Exact
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_spec import FieldSpec
from kommo_orm.model.php_shapes import read_embedded
from kommo_orm.query.manager import Manager, require_class

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

V = TypeVar("V", bound="Event", default="Event", covariant=True)

EventInclude = Literal[
    "contact_name", "lead_name", "company_name", "customer_name", "catalog_name", "catalog_element_name", "note"
]
EventStage = tuple[int | None, int | None]


class EventFilters(TypedDict, total=False):
    """Filters of events. Source: Kommo API v4, "Filters of events".

    `entity_type` is `lead`, `contact`, `company`, `customer`, `task` or `catalog_5` (the plural will do); `entity_id` needs
    exactly one. `..._after` and `..._before` compare what a value is or was: stages as (pipeline, status), responsible users
    and options by their ids, names and prices by themselves (`value_...`, with a `type`).
    """

    id: str
    id__in: Iterable[str]
    type: str
    type__in: Iterable[str]
    entity_type: str
    entity_type__in: Iterable[str]
    entity_id: int
    entity_id__in: Iterable[int]
    created_by: int
    created_by__in: Iterable[int]
    created_at__gte: datetime
    created_at__lte: datetime
    created_at__range: tuple[datetime, datetime]
    status_after: EventStage
    status_after__in: Iterable[EventStage]
    status_before: EventStage
    status_before__in: Iterable[EventStage]
    customer_status_after: int
    customer_status_after__in: Iterable[int]
    customer_status_before: int
    customer_status_before__in: Iterable[int]
    responsible_after: int
    responsible_after__in: Iterable[int]
    responsible_before: int
    responsible_before__in: Iterable[int]
    option_after: int
    option_after__in: Iterable[int]
    option_before: int
    option_before__in: Iterable[int]
    value_after: int | str
    value_before: int | str


class EventQuery(TextIdQuery[V]):
    """A query of events, newest first, a hundred a request."""

    _filters = EventFilters
    _includes = get_args(EventInclude)
    _special_filters: ClassVar[dict[str, FieldSpec]] = SPECIALS

    def filter(self, *conditions: Condition, **lookups: Unpack[EventFilters]) -> Self:
        """Events for which all conditions hold.

        Raises:
            QueryError: an unknown or impossible filter, values that do not fit together, or more than Kommo takes.

        Example:
            >>> Event.objects.filter(entity_type="lead", status_after=(7, 142), created_at__gte=monday)
            >>> Event.objects.filter(type__in=["incoming_call", "outgoing_call"], created_by=42)
        """
        return self._add_conditions(tuple(convert_expressions(conditions)), lookups)

    def include(self, *names: EventInclude) -> Self:
        """Load the names of what the events are about (`event.entity_name`), by kind."""
        return self._add_includes(names)

    def types(self, language_code: str | None = None) -> list[EventType]:
        """All types of events that the account knows, with labels in a language (`en`, `es`, `pt`, `ru`; else the user's)."""
        return self._require_connection().run(fetch_event_types(self._require_connection(), language_code))

    async def atypes(self, language_code: str | None = None) -> list[EventType]:
        """`types()` for async code."""
        return await self._require_connection().arun(fetch_event_types(self._require_connection(), language_code))

    def _combine_conditions(self, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return combine_event_filters(conditions)


class EventManager(Manager):
    """`Event.objects`."""

    def __get__(self, instance: None, owner: type[V]) -> EventQuery[V]:
        return EventQuery(require_class(instance, owner))


class Event(Entity):
    """Something that happened: `type` says what, `entity` to what, `created_by` by whom (0: a robot).

    `value_before` and `value_after` are what it changed, as values of small classes (`StageChange`, `PriceChange` ...);
    `before` and `after` are the first of each. Its id is a text.

    Example:
        >>> for event in lead.events.filter(type="lead_status_changed"):
        ...     match event.before, event.after:
        ...         case StageChange(id=old), StageChange(id=new):
        ...             print(event.created_at, old, "->", new)

    Source: Kommo API v4, "Events".
    """

    __kommo_info__ = EntityInfo(
        kind="events", on_request=frozenset({"entity_name"}), id_type=str, has_custom_fields=False
    )

    id: Attr[str, str, Exact[str]] = field(writable="")  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
    type: Attr[str, Never, Exact[str]] = field()
    entity_id: Attr[int | None, Never, Exact[int]] = field()
    entity_type: Attr[str | None, Never, Exact[str]] = field()
    created_by: Attr[int | None, Never, Exact[int]] = field()
    created_at: ReadMoment = field()
    value_before: ChangesAttr = field()
    value_after: ChangesAttr = field()
    account_id: Attr[int | None, Never] = field()

    objects = EventManager()

    if TYPE_CHECKING:

        @property
        def pk(self) -> str | None: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]

    @property
    def before(self) -> AnyChange | None:
        """The first value before the event; None if there is none."""
        return next(iter(self.value_before), None)

    @property
    def after(self) -> AnyChange | None:
        """The first value after the event; None if there is none."""
        return next(iter(self.value_after), None)

    @property
    def field_id(self) -> int | None:
        """The custom field that was changed; None for any other event."""
        found = OF_FIELD.fullmatch(self.type)
        if found is None:
            return None
        ids = (value.field_id for value in (*self.value_after, *self.value_before) if isinstance(value, FieldChange))
        return int(found[1]) if found[1] else next(ids, None)

    @property
    def is_by_robot(self) -> bool:
        """Whether no user did it."""
        return not self.created_by

    @property
    def entity(self) -> Model | None:
        """The object that it happened to, as a reference; None where no class exists for it."""
        row = self._entity_row()
        return make_reference(self, self.entity_type, self.entity_id, row.get("catalog_id"))

    @property
    def entity_name(self) -> str | None:
        """The name of what it happened to. Raises `NotLoaded` without `.include("lead_name")`."""
        row = self._entity_row()
        if "name" not in row:
            kind = self.entity_type or "lead"
            if f"{kind}_name" in self.__kommo_state__.included:
                return None  # it was requested, and the service sent none
            raise NotLoaded(
                f"Event {self.pk} does not know the name of its {kind}: add .include({f'{kind}_name'!r}) to the query"
            )
        return None if row["name"] is None else str(row["name"])

    def _entity_row(self) -> dict[str, Any]:
        found = (read_embedded(self.__kommo_state__.row) or {}).get("entity")
        return found if is_object(found) else {}


register_class("events", Event)
__all__ = ["Event", "EventQuery"]
