"""The flows behind writing through a query: saving one, many, and all that a filter finds."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kommo_orm.model.field_spec import CustomSpec
from kommo_orm.model.kind import Kind
from kommo_orm.model.model import Model
from kommo_orm.query.execution import BoundQuery, stream_objects
from kommo_orm.transport.flow import Flow, collect_values, return_value, transform_values
from kommo_orm.unit.report import Report
from kommo_orm.unit.save import delete_objects, save_objects


def update_rows(request: BoundQuery, values: Mapping[str, Any]) -> Flow[Report]:
    """Give the same values to all rows of a query: all ids are read and proved before the first write."""
    features = request.connection.dialect.capabilities(request.model.__kommo_kind__)
    keep = request.unit is not None or features.needs_stored_row or _needs_stored_values(request.model, values)
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
    return (yield from delete_objects(request.connection, [model for page in pages for model in page]))
