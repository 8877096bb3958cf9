"""Saving and deleting given objects: a flush of their own. The sessions of these objects learn what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.connection import Connection
from kommo_orm.model.changes import find_changed_fields
from kommo_orm.model.model import Model
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.flush import Flush
from kommo_orm.unit.report import Report, SaveResult, describe


def save_object(
    connection: Connection, model: Model, *, only: Sequence[str] | None = None, if_unmodified: bool = False
) -> Flow[SaveResult]:
    """Save one object, with the new ones that it needs. Raises its own error.

    Args:
        only: names of the changes to send; the others stay pending.
        if_unmodified: fail with `StaleObject` where the stored row is newer than the loaded one.
    """
    unit = model.__kommo_state__.unit
    if unit is not None:
        unit.refuse_twin(model)
    if only is None:
        flush = Flush(connection, [model], check_stale=if_unmodified)
        report = yield from run_flush(flush)
    else:
        with withhold_changes(model, only):
            flush = Flush(connection, [model], check_stale=if_unmodified)
            report = yield from run_flush(flush)
    if report.failed or report.uncertain:
        report.raise_single(model)
    return flush.build_save_result(model)


def save_objects(connection: Connection, models: Sequence[Model]) -> Flow[Report]:
    """Save many objects. Raises `FlushError` when some failed."""
    report = yield from run_flush(Flush(connection, models))
    report.raise_for_failures()
    return report


def delete_objects(connection: Connection, models: Sequence[Model]) -> Flow[Report]:
    """Delete many objects. Raises `FlushError` when some failed."""
    report = yield from run_flush(Flush(connection, (), models))
    report.raise_for_failures()
    return report


def delete_object(connection: Connection, model: Model) -> Flow[None]:
    """Delete one object. Raises its own error."""
    if model.pk is None:
        raise QueryError(f"{describe(model)} was never saved: there is nothing to delete")
    report = yield from run_flush(Flush(connection, (), [model]))
    report.raise_single(model)


def run_flush(flush: Flush) -> Flow[Report]:
    """Run a flush outside a session's own; the sessions of its objects learn what became of them."""
    units = {
        id(unit): unit for one in (*flush.objects, *flush.deletes) if (unit := one.__kommo_state__.unit) is not None
    }
    if not units:
        return flush.run()
    return _run_for_sessions(flush, list(units.values()))


def _run_for_sessions(flush: Flush, units: Iterable[Any]) -> Flow[Report]:
    try:
        return (yield from flush.run())
    finally:
        for unit in units:
            unit.record_flush(flush.report)


@contextmanager
def withhold_changes(model: Model, only: Sequence[str]) -> Iterator[None]:
    """Take the changes that are not to be sent out of the object while the block runs."""
    wanted = _resolve_names(model, only)
    values, state = vars(model), model.__kommo_state__
    withheld = {name: value for name, _, value in find_changed_fields(model) if name not in wanted}
    attached = {name: one for name, one in state.attached.items() if one._is_changed and name not in wanted}
    for name in withheld:
        del values[name]
    for name in attached:
        del state.attached[name]
    try:
        yield
    finally:
        values.update(withheld)
        state.attached.update(attached)


def _resolve_names(model: Model, only: Sequence[str]) -> set[str]:
    """The names of `save(only=...)`; `company` stands for the companies. Raises `ConfigurationError` for others."""
    fields, relations = type(model).__kommo_info__.fields, type(model).__kommo_info__.attached
    for name in only:
        if name not in fields and name not in relations and name != "custom_fields":
            raise ConfigurationError(f"save(only=...) names {name!r}, which is no field of {type(model).__name__}")
    return {*only, *(getattr(relations.get(name), "through", name) for name in only)}
