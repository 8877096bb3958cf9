"""Rows become objects: hydrated, verified against the filter, and replaced by the session's own objects."""

from __future__ import annotations

from collections.abc import Sequence

from kommo_orm.interface.row import Row
from kommo_orm.interface.row_reader import hydrate_rows
from kommo_orm.model.model import Model
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.verification import verify_objects
from kommo_orm.transport.flow import Flow


def hydrate_verified(bound: BoundQuery, rows: Sequence[Row]) -> Flow[list[Model]]:
    """Make the objects of rows.

    Rows are verified on objects apart from the session's own, whose pending changes prove nothing.
    """
    included = frozenset(bound.includes)
    objects = yield from hydrate_rows(bound.connection, bound.model, rows, included)
    verify_objects(bound, objects)
    if bound.unit is None:
        return objects
    return bound.unit.admit_rows(bound.model, rows, bound.connection, included)
