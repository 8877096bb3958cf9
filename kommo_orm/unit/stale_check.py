"""Compares stored rows with the loaded ones: their `updated_at` is read again, 250 rows a request.

This is a check and no lock. A change between the read and the write goes unnoticed, unless all writers hold the object's
lock (`locking/`). Kommo has no conditional write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from kommo_orm.errors import FilterIgnored, KommoError, NotFound, QueryError, StaleObject
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.row_reader import count_parallel_reads, fetch_object, fetch_objects_by_ids, make_not_found
from kommo_orm.model.model import Model, get_address_key
from kommo_orm.model.parent import Parent
from kommo_orm.transport.flow import Failure, Flow, gather_flows
from kommo_orm.unit.cascade import find_parent
from kommo_orm.unit.report import describe


def read_loaded_at(model: Model) -> datetime:
    """The `updated_at` with which an object was loaded, or saved last. Raises `QueryError` if it has none."""
    if "updated_at" not in type(model).__kommo_info__.fields:
        raise QueryError(
            f"{describe(model)} cannot be checked for changes of others: Kommo keeps no updated_at of "
            f"{type(model).__kommo_kind__}. Save it without if_unmodified, in a session without check_stale."
        )
    found: datetime | None = getattr(model, "updated_at", None)
    if found is None:
        raise QueryError(f"{describe(model)} does not know its updated_at; refresh() it, or save without if_unmodified")
    return found


def find_stale_objects(connection: Connection, models: Sequence[Model]) -> Flow[dict[int, KommoError]]:
    """The errors of objects that cannot be written, by `id(object)`: their rows were changed by others, or are gone."""
    found: dict[int, KommoError] = {}
    for (cls, parent), members in _group_by_class(models).items():
        known = [model for model in members if model.pk is not None]
        stored = yield from _fetch_stored(connection, cls, parent, known)
        for model in members:
            version = stored.get(model.pk)
            error = (
                make_not_found(connection, cls, model.pk or 0, parent) if version is None else _compare(model, version)
            )
            if error is not None:
                found[id(model)] = error
    return found


def attach_stored_versions(connection: Connection, errors: Iterable[KommoError]) -> Flow[None]:
    """Read the stored rows of conflicts that the service itself found, so that each error has both versions.

    A row that cannot be read leaves its error as it is.
    """
    conflicts = {
        id(error.object): error
        for error in errors
        if isinstance(error, StaleObject) and error.stored is None and isinstance(error.object, Model)
    }
    for (cls, parent), members in _group_by_class(error.object for error in conflicts.values()).items():
        with suppress(KommoError):
            stored = yield from _fetch_stored(connection, cls, parent, members)
            for model in members:
                error, row = conflicts[id(model)], stored.get(model.pk)
                error.stored, error.stored_at = row, getattr(row, "updated_at", None)
                error.loaded_at = getattr(model, "updated_at", None)


def _group_by_class(models: Iterable[Model]) -> dict[tuple[type[Model], Parent | None], list[Model]]:
    groups: dict[tuple[type[Model], Parent | None], list[Model]] = {}
    for model in models:
        groups.setdefault((type(model), find_parent(model)), []).append(model)
    return groups


def _compare(model: Model, stored: Model) -> StaleObject | None:
    """Return the error of an object whose stored row was changed since it was loaded."""
    loaded = read_loaded_at(model)
    at: datetime | None = getattr(stored, "updated_at", None)
    if at == loaded:
        return None
    by = getattr(stored, "updated_by", None)
    return StaleObject(
        f"{describe(model)} changed in the account at {at} (loaded: {loaded})"
        f"{'' if by is None else f' by user {by}'}; nothing was sent for it. "
        "refresh(keep_changes=True) keeps your changes on top of the new row.",
        object=model,
        stored=stored,
        loaded_at=loaded,
        stored_at=at,
    )


def _fetch_stored(
    connection: Connection, cls: type[Model], parent: Parent | None, models: Sequence[Model]
) -> Flow[dict[Any, Model]]:
    """Read the rows as they are now, by id: many by a list, and one by one where lists cannot be filtered by id."""
    ids: list[Any] = [model.pk for model in models]
    if len(ids) > 1 and cls._is_listed_by_id():
        try:
            listed = yield from fetch_objects_by_ids(connection, cls, ids, parent)
        except FilterIgnored:  # an account without filters
            pass
        else:
            return {model.pk: model for model in listed}
    outcomes = yield from gather_flows(
        (fetch_object(connection, cls, get_address_key(model), parent) for model in models),
        count_parallel_reads(connection),
    )
    found: dict[Any, Model] = {}
    for outcome in outcomes:
        if not isinstance(outcome, Failure):
            found[outcome.value.pk] = outcome.value
        elif not isinstance(outcome.error, NotFound):
            raise outcome.error
    return found
