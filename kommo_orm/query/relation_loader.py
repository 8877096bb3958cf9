"""Loads the related objects of objects: `load()`, and `include()` of a query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kommo_orm.errors import QueryError
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.instance_state import Unit
from kommo_orm.model.model import Model
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.model.relation_descriptors import Related
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.id_lookup import fetch_by_ids
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
    """Find the account of an object: its session's, or its own, unless another one is given."""
    unit = model.__kommo_state__.unit
    if using is None and unit is not None:
        unit.guard()
        return find_connection(unit.connection)
    return find_connection(getattr(using, "connection", using), model.__kommo_state__.account)


def load_relations(connection: Connection, models: list[Model], names: Iterable[str]) -> Flow[None]:
    """Load several relations, one after the other."""
    refuse_list_argument(names, "load", QueryError)
    for name in names:
        yield from load_relation(connection, models, name, models[0].__kommo_state__.unit)


def load_relation(connection: Connection, objects: Sequence[Model], name: str, unit: Unit | None = None) -> Flow[None]:
    """Load one relation of many objects of one class."""
    if not objects:
        return
    relation = _find_relation(type(objects[0]), name)
    loader = getattr(relation, "load_rows", None)
    if loader is not None:
        yield from loader(connection, objects, unit)
        return
    owned = [owner._get_attached(relation.name, relation.create_state) for owner in objects]
    yield from fetch_related(connection, owned, relation.target, unit)


def _find_relation(model: type[Model], name: str) -> Related[Any]:
    """Find the relation of a name: `company` stands for the first of `companies`."""
    attached = model.__kommo_info__.attached
    relation = attached.get(getattr(attached.get(name), "through", name))
    if not isinstance(relation, Related):
        raise QueryError(f"{model.__name__} has no relation {name!r} to load")
    return relation


def fetch_related(
    connection: Connection, owned: Sequence[RelatedObjects[Any]], kind: str, unit: Unit | None
) -> Flow[None]:
    """Read the objects that relations know by id and do not have, 250 ids a request."""
    ids = dict.fromkeys(pk for related in owned for pk in related._find_lacking())
    found = yield from fetch_by_ids(BoundQuery(find_class(kind), connection, unit=unit), list(ids))
    by_pk = {pk: model for model in found if (pk := model.pk) is not None}
    for related in owned:
        related._attach_found(by_pk)


__all__ = ["aload", "load"]
