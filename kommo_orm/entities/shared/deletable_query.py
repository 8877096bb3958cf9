"""Deleting through a query, for the entities that Kommo's API can delete."""

from __future__ import annotations

from typing import Generic

from typing_extensions import TypeVar

from kommo_orm.model.model import Model
from kommo_orm.query.bulk_writes import delete_rows
from kommo_orm.query.query import Query
from kommo_orm.unit.report import Report

M = TypeVar("M", bound=Model, covariant=True)


class DeletableQuery(Query[M], Generic[M]):
    """A query whose rows can be deleted."""

    def delete(self) -> Report:
        """Delete all rows of the query, as many a request as Kommo takes, after all were read and verified.

        Raises:
            QueryError: neither a filter nor `all()` was given. FlushError: some stayed; its `report` names them.
        """
        return self._run(delete_rows(self._bind_for_writing()))

    async def adelete(self) -> Report:
        """`delete()` for async code."""
        return await self._arun(delete_rows(self._bind_for_writing()))
