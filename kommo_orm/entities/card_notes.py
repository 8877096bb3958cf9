"""`lead.notes` and `lead.tasks`: what was said and what is to be done about one card."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self, cast, overload

from typing_extensions import Unpack

from kommo_orm.entities.note import Note, NoteOptions, NoteQuery
from kommo_orm.entities.note_params import WritableParams
from kommo_orm.entities.owned import Owned, Viewed
from kommo_orm.entities.task import CardKind, Task, TaskOptions, TaskQuery
from kommo_orm.model.base import Model


class CardNotes(Viewed):
    """The notes of one object.

    Example:
        >>> lead.notes.create("Called back, wants an offer")
        >>> for note in lead.notes.all().order_by("-id"):
        ...     print(note.note_type, note.text)
    """

    def all(self) -> NoteQuery[Note]:
        """A query of these notes."""
        owner = self.owner
        return Note.objects.using(self.connection).of(owner)

    def create(self, params: WritableParams | str, **options: Unpack[NoteOptions]) -> Note:
        """Write a note on the object. Talks to the service."""
        return self.all().create(params, **options)

    async def acreate(self, params: WritableParams | str, **options: Unpack[NoteOptions]) -> Note:
        """`create()` for async code."""
        return await self.all().acreate(params, **options)

    def __iter__(self) -> Iterator[Note]:
        raise self.unloaded("all()")


class CardTasks(Viewed):
    """The tasks of one object.

    Example:
        >>> lead.tasks.create("Call back", tomorrow)
        >>> for task in lead.tasks.all().filter(is_completed=False):
        ...     task.complete("Done")
    """

    def all(self) -> TaskQuery[Task]:
        """A query of these tasks."""
        parent = self.parent
        kind = cast(CardKind, parent.kind)
        return Task.objects.using(self.connection).filter(entity_type=kind, entity_id=parent.id or 0)

    def create(self, text: str, complete_till: datetime, **options: Unpack[TaskOptions]) -> Task:
        """Create a task about the object. Talks to the service."""
        whole = cast(TaskOptions, {**options, "entity": self.owner})
        return Task.objects.using(self.connection).create(text=text, complete_till=complete_till, **whole)

    async def acreate(self, text: str, complete_till: datetime, **options: Unpack[TaskOptions]) -> Task:
        """`create()` for async code."""
        whole = cast(TaskOptions, {**options, "entity": self.owner})
        return await Task.objects.using(self.connection).acreate(text=text, complete_till=complete_till, **whole)

    def __iter__(self) -> Iterator[Task]:
        raise self.unloaded("all()")


class NotesOf(Owned):
    """Declares `notes` on a card."""

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> CardNotes: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        return self if instance is None else CardNotes(instance, self.name)


class TasksOf(Owned):
    """Declares `tasks` on a card."""

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> CardTasks: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        return self if instance is None else CardTasks(instance, self.name)
