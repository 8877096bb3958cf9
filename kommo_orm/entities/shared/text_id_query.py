"""Queries of rows whose ids are texts, typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Generic

from typing_extensions import TypeVar

from kommo_orm.model.model import Model
from kommo_orm.query.query import Query

M = TypeVar("M", bound=Model, covariant=True)


class TextIdQuery(Query[M], Generic[M]):
    """A query whose `get()` takes a text."""

    if TYPE_CHECKING:

        def get(self, pk: str) -> M:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            """The object of an id. Raises `NotFound`."""
            ...

        def get_or_none(self, pk: str) -> M | None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            """The object of an id, None if there is none."""
            ...

        def in_bulk(self, ids: Iterable[str]) -> dict[str, M]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            """Objects by id, a page of them a request; ids that do not exist are absent."""
            ...

        async def aget(self, pk: str) -> M:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            """`get()` for async code."""
            ...

        async def aget_or_none(self, pk: str) -> M | None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            """`get_or_none()` for async code."""
            ...

        async def ain_bulk(self, ids: Iterable[str]) -> dict[str, M]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            """`in_bulk()` for async code."""
            ...
