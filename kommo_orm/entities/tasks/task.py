"""Tasks: what a user has to do until a moment, mostly about a card."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.pipelines.stage_filter import Stage, StageSpec
from kommo_orm.entities.shared.entity import UNOFFICIAL, Editable
from kommo_orm.entities.shared.related_manager import RelatedManagerAttribute
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.fields.raw_values import is_object
from kommo_orm.model.attr import Attr, Found, Plain, ReadMoment, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.codec import Codec, clean_str, decode_str
from kommo_orm.model.condition import Assignment, Condition, Exact, Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_spec import FieldSpec
from kommo_orm.model.parent_object import ParentObject
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.query.query import Query
from kommo_orm.unit.report import Report, describe

if TYPE_CHECKING:
    from kommo_orm.entities.events.card_events import CardEvents
    from kommo_orm.model.model import Model

T = TypeVar("T", bound="Task", default="Task", covariant=True)

TaskOrder = Literal["id", "-id", "created_at", "-created_at", "complete_till", "-complete_till"]
CARDS = ("leads", "contacts", "companies", "customers")
CardKind = Literal["leads", "contacts", "companies", "customers"]
FOLLOW_UP = 1
"""The task type that every account has: follow up (or call)."""
MEETING = 2
"""The task type that every account has: meet."""


class LeadStageSpec(StageSpec):
    """The stage of the lead that a task is about. Rows of tasks do not have it: only that they are about leads is verified."""

    def __init__(self) -> None:
        FieldSpec.__init__(self, "lead_status", "Task")

    def value_of(self, model: Any) -> Any:
        return model.entity_type

    def matches(self, value: Any, wanted: Any) -> bool:
        return bool(value == "leads")


class TaskFilters(TypedDict, total=False):
    """What tasks can be filtered by. `entity_id` needs `entity_type`. `created_at`: the older API alone.

    Source: Kommo API v4, "Tasks"; Kommo API v2, "Tasks".
    """

    id: int
    id__in: Iterable[int]
    responsible_user_id: int
    responsible_user_id__in: Iterable[int]
    is_completed: bool
    task_type_id: int
    task_type_id__in: Iterable[int]
    entity_type: CardKind
    entity_id: int
    entity_id__in: Iterable[int]
    created_by: int
    created_by__in: Iterable[int]
    created_at__gte: datetime
    created_at__lte: datetime
    created_at__range: tuple[datetime, datetime]
    updated_at__gte: datetime
    updated_at__lte: datetime
    updated_at__range: tuple[datetime, datetime]
    lead_status__in: Iterable[Stage]


class TaskOptions(TypedDict, total=False):
    """Values of a new task beside its text and its deadline. `duration` is in seconds."""

    entity: Model
    entity_id: int
    entity_type: CardKind
    task_type_id: int
    responsible_user_id: int
    duration: int
    is_completed: bool
    result: str
    created_by: int
    updated_by: int
    created_at: datetime


class TaskChanges(TypedDict, total=False):
    """Values that many tasks can be given at once."""

    text: str
    complete_till: datetime
    task_type_id: int
    responsible_user_id: int
    duration: int
    is_completed: bool
    result: str
    updated_by: int


class TaskQuery(Query[T]):
    """A query of tasks."""

    _filters = TaskFilters
    _orders = ("id", "created_at", "complete_till")
    _special_filters: ClassVar[dict[str, FieldSpec]] = {"lead_status": LeadStageSpec()}

    def filter(self, *conditions: Condition, **lookups: Unpack[TaskFilters]) -> Self:
        """Tasks for which all conditions hold.

        `entity_id` goes together with `entity_type`. `lead_status__in` finds the tasks of leads by the leads' stages.

        Raises:
            QueryError: an unknown or impossible filter, or a value that does not fit.

        Example:
            >>> Task.objects.filter(is_completed=False, responsible_user_id=42).order_by("complete_till")
        """
        return self._add_conditions(conditions, lookups)

    def order_by(self, field: TaskOrder) -> Self:
        """Order by one field; a minus in front reverses the order."""
        return self._set_order(field)

    def create(self, *, text: str, complete_till: datetime, **options: Unpack[TaskOptions]) -> T:
        """Create one task and return it.

        Example:
            >>> Task.objects.create(text="Call back", complete_till=tomorrow, entity=lead)
        """
        return self._create_object({"text": text, "complete_till": complete_till, **options})

    async def acreate(self, *, text: str, complete_till: datetime, **options: Unpack[TaskOptions]) -> T:
        """`create()` for async code."""
        return await self._acreate_object({"text": text, "complete_till": complete_till, **options})

    def update(self, *assignments: Assignment, **values: Unpack[TaskChanges]) -> Report:
        """Give all tasks of the query the same values, 250 a request, after all rows were read and verified."""
        return self._update_rows(assignments, values)

    async def aupdate(self, *assignments: Assignment, **values: Unpack[TaskChanges]) -> Report:
        """`update()` for async code."""
        return await self._aupdate_rows(assignments, values)

    def _combine_conditions(self, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        names = {condition.name for condition in conditions}
        if "entity_id" in names and "entity_type" not in names:
            raise QueryError("Kommo ignores entity_id without entity_type: filter(entity_type='leads', entity_id=5)")
        return conditions


class TaskManager(Manager):
    """`Task.objects`."""

    def __get__(self, instance: None, owner: type[T]) -> TaskQuery[T]:
        return TaskQuery(require_class(instance, owner))


def decode_result(raw: Any) -> str | None:
    """`[]` until there is one, an object with its text from then on."""
    return decode_str(raw["text"]) if is_object(raw) and raw.get("text") is not None else None


RESULT: Codec[Any] = Codec(str, clean_str, decode_result, lambda text: {"text": text})


class Task(Editable):
    """A task. `result` is the text it was completed with; `duration` is in seconds. Kommo cannot delete tasks.

    Example:
        >>> task = Task(text="Call back", complete_till=tomorrow, entity=lead)
        >>> task.save()
        >>> task.complete("Agreed on Friday")

    Source: Kommo API v4, "Tasks".
    """

    __kommo_info__ = EntityInfo(
        kind="tasks", required=("text", "complete_till"), delete_hint=UNOFFICIAL, has_custom_fields=False
    )

    text: Plain[str] = field()
    complete_till: Plain[datetime] = field()
    task_type_id: Found[int] = field()
    entity_id: Attr[int | None, int, Exact[int]] = field(positive=True)
    entity_type: Attr[str | None, CardKind, Exact[str]] = field()
    responsible_user_id: Found[int] = field()
    is_completed: Found[bool] = field()
    result: Attr[str | None, str, Unfilterable[Any]] = field(codec=RESULT)
    duration: Plain[int] = field()
    group_id: ReadOnly[int] = field()
    created_by: Found[int] = field()
    updated_by: Plain[int] = field()
    created_at: Plain[datetime] = field()
    updated_at: ReadMoment = field()
    account_id: ReadOnly[int] = field()

    events = RelatedManagerAttribute["CardEvents"]("CardEvents")

    objects = TaskManager()

    if TYPE_CHECKING:
        entity: ParentObject = ParentObject(*CARDS)
    else:
        entity = ParentObject(*CARDS)

    def complete(self, result: str | None = None, *, using: Any = None) -> None:
        """Mark the task as done, with what came of it. Sends a request; other changes stay pending.

        Example:
            >>> task.complete("Agreed on Friday")
        """
        self.save(using=using, only=self._set_completed(result))

    async def acomplete(self, result: str | None = None, *, using: Any = None) -> None:
        """`complete()` for async code."""
        await self.asave(using=using, only=self._set_completed(result))

    def _set_completed(self, result: str | None) -> list[str]:
        if self.is_new:
            raise QueryError("The task is not stored: save() it before you complete it")
        self.is_completed = True
        if result is None:
            return ["is_completed"]
        self.result = result
        return ["is_completed", "result"]

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        """The card is named by its kind and its id together."""
        if body.get("result", "") is None:
            raise ConfigurationError(f"{describe(self)}: a result cannot be removed, only replaced")
        if body.keys() & {"entity_id", "entity_type"}:
            pair = {"entity_id": getattr(self, "entity_id", None), "entity_type": getattr(self, "entity_type", None)}
            body.update({key: value for key, value in pair.items() if value is not None})
        return body


register_class("tasks", Task)
__all__ = ["FOLLOW_UP", "MEETING", "Task", "TaskQuery"]
