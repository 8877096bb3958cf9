"""`load()`: related objects for objects that are here already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kommo_orm.errors import QueryError
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.model import Model
from kommo_orm.query.execution import load_relation
from kommo_orm.transport.flow import Flow


def load(objects: Iterable[Model], *names: str, using: Any = None) -> None:
    """Bring the related objects of many objects, 250 ids a request, so that iterating their relations works.

    Args:
        objects: objects of one class.
        names: relations, such as `"contacts"` or `"company"`.
        using: the account; else the objects' own.

    Raises:
        QueryError: the class has no such relation. NotLoaded: the objects do not know which rows are linked.

    Example:
        >>> load(leads, "contacts")
    """
    models = list(objects)
    if models:
        connection = find_connection_of(models[0], using)
        connection.run(load_relations(connection, models, names))


async def aload(objects: Iterable[Model], *names: str, using: Any = None) -> None:
    """`load()` for async code."""
    models = list(objects)
    if models:
        connection = find_connection_of(models[0], using)
        await connection.arun(load_relations(connection, models, names))


def find_connection_of(model: Model, using: Any) -> Connection:
    unit = model.__kommo_state__.unit
    if using is None and unit is not None:
        unit.guard()
        return find_connection(unit.connection)
    return find_connection(getattr(using, "connection", using), model.__kommo_state__.account)


def load_relations(connection: Connection, models: list[Model], names: Iterable[str]) -> Flow[None]:
    refuse_list_argument(names, "load", QueryError)
    for name in names:
        yield from load_relation(connection, models, name, models[0].__kommo_state__.unit)


__all__ = ["aload", "load"]
