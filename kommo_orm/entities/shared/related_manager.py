"""Related managers: `lead.notes` reads and writes the notes of one lead, with the methods of a query.

Getting the manager sends no request, its methods do. Iterating over a manager is refused: a loop would send requests
that nobody sees. What filters and orders is typed by the managers themselves.
"""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, Generic, NoReturn, Self, overload

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError, NotLoaded
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.model.attached_state import AttachedAttribute
from kommo_orm.model.class_registry import find_manager
from kommo_orm.model.condition import Condition
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.query.query import Query, ResultPage
from kommo_orm.unit.report import Report, describe

Q = TypeVar("Q", bound=Query[Any], covariant=True)
M = TypeVar("M", bound=Model, covariant=True)
K = TypeVar("K", bound=int | str, default=int)
R = TypeVar("R", bound="BaseRelatedManager")


class BaseRelatedManager:
    """Base of related managers: one object, and the rows that belong to it. A manager keeps no rows."""

    def __init__(self, owner: Model, name: str) -> None:
        self._owner, self._name = owner, name

    @property
    def connection(self) -> Connection:
        """The account of the object or of its session, else the current one."""
        unit = self._owner.__kommo_state__.unit
        if unit is not None:
            unit.guard()
            return find_connection(unit.connection)
        return find_connection(None, self._owner.__kommo_state__.account)

    @property
    def owner(self) -> Model:
        """The object. Raises `ConfigurationError` while it is new."""
        if self._owner.pk is None:
            raise ConfigurationError(f"{describe(self._owner)} has no {self._name} yet: save() it first")
        return self._owner

    @property
    def parent(self) -> Parent:
        """The object in an address."""
        return Parent(type(self.owner).__kommo_kind__, self.owner.pk)

    def make_not_loaded(self, method: str) -> NotLoaded:
        """The error for `len()`, loops and the like, which would send hidden requests."""
        name = f"{type(self._owner).__name__.lower()}.{self._name}"
        return NotLoaded(f"The {self._name} of {describe(self._owner)} are not kept in it: {name}.{method} reads them")

    def __len__(self) -> int:
        raise self.make_not_loaded("list()")

    def __bool__(self) -> NoReturn:
        raise self.make_not_loaded("exists()" if hasattr(self, "exists") else "list()")

    def __repr__(self) -> str:
        return f"<{self._name} of {describe(self._owner)}>"


