"""What hangs on a card and is read by itself: notes, tasks, links. Reaching for it never talks, its methods do."""

from __future__ import annotations

from typing import Any, NoReturn

from kommo_orm.errors import ConfigurationError, NotLoaded
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.model.attached_state import AttachedAttribute
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.unit.report import describe


class RelatedManagerAttribute(AttachedAttribute):
    """Base of the descriptors: `notes = NotesOf()`. They keep nothing in the object."""

    def create_state(self, model: Model) -> Any:
        raise ConfigurationError(f"{self.owner}.{self.name} is read by its methods and cannot be included or loaded")

    def assign_value(self, model: Model, value: Any) -> None:
        raise AttributeError(f"{self.owner}.{self.name} cannot be set; its methods read and write it")


class BaseRelatedManager:
    """Base of the views: one object, and what hangs on it."""

    def __init__(self, owner: Model, name: str) -> None:
        self._owner, self._name = owner, name

    @property
    def connection(self) -> Connection:
        """The account of the object (of its session), else the current one."""
        unit = self._owner.__kommo_state__.unit
        if unit is not None:
            unit.guard()
            return find_connection(unit.connection)
        return find_connection(None, self._owner.__kommo_state__.account)

    @property
    def owner(self) -> Model:
        """The object. Raises `ConfigurationError` while it is new."""
        if self._owner.pk is None:
            raise ConfigurationError(f"{describe(self._owner)} has no {self._name} yet: save() it first")
        return self._owner

    @property
    def parent(self) -> Parent:
        """The object in an address."""
        return Parent(type(self.owner).__kommo_kind__, self.owner.pk)

    def make_not_loaded(self, cure: str) -> NotLoaded:
        """The refusal of whatever would have to talk in secret."""
        name = f"{type(self._owner).__name__.lower()}.{self._name}"
        return NotLoaded(f"The {self._name} of {describe(self._owner)} are not kept in it: {name}.{cure} reads them.")

    def __len__(self) -> int:
        raise self.make_not_loaded("list()")

    def __bool__(self) -> NoReturn:
        raise self.make_not_loaded("exists()" if hasattr(self, "exists") else "list()")

    def __repr__(self) -> str:
        return f"<{self._name} of {describe(self._owner)}>"
