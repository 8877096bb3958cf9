"""Queries of rows under a parent, which is a part of their address: the notes of a lead."""

from __future__ import annotations

from typing import Any, Generic, Self

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.model.field_values import get_values
from kommo_orm.model.model import Model
from kommo_orm.query.query import Query
from kommo_orm.unit.report import describe

M = TypeVar("M", bound=Model, covariant=True)


class ChildQuery(Query[M], Generic[M]):
    """A query of rows that live under a parent, which `of()` names."""

    _needs_parent = True

    def _select_parent(self, parent: Any, *, row: bool | None = None) -> Self:
        """The same query under a parent, on the account of the parent if none was chosen.

        With `row=True` the parent must be one row, with `row=False` a kind, with None either.
        """
        placed = self._set_parent(parent)
        if row is not None and placed._parent is not None and row != (placed._parent.id is not None):
            wanted = "an object or its id" if row else "the class of an entity"
            given = describe(parent) if isinstance(parent, Model) else repr(parent)
            raise QueryError(f"{self._model.__name__}.objects.of() takes {wanted}, not {given}")
        return placed._copy_with(_connection=self._own_account(parent))

    def _own_account(self, parent: Any) -> Connection | None:
        account = parent.__kommo_state__.account if isinstance(parent, Model) else None
        if account is None:
            return self._connection
        own = find_connection(None, account)
        if self._connection is not None and self._connection.name != own.name:
            raise ConfigurationError(f"{describe(parent)} belongs to {own.name}, not to {self._connection.name}")
        return self._connection or own


def require_parent_key(model: Model, key: str) -> Any:
    """A part of a row's address; None for a new object that does not know it yet.

    Raises:
        ConfigurationError: a stored row cannot be addressed without it.
    """
    found = getattr(model, key, None)
    if found is None and not model.is_new:
        name = type(model).__name__
        raise ConfigurationError(
            f"{describe(model)} does not know its {key}, which is part of its address: create it with {name}(id=..., {key}=...)"
        )
    return found


def set_parent_keys(model: Any, **places: Any) -> None:
    """Give a new object the ids of its parents that it does not have."""
    for name, value in places.items():
        if value is not None and name not in get_values(model):
            get_values(model)[name] = value
            getattr(model, "__pydantic_fields_set__").add(name)  # noqa: B009
