"""Reads the objects of many ids, 250 a request, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kommo_orm.interface.row_reader import count_ids_per_request, fetch_rows, gather_lists, split_ids
from kommo_orm.model.condition import Condition
from kommo_orm.model.model import Model
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.hydration import hydrate_verified
from kommo_orm.query.query_compiler import compile_query
from kommo_orm.query.split_query import split_query
from kommo_orm.transport.flow import Flow


def fetch_by_ids(bound: BoundQuery, ids: Sequence[Any]) -> Flow[list[Model]]:
    """Read the objects of ids that the query finds. Ids that do not exist are absent."""
    spec = bound.model.__kommo_info__.fields["id"]
    chunks = split_ids(bound.connection, bound.kind, ids)
    parts = split_query(replace(bound, has_own_order=False))
    flows = (fetch_chunk(part, Condition(spec, "in", tuple(chunk))) for chunk in chunks for part in parts)
    return (yield from gather_lists(bound.connection, flows))


def fetch_chunk(bound: BoundQuery, condition: Condition) -> Flow[list[Model]]:
    """Read the objects of one more condition that finds a page of rows at most."""
    narrowed = replace(bound, conditions=(*bound.conditions, condition), limit=None)
    narrowed, request = yield from compile_query(narrowed)
    rows = yield from fetch_rows(bound.connection, request, count_ids_per_request(bound.connection, bound.kind))
    return (yield from hydrate_verified(narrowed, rows))
