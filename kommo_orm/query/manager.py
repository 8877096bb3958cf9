"""`Manager`: the `objects` of a model class. Each access makes a new query of the class it is read from.

Each entity has its own small subclass, whose `__get__` tells type checkers the kind of query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from kommo_orm.model.class_builder import IgnoredByPydantic

if TYPE_CHECKING:
    from kommo_orm.model.model import Model
    from kommo_orm.query.query import Query

M = TypeVar("M", bound="Model")
Q = TypeVar("Q", bound="Query[Any]", covariant=True)


class Manager(IgnoredByPydantic):
    """Base of every `objects` descriptor."""


class QueryManager(Manager, Generic[Q]):
    """The `objects` of a query class of your own: `objects = DealQuery.manager()`."""

    def __init__(self, query: type[Q]) -> None:
        self._query = query

    def __get__(self, instance: None, owner: type[Any]) -> Q:
        return self._query(require_class(instance, owner))


def require_class(instance: object, owner: type[M]) -> type[M]:
    """The class that a manager is read from. Raises `AttributeError` when it is read from an object."""
    if instance is not None:
        raise AttributeError(f"{owner.__name__}.objects belongs to the class, not to an object of it")
    return owner


__all__ = ["Manager"]
