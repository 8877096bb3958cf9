"""Updates and deletes all rows that a query finds."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kommo_orm.model.field_spec import CustomSpec
from kommo_orm.model.kind import Kind
from kommo_orm.model.model import Model
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.execution import stream_objects
from kommo_orm.transport.flow import Flow, collect_values, return_value, transform_values
from kommo_orm.unit import write_flows
from kommo_orm.unit.report import Report


def update_rows(bound: BoundQuery, values: Mapping[str, Any]) -> Flow[Report]:
    """Give the same values to all rows of a query. All ids are read and verified before the first write."""
    needs_rows = _needs_rows(bound, values)

    def drop_rows(models: list[Model]) -> Flow[list[Model]]:
        """Keep the ids alone where the rows are not needed: a page holds far more than is written."""
        return return_value(
            models if needs_rows else [bound.model.reference(model.pk, bound.connection) for model in models]
        )

    models = yield from _read_all(bound, drop_rows)
    for model in models:
        for name, value in values.items():
            setattr(model, name, copy.deepcopy(value))
    return (yield from write_flows.save_objects(bound.connection, models))


def delete_rows(bound: BoundQuery) -> Flow[Report]:
    """Delete all rows of a query. All are read and verified before the first one is deleted."""
    models = yield from _read_all(bound, return_value)
    return (yield from write_flows.delete_objects(bound.connection, models))


def _read_all(bound: BoundQuery, transform: Callable[[list[Model]], Flow[list[Model]]]) -> Flow[list[Model]]:
    verified = stream_objects(replace(bound, for_writing=True))
    pages = yield from collect_values(transform_values(verified, transform))
    return [model for page in pages for model in page]


def _needs_rows(bound: BoundQuery, values: Mapping[str, Any]) -> bool:
    """Whether an update needs more of the stored rows than their ids."""
    return (
        bound.unit is not None
        or bound.connection.dialect.capabilities(bound.kind).needs_stored_row
        or bound.model.__kommo_info__.has_parent
        or _needs_stored_values(bound.model, values)
    )


def _needs_stored_values(cls: type[Model], values: Mapping[str, Any]) -> bool:
    """Whether the stored values must be known to write the new ones: a phone replaces the first of several."""
    kinds = [spec.kind for name in values if isinstance(spec := cls.__kommo_info__.fields.get(name), CustomSpec)]
    return any(type(kind).encode_empty is not Kind.encode_empty for kind in kinds)
