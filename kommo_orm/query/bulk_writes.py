"""The flows behind writing through a query: saving one, many, and all that a filter finds."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kommo_orm.interface.connection import Connection
from kommo_orm.model.field_spec import CustomSpec
from kommo_orm.model.kind import Kind
from kommo_orm.model.model import Model
from kommo_orm.query.execution import BoundQuery, stream_objects
from kommo_orm.transport.flow import Flow, collect_values, return_value, transform_values
from kommo_orm.unit.flush import Flush
from kommo_orm.unit.report import Report


def save_object(connection: Connection, model: Model) -> Flow[Report]:
    """Save one object with the new ones it is related to; its own error is raised."""
    report = yield from run_flush(Flush(connection, [model]))
    report.raise_single(model)
    return report


def save_objects(connection: Connection, models: Sequence[Model]) -> Flow[Report]:
    """Save many objects. Raises `FlushError` when some failed."""
    report = yield from run_flush(Flush(connection, models))
    report.raise_for_failures()
    return report


def run_flush(flush: Flush) -> Flow[Report]:
    """Run a flush outside a session's own; the sessions of its objects learn what became of them."""
    units = {
        id(unit): unit for one in [*flush.objects, *flush.deletes] if (unit := one.__kommo_state__.unit) is not None
    }
    try:
        yield from flush.run()
    finally:
        for unit in units.values():
            unit.record_flush(flush.report)
    return flush.report


def update_rows(request: BoundQuery, values: Mapping[str, Any]) -> Flow[Report]:
    """Give the same values to all rows of a query: all ids are read and proved before the first write."""
    features = request.connection.dialect.features(request.model.__kommo_kind__)
    keep = request.unit is not None or features.needs_row or _needs_stored_values(request.model, values)
    keep = keep or request.model.__kommo_info__.has_parent

    def kept(models: list[Model]) -> Flow[list[Model]]:
        return return_value(
            [model if keep else request.model.reference(model.pk, request.connection) for model in models]
        )

    pages = yield from collect_values(transform_values(stream_objects(replace(request, for_writing=True)), kept))
    models = [model for page in pages for model in page]
    for model in models:
        for name, value in values.items():
            setattr(model, name, copy.deepcopy(value))
    return (yield from save_objects(request.connection, models))


def _needs_stored_values(cls: type[Model], values: Mapping[str, Any]) -> bool:
    """Whether the stored values must be known to write the new ones: a phone replaces the first of several."""
    kinds = [spec.kind for name in values if isinstance(spec := cls.__kommo_info__.fields.get(name), CustomSpec)]
    return any(type(kind).encode_empty is not Kind.encode_empty for kind in kinds)


def delete_rows(request: BoundQuery) -> Flow[Report]:
    """Delete all rows of a query, read and proved before the first one goes."""
    pages = yield from collect_values(stream_objects(replace(request, for_writing=True)))
    report = yield from run_flush(Flush(request.connection, (), [model for page in pages for model in page]))
    report.raise_for_failures()
    return report
