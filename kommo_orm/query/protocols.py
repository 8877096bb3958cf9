"""The methods that queries and related managers have in common, as protocols.

Each entity declares these methods itself, because their arguments are its own fields: `Lead.objects.filter(price=1)`.
So no base class can declare them. `tests/typing/query_protocols.py` proves that the queries fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from typing_extensions import TypeVar

M = TypeVar("M", covariant=True)


class NarrowsRows(Protocol):
    """Returns a narrower query. No method sends a request."""

    def filter(self, *conditions: Any, **lookups: Any) -> Any:
        """Keep the rows that meet every condition."""
        ...

    def all(self) -> Any:
        """Return the query of all rows."""
        ...


class OrdersRows(Protocol):
    """Returns a query in another order."""

    def order_by(self, *args: Any, **kwargs: Any) -> Any:
        """Order the rows by a field; a minus in front reverses the order."""
        ...


class IncludesRelated(Protocol):
    """Returns a query that also loads what comes on request."""

    def include(self, *args: Any, **kwargs: Any) -> Any:
        """Load these relations or fields together with the rows."""
        ...


class HasParent(Protocol):
    """Returns a query of the rows of one parent."""

    def of(self, *args: Any, **kwargs: Any) -> Any:
        """Name the row, or the kind, that the rows belong to."""
        ...


class ReadsRows(Protocol[M]):
    """Reads rows. Each method sends requests."""

    def list(self) -> Sequence[M]:
        """Return all rows."""
        ...

    async def alist(self) -> Sequence[M]:
        """Async twin of `list()`."""
        ...

    def get(self, *args: Any, **kwargs: Any) -> M:
        """Return the row of an id. Raises `NotFound`."""
        ...

    def page(self, *args: Any, **kwargs: Any) -> Any:
        """Return one page of rows."""
        ...

    def count(self, *args: Any, **kwargs: Any) -> Any:
        """Is always refused: Kommo does not count rows."""
        ...


class CreatesRows(Protocol[M]):
    """Creates one row, and returns it as an object."""

    def create(self, *args: Any, **values: Any) -> M:
        """Create a row of these values."""
        ...

    async def acreate(self, *args: Any, **values: Any) -> M:
        """Async twin of `create()`."""
        ...


class UpdatesRows(Protocol):
    """Changes all rows of a query."""

    def update(self, *args: Any, **values: Any) -> Any:
        """Give every row these values."""
        ...

    async def aupdate(self, *args: Any, **values: Any) -> Any:
        """Async twin of `update()`."""
        ...
