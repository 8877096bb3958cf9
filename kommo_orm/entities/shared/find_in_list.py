"""Rows without an address of their own: one is found in the list of all."""

from __future__ import annotations

from typing import cast

from kommo_orm.interface.row_reader import make_not_found
from kommo_orm.model.model import Model
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.execution import stream_objects
from kommo_orm.transport.flow import Flow, collect_values


def find_in_list(request: BoundQuery, pk: int | str) -> Flow[Model]:
    """The row of an id. Raises `NotFound`."""
    pages = yield from collect_values(stream_objects(request))
    for model in (model for page in pages for model in page):
        if str(model.pk) == str(pk):
            return cast("Model", model)
    raise make_not_found(request.connection, request.model, pk, request.parent)
