"""The methods that queries and related managers of entities have in common, each typed by the entity that declares it."""

from __future__ import annotations

from typing import Any, Protocol


class QueryMethods(Protocol):
    """What a query of an entity may declare. It declares only what Kommo can do with the entity.

    The methods that send requests have a twin for async code, whose name begins with `a`.
    """

    def of(self, parent: Any, /) -> Any:
        """The rows under one parent: the notes of a lead."""
        ...

    def all(self) -> Any:
        """All rows; of a related manager, its query."""
        ...

    def filter(self, *conditions: Any, **lookups: Any) -> Any:
        """The rows for which all conditions hold, typed by the entity's `TypedDict` of filters."""
        ...

    def include(self, *names: Any) -> Any:
        """The rows with what Kommo sends on request only."""
        ...

    def order_by(self, field: Any) -> Any:
        """The rows in the order of one field."""
        ...

    def list(self) -> Any:
        """All rows in memory."""
        ...

    def get(self, pk: Any) -> Any:
        """The row of an id."""
        ...

    def page(self, number: int, size: int = 50) -> Any:
        """One page of rows."""
        ...

    def count(self) -> Any:
        """The number of rows, which Kommo does not give."""
        ...

    def create(self, **values: Any) -> Any:
        """Create a row, with the values that Kommo needs as named arguments."""
        ...

    def update(self, *assignments: Any, **values: Any) -> Any:
        """Give all rows the same values."""
        ...

    async def alist(self) -> Any:
        """`list()` for async code."""
        ...

    async def acreate(self, **values: Any) -> Any:
        """`create()` for async code."""
        ...

    async def aupdate(self, *assignments: Any, **values: Any) -> Any:
        """`update()` for async code."""
        ...
