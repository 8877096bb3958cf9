"""`lead.tasks`: the tasks of one card."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from typing_extensions import Unpack

from kommo_orm.entities.shared.parent_query import set_parent_keys
from kommo_orm.entities.shared.related_manager import WritableRelatedManager
from kommo_orm.entities.tasks.task import CardKind, Task, TaskChanges, TaskFilters, TaskOptions, TaskOrder, TaskQuery
from kommo_orm.errors import QueryError
from kommo_orm.model.arguments import validate_list
from kommo_orm.model.condition import Assignment, Condition
from kommo_orm.model.model import Model
from kommo_orm.unit.report import Report


class CardTasks(WritableRelatedManager[TaskQuery[Task], Task]):
    """The tasks of one object.

    Example:
        >>> lead.tasks.create("Call back", tomorrow)
        >>> for task in lead.tasks.filter(is_completed=False):
        ...     task.complete("Done")
    """

    def all(self) -> TaskQuery[Task]:
        """A query of these tasks."""
        parent = self.parent
        kind = cast(CardKind, parent.kind)
        return Task.objects.using(self.connection).filter(entity_type=kind, entity_id=parent.id or 0)

    def filter(self, *conditions: Condition, **lookups: Unpack[TaskFilters]) -> TaskQuery[Task]:
        """Those of these tasks for which all conditions hold."""
        return self.all().filter(*conditions, **lookups)

    def order_by(self, field: TaskOrder) -> TaskQuery[Task]:
        """These tasks, ordered by one field; a minus in front reverses the order."""
        return self.all().order_by(field)

    def create(self, text: str, complete_till: datetime, **options: Unpack[TaskOptions]) -> Task:
        """Create a task about the object. Sends a request."""
        values = cast(TaskOptions, {**options, "entity": self.owner})
        return Task.objects.using(self.connection).create(text=text, complete_till=complete_till, **values)

    async def acreate(self, text: str, complete_till: datetime, **options: Unpack[TaskOptions]) -> Task:
        """`create()` for async code."""
        values = cast(TaskOptions, {**options, "entity": self.owner})
        return await Task.objects.using(self.connection).acreate(text=text, complete_till=complete_till, **values)

    def update(self, *assignments: Assignment, **values: Unpack[TaskChanges]) -> Report:
        """Give all tasks of the object the same values, after all rows were read and verified."""
        return self.all().update(*assignments, **values)

    async def aupdate(self, *assignments: Assignment, **values: Unpack[TaskChanges]) -> Report:
        """`update()` for async code."""
        return await self.all().aupdate(*assignments, **values)

    def _assign_owner(self, objects: Iterable[Model]) -> Iterable[Model]:
        parent = self.parent
        for task in validate_list("bulk_create()", objects, QueryError):
            if isinstance(task, Task) and task.is_new:
                set_parent_keys(task, entity_type=parent.kind, entity_id=parent.id)
            yield task