class RelatedReader(Generic[Q, M, K]):
    """The reading methods of a query, for the rows of `all()`. Each of them sends requests."""

    def all(self) -> Q:
        """The query of these rows."""
        raise NotImplementedError

    # ---- building
    def apply(self, lookups: Mapping[str, Any]) -> Q:
        """Those for which untyped lookups hold, as `Query.apply()` takes them."""
        return self.all().apply(lookups)

    def none(self) -> Q:
        """A query that finds nothing, without a request."""
        return self.all().none()

    def limit(self, most: int) -> Q:
        """At most so many of them."""
        return self.all().limit(most)

    # ---- reading, sync
    def list(self) -> builtins.list[M]:
        """All of them, in memory. Sends a request."""
        return self.all().list()

    def iterate(self) -> Iterator[M]:
        """Stream all of them, page by page."""
        return self.all().iterate()

    def pages(self) -> Iterator[builtins.list[M]]:
        """Stream lists of them, one a page."""
        return self.all().pages()

    def page(self, number: int, size: int = 50) -> ResultPage[M]:
        """One page by its number (from 1): `.items`, `.number`, `.has_next`."""
        return self.all().page(number, size)

    @overload
    def get(self, pk: K) -> M: ...
    @overload
    def get(self, *conditions: Condition, **lookups: Any) -> M: ...
    def get(self, *given: Any, **lookups: Any) -> M:
        """The one of an id, or the only one that filters find. Raises `NotFound`, also for an id of another object's list."""
        return self.all().get(*given, **lookups)  # type: ignore[no-any-return]

    @overload
    def get_or_none(self, pk: K) -> M | None: ...
    @overload
    def get_or_none(self, *conditions: Condition, **lookups: Any) -> M | None: ...
    def get_or_none(self, *given: Any, **lookups: Any) -> M | None:
        """The same as `get()`, None if there is none."""
        return self.all().get_or_none(*given, **lookups)

    def first(self) -> M | None:
        """The first one, None if there is none."""
        return self.all().first()

    def one(self) -> M:
        """The only one. Raises `NotFound` when there is none, `QueryError` when there are several."""
        return self.all().one()  # type: ignore[no-any-return]

    def exists(self) -> bool:
        """Whether there is any."""
        return self.all().exists()

    def in_bulk(self, ids: Iterable[K]) -> dict[K, M]:
        """Those of some ids, by id; ids that are not in the list are absent."""
        return self.all().in_bulk(ids)  # type: ignore[arg-type, return-value]  # pyright: ignore[reportArgumentType, reportReturnType]

    def count(self) -> NoReturn:
        """Kommo gives no totals: always raises `QueryError`."""
        self.all().count()

    # ---- reading, async
    async def alist(self) -> builtins.list[M]:
        """`list()` for async code."""
        return await self.all().alist()

    def aiterate(self) -> AsyncIterator[M]:
        """`iterate()` for `async for`."""
        return self.all().aiterate()

    def apages(self) -> AsyncIterator[builtins.list[M]]:
        """`pages()` for `async for`."""
        return self.all().apages()

    async def apage(self, number: int, size: int = 50) -> ResultPage[M]:
        """`page()` for async code."""
        return await self.all().apage(number, size)

    @overload
    async def aget(self, pk: K) -> M: ...
    @overload
    async def aget(self, *conditions: Condition, **lookups: Any) -> M: ...
    async def aget(self, *given: Any, **lookups: Any) -> M:
        """`get()` for async code."""
        return await self.all().aget(*given, **lookups)  # type: ignore[no-any-return]

    @overload
    async def aget_or_none(self, pk: K) -> M | None: ...
    @overload
    async def aget_or_none(self, *conditions: Condition, **lookups: Any) -> M | None: ...
    async def aget_or_none(self, *given: Any, **lookups: Any) -> M | None:
        """`get_or_none()` for async code."""
        return await self.all().aget_or_none(*given, **lookups)

    async def afirst(self) -> M | None:
        """`first()` for async code."""
        return await self.all().afirst()

    async def aone(self) -> M:
        """`one()` for async code."""
        return await self.all().aone()  # type: ignore[no-any-return]

    async def aexists(self) -> bool:
        """`exists()` for async code."""
        return await self.all().aexists()

    async def ain_bulk(self, ids: Iterable[K]) -> dict[K, M]:
        """`in_bulk()` for async code."""
        return await self.all().ain_bulk(ids)  # type: ignore[arg-type, return-value]  # pyright: ignore[reportArgumentType, reportReturnType]


class RelatedManager(RelatedReader[Q, M, K], BaseRelatedManager, Generic[Q, M, K]):
    """A related manager with the reading methods of a query: the notes of a card."""

    def __iter__(self) -> Iterator[M]:
        raise self.make_not_loaded("list()")

    def __aiter__(self) -> AsyncIterator[M]:
        raise self.make_not_loaded("alist()")

    def __getitem__(self, part: slice) -> Q:
        return self.all()[part]


class WritableRelatedManager(RelatedManager[Q, M, K], Generic[Q, M, K]):
    """A related manager that can create many rows at once."""

    def bulk_create(self, objects: Iterable[Model]) -> Report:
        """Create new ones, at most 250 a request; they belong to the object. See `Query.bulk_create()`."""
        return self.all().bulk_create(self._assign_owner(objects))

    async def abulk_create(self, objects: Iterable[Model]) -> Report:
        """`bulk_create()` for async code."""
        return await self.all().abulk_create(self._assign_owner(objects))

    def _assign_owner(self, objects: Iterable[Model]) -> Iterable[Model]:
        """Hook: new ones belong to the object. Queries under a parent see to it themselves."""
        return objects


class RelatedManagerAttribute(AttachedAttribute, Generic[R]):
    """Declares a related manager: `notes = RelatedManagerAttribute["CardNotes"]("CardNotes")`.

    It keeps nothing in the object. The manager's class stands in the table of `entities/__init__.py`, and is imported
    when the attribute is first read: a manager brings its entity and all parts of that with it.
    """

    def __init__(self, manager: str) -> None:
        self.manager = manager

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> R: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        return self if instance is None else find_manager(self.manager)(instance, self.name)

    def make(self, model: Model) -> Any:
        raise ConfigurationError(f"{self.owner}.{self.name} is read by its methods and cannot be included or loaded")

    def assign(self, model: Model, value: Any) -> None:
        raise AttributeError(f"{self.owner}.{self.name} cannot be set; its methods read and write it")
