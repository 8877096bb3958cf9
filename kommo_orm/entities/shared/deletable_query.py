"""Deleting through a query, for the entities that Kommo's API can delete."""

from __future__ import annotations

from typing import Generic

from typing_extensions import TypeVar

from kommo_orm.model.model import Model
from kommo_orm.query import bulk_writes
from kommo_orm.query.query import Query
from kommo_orm.unit.report import Report

M = TypeVar("M", bound=Model, covariant=True)


class DeletableQuery(Query[M], Generic[M]):
    """A query whose rows can be deleted."""

    def delete(self) -> Report:
        """Delete all rows of the query, as many a request as Kommo takes, after all were read and proved.

        Raises:
            QueryError: neither a filter nor `all()` was given. FlushError: some stayed; its `report` tells which.
        """
        request = self._bind_for_writing()
        return request.connection.run(bulk_writes.delete_rows(request))

    async def adelete(self) -> Report:
        """`delete()` for async code."""
        request = self._bind_for_writing()
        return await request.connection.arun(bulk_writes.delete_rows(request))
