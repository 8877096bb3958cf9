"""`Query`: what `Lead.objects` answers with. Lazy and immutable: every method but the ones that read answers a new one.

Each entity has its own small subclass that types `filter`, `order_by`, `include`, `create` and `update`; users may subclass
those. Reading and writing methods have `a`-twins for async code.
"""

from __future__ import annotations

import builtins
import copy
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NoReturn, Self, cast

from typing_extensions import TypedDict, TypeVar

from kommo_orm.errors import ConfigurationError, NotFound, QueryError
from kommo_orm.model.base import Model
from kommo_orm.model.build import KeepOut
from kommo_orm.model.condition import Assignment, Condition
from kommo_orm.model.connection import Connection, current
from kommo_orm.model.parent import Parent
from kommo_orm.model.spec import FieldSpec
from kommo_orm.model.state import Unit
from kommo_orm.query import lookups as keyword
from kommo_orm.query import reading, writing
from kommo_orm.query.reading import Request
from kommo_orm.unit.report import Report

if TYPE_CHECKING:
    from kommo_orm.transport.flow import Flow

M = TypeVar("M", bound=Model, covariant=True)


class NoTotal(QueryError, TypeError):
    """`len()` of a query. A `TypeError` too, so that `list(query)`, which asks for a length first, goes on without one."""


class NoFilters(TypedDict, total=False):
    """An entity without filters."""


@dataclass(frozen=True, slots=True)
class ResultPage(Generic[M]):
    """One page asked by its number."""

    items: list[M]
    number: int
    has_next: bool

    def __iter__(self) -> Iterator[M]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class Query(Generic[M]):
    """A lazy list of objects of one class.

    Example:
        >>> for lead in Lead.objects.filter(pipeline_id=7).order_by("-updated_at"):
        ...     print(lead.name)

    Iterating streams page by page and caches nothing; `list()` keeps the result.
    """

    filters: ClassVar[type[Any]] = NoFilters
    orders: ClassVar[tuple[str, ...]] = ()
    includes: ClassVar[tuple[str, ...]] = ()
    specials: ClassVar[dict[str, FieldSpec]] = {}
    searches: ClassVar[bool] = False
    parents: ClassVar[tuple[str, ...]] = ()  # kinds of entities that `of()` takes
    needs_parent: ClassVar[bool] = False

    def __init__(self, model: type[M], unit: Unit | None = None, connection: Connection | None = None) -> None:
        self._model, self._unit, self._connection = model, unit, connection
        self._conditions: tuple[Condition, ...] = ()
        self._order: tuple[str, bool] | None = None
        self._search: str | None = None
        self._included: tuple[str, ...] = ()
        self._limit: int | None = None
        self._deleted = False
        self._whole = False
        self._parent: Parent | None = None

    # ---- building
    def all(self) -> Self:
        """The whole list; said aloud, it allows `update()` and `delete()` without a filter."""
        return self._with(_whole=True)

    def apply(self, lookups: Mapping[str, Any]) -> Self:
        """Filter by untyped lookups, such as those of a query string: `{"price__gte": "1000", "id__in": "1,2"}`.

        Values are turned into the lookup's type; names and types are checked as in `filter()`. Raises `QueryError`.
        """
        return self._filtered((), keyword.applied(self._model, self.filters, lookups))

    def search(self, text: str) -> Self:
        """Rows in whose filled fields the service finds the text (names, phones, e-mails, numbers).

        Raises:
            QueryError: the entity cannot be searched, or the text is empty.
        """
        if not self.searches:
            raise QueryError(f"Kommo cannot search {self._model.__name__} by text")
        if not str(text).strip():
            raise QueryError("search() needs a text; an empty one would answer with the whole list")
        return self._with(_search=str(text))

    def using(self, connection: Any) -> Self:
        """The same query on another account, or within a session: `.using(kommo)`, `.using(session)`."""
        unit = getattr(connection, "unit", None)
        if unit is not None:
            return self._with(_unit=unit, _connection=connection.connection)
        return self._with(_connection=connection)

    def limit(self, most: int) -> Self:
        """At most so many objects; `query[:most]` is the same."""
        if isinstance(most, bool) or not isinstance(most, int) or most < 0:
            raise QueryError(f"limit() takes a whole number from 0 on, not {most!r}")
        return self._with(_limit=most)

    def deleted(self) -> Self:
        """Rows in the trash instead of the list: they carry little more than their ids.

        Source: Kommo API v4, "Deleted leads".
        """
        if "only_deleted" not in self.includes:
            raise QueryError(f"Kommo does not list deleted {self._model.__name__} rows")
        return self._with(_deleted=True)

    def _filtered(self, conditions: Sequence[Condition], lookups: Mapping[str, Any]) -> Self:
        for condition in conditions:
            if not isinstance(condition, Condition):
                raise QueryError(
                    f"filter() takes conditions such as {self._model.__name__}.id == 5, not {condition!r}; a plain comparison of "
                    "values has been evaluated already"
                )
            self._refuse_stranger(condition)
        made = keyword.conditions_of(self._model, self.filters, lookups, self.specials)
        joined = (*self._conditions, *conditions, *made)
        keyword.refuse_doubles(self._model, joined)
        return self._with(_conditions=joined)

    def _refuse_stranger(self, condition: Condition) -> None:
        spec = condition.spec
        own = self._model.__kommo_fields__.get(spec.name) or self.specials.get(spec.name)
        if own is None or own.is_custom != spec.is_custom:
            raise QueryError(f"{spec.owner}.{spec.name} is no field of {self._model.__name__}")

    def _combined(self, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        """Hook for entities whose filters belong together."""
        return conditions

    def _ordered(self, name: str) -> Self:
        field = name.removeprefix("-")
        if field not in self.orders:
            close = get_close_matches(field, self.orders, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it orders by {', '.join(self.orders) or 'nothing'}"
            raise QueryError(f"Kommo cannot order {self._model.__name__} by {field!r} (it would ignore it); {hint}")
        return self._with(_order=(field, name.startswith("-")))

    def _including(self, names: Sequence[str]) -> Self:
        for name in names:
            if name not in self.includes or name == "only_deleted":
                close = get_close_matches(name, self.includes, n=1)
                able = ", ".join(one for one in self.includes if one != "only_deleted")
                hint = f"did you mean {close[0]!r}?" if close else f"it can include {able or 'nothing'}"
                raise QueryError(f"{self._model.__name__} cannot include {name!r}; {hint}")
        return self._with(_included=tuple(dict.fromkeys((*self._included, *names))))

    def _under(self, parent: Any) -> Self:
        """Under a class of entities, one object, or (for lists and pipelines) an id."""
        return self._with(_parent=parent_for(self, parent))

    def _with(self, **changes: Any) -> Self:
        twin = copy.copy(self)
        for name, value in changes.items():
            setattr(twin, name, value)
        return twin

    def _request(self) -> Request:
        if self.needs_parent and self._parent is None:
            kinds = ", ".join(self.parents)
            raise QueryError(
                f"{self._model.__name__} lives under another entity: say which with .of(...) (one of {kinds})"
            )
        if self._deleted and any(condition.name != "id" for condition in self._conditions):
            raise QueryError("Rows in the trash carry only their ids: .deleted() combines with filters by id alone.")
        conditions = self._combined(self._conditions)
        connection = self._account()
        keyword.refuse_doubles(self._model, conditions)
        return Request(
            model=self._model,
            connection=connection,
            conditions=conditions,
            order=self._order or self._default_order(connection),
            search=self._search,
            includes=self._included,
            deleted=self._deleted,
            parent=self._parent,
            limit=self._limit,
            unit=self._unit,
        )

    def _account(self) -> Connection:
        if self._unit is not None:
            self._unit.guard()
        return current(self._connection)

    def _default_order(self, connection: Connection) -> tuple[str, bool] | None:
        """By id where the service can: rows that change while a list is read then stay where they are."""
        can = "id" in self.orders and connection.dialect.features(self._model.__kommo_kind__).is_ordered
        return ("id", False) if can else None

    # ---- reading, sync
    def __iter__(self) -> Iterator[M]:
        return self.iterate()

    def iterate(self) -> Iterator[M]:
        """Stream all objects, pages ahead of time when the service is slow. Nothing is kept.

        Saving the objects inside the loop is safe: no row is skipped for it and none comes twice.

        Raises:
            FilterIgnored: the service answered with a row that the filter excludes.
            ResponseError: the service refused; TransportError: it could not be reached.
        """
        for objects in self.pages():
            yield from objects

    def pages(self) -> Iterator[builtins.list[M]]:
        """Stream lists of objects, one a page."""
        request = self._request()
        return request.connection.stream(reading.streamed(request))

    def list(self) -> builtins.list[M]:
        """All objects, in memory."""
        return [model for objects in self.pages() for model in objects]

    def page(self, number: int, size: int = 50) -> ResultPage[M]:
        """One page by its number (from 1), for user interfaces: `.items`, `.number`, `.has_next`."""
        request = self._request()
        return self._result_page(number, request.connection.run(reading.paged(request, *checked_page(number, size))))

    def get(self, pk: int) -> M:
        """The object of an id. Raises `NotFound`."""
        request, flow = self._getting(pk)
        return cast("M", request.connection.run(flow))

    def get_or_none(self, pk: int) -> M | None:
        """The object of an id, None if there is none."""
        try:
            return self.get(pk)
        except NotFound:
            return None

    def first(self) -> M | None:
        """The first object of the query, None if there is none."""
        found = self._few(1)
        return found[0] if found else None

    def one(self) -> M:
        """The only object. Raises `NotFound` when there is none, `QueryError` when there are several."""
        return self._only(self._few(2))

    def exists(self) -> bool:
        """Whether the query finds anything."""
        return bool(self._few(1))

    def in_bulk(self, ids: Iterable[int]) -> dict[int, M]:
        """Objects by id, 250 a request; ids that do not exist are absent."""
        request, flow = self._bulk(ids)
        return self._by_pk(request.connection.run(flow))

    # ---- reading, async
    async def __aiter__(self) -> AsyncIterator[M]:
        async for objects in self.apages():
            for model in objects:
                yield model

    def aiterate(self) -> AsyncIterator[M]:
        """`iterate()` for `async for`."""
        return self.__aiter__()

    def apages(self) -> AsyncIterator[builtins.list[M]]:
        """`pages()` for `async for`."""
        request = self._request()
        return request.connection.astream(reading.streamed(request))

    async def alist(self) -> builtins.list[M]:
        """`list()` for async code."""
        return [model async for model in self]

    async def apage(self, number: int, size: int = 50) -> ResultPage[M]:
        """`page()` for async code."""
        request = self._request()
        return self._result_page(
            number, await request.connection.arun(reading.paged(request, *checked_page(number, size)))
        )

    async def aget(self, pk: int) -> M:
        """`get()` for async code."""
        request, flow = self._getting(pk)
        return cast("M", await request.connection.arun(flow))

    async def aget_or_none(self, pk: int) -> M | None:
        """`get_or_none()` for async code."""
        try:
            return await self.aget(pk)
        except NotFound:
            return None

    async def afirst(self) -> M | None:
        """`first()` for async code."""
        found = await self._afew(1)
        return found[0] if found else None

    async def aone(self) -> M:
        """`one()` for async code."""
        return self._only(await self._afew(2))

    async def aexists(self) -> bool:
        """`exists()` for async code."""
        return bool(await self._afew(1))

    async def ain_bulk(self, ids: Iterable[int]) -> dict[int, M]:
        """`in_bulk()` for async code."""
        request, flow = self._bulk(ids)
        return self._by_pk(await request.connection.arun(flow))

    # ---- writing
    def _created(self, values: Mapping[str, Any]) -> M:
        model = self._made(values)
        self._account().run(writing.saved(self._account(), model))
        return model

    async def _acreated(self, values: Mapping[str, Any]) -> M:
        model = self._made(values)
        await self._account().arun(writing.saved(self._account(), model))
        return model

    def bulk_create(self, objects: Iterable[Model]) -> Report:
        """Create new objects, at most 250 a request; ids are filled in. Related new objects are created first.

        Raises:
            FlushError: some failed or are uncertain; its `report` tells which.
            QueryError: an object is stored already.
        """
        return self._account().run(writing.bulk(self._account(), self._fresh(objects)))

    async def abulk_create(self, objects: Iterable[Model]) -> Report:
        """`bulk_create()` for async code."""
        return await self._account().arun(writing.bulk(self._account(), self._fresh(objects)))

    def bulk_update(self, objects: Iterable[Model]) -> Report:
        """Save the pending changes of many stored objects, at most 250 a request. Unchanged ones cost nothing.

        Raises:
            FlushError: some failed; its `report` tells which.
        """
        return self._account().run(writing.bulk(self._account(), self._stored(objects)))

    async def abulk_update(self, objects: Iterable[Model]) -> Report:
        """`bulk_update()` for async code."""
        return await self._account().arun(writing.bulk(self._account(), self._stored(objects)))

    def _updated(self, assignments: Sequence[Assignment], values: Mapping[str, Any]) -> Report:
        request = self._writing()
        return request.connection.run(writing.updated(request, *self._assigned(assignments, values)))

    async def _aupdated(self, assignments: Sequence[Assignment], values: Mapping[str, Any]) -> Report:
        request = self._writing()
        return await request.connection.arun(writing.updated(request, *self._assigned(assignments, values)))

    # ---- refusals
    def __len__(self) -> NoReturn:
        raise NoTotal(NO_TOTAL.format(what="len()", name=self._model.__name__))

    def __bool__(self) -> NoReturn:
        raise QueryError("A query has no truth value: use .exists(), or list() it first.")

    def count(self) -> NoReturn:
        """Kommo gives no totals: always raises `QueryError`."""
        raise QueryError(NO_TOTAL.format(what="count()", name=self._model.__name__))

    def __getitem__(self, part: slice) -> Self:
        if (
            isinstance(part, slice)
            and part.start is None
            and part.step is None
            and isinstance(part.stop, int)
            and part.stop >= 0
        ):
            return self.limit(part.stop)
        raise QueryError(
            "Kommo's lists have pages, not positions: query[:n] limits, .page(number, size) reads one page, first() the first object."
        )

    def __repr__(self) -> str:
        parts = [str(condition) for condition in self._conditions]
        parts += [f"search={self._search!r}"] if self._search is not None else []
        parts += [f"limit={self._limit}"] if self._limit is not None else []
        return f"<{self._model.__name__} query {' '.join(parts) or 'all'}>"

    # ---- inside
    def _getting(self, pk: Any) -> tuple[Request, Flow[Model]]:
        """By its address; within a filter, a search or the trash by a list of one."""
        checked_pk(pk, self._model.__kommo_key__ if self._model.__kommo_address__ == "id" else str)
        if not self._conditions and self._search is None and not self._deleted:
            request = self._with(_limit=None, _order=None)._request()
            return request, reading.one_row(request, pk)
        request, flow = self._bulk([pk])
        return request, reading.only(request, flow, pk)

    def _few(self, most: int) -> builtins.list[M]:
        request = self.limit(most if self._limit is None else min(most, self._limit))._request()
        return cast("builtins.list[M]", request.connection.run(reading.listed(request)) if request.limit else [])

    async def _afew(self, most: int) -> builtins.list[M]:
        request = self.limit(most if self._limit is None else min(most, self._limit))._request()
        return cast("builtins.list[M]", await request.connection.arun(reading.listed(request)) if request.limit else [])

    def _only(self, found: Sequence[M]) -> M:
        if not found:
            raise NotFound(f"{self!r} finds nothing")
        if len(found) > 1:
            raise QueryError(f"{self!r} finds more than one; add filters, or use first()")
        return found[0]

    def _bulk(self, ids: Iterable[int]) -> tuple[Request, Flow[builtins.list[Model]]]:
        """Rows of these ids that the query finds; its own filters by id are applied here."""
        if "id__in" not in keyword.allowed(self.filters):
            raise QueryError(f"Kommo cannot list {self._model.__name__} by ids; use get() for each")
        spec = self._model.__kommo_fields__["id"]
        wanted = [checked_pk(pk, self._model.__kommo_key__) for pk in ids]
        for condition in (one for one in self._conditions if one.spec is spec or one.name == "id"):
            among = (condition.value,) if condition.op == "eq" else condition.value
            wanted = [pk for pk in wanted if pk in among]
        others = tuple(condition for condition in self._conditions if condition.name != "id")
        request = self._with(_conditions=others, _limit=None, _order=None)._request()
        return request, reading.by_ids(request, wanted, lambda chunk: Condition(spec, "in", tuple(chunk)))

    def _by_pk(self, found: Sequence[Model]) -> dict[int, M]:
        return {model.pk: cast("M", model) for model in found if model.pk is not None}

    def _result_page(self, number: int, found: tuple[Sequence[Model], bool]) -> ResultPage[M]:
        return ResultPage(cast("builtins.list[M]", list(found[0])), number, found[1])

    def _made(self, values: Mapping[str, Any]) -> M:
        model = self._model(**values)
        self._adopt(model)
        if self._unit is not None:
            self._unit.add(model)
        return model

    def _adopt(self, model: Model) -> None:
        """Hook: a new object made under a parent belongs to it."""

    def _fresh(self, objects: Iterable[Model]) -> Sequence[Model]:
        given = [self._mine(model) for model in objects]
        for model in given:
            if not model.is_new:
                raise QueryError(
                    f"{type(model).__name__} {model.pk} is stored already: bulk_update() saves changes of stored objects"
                )
            self._adopt(model)
        return given

    def _stored(self, objects: Iterable[Model]) -> Sequence[Model]:
        given = [self._mine(model) for model in objects]
        for model in given:
            if model.is_new:
                raise QueryError(f"a new {type(model).__name__} cannot be updated: bulk_create() creates it")
        rows: dict[Any, Model] = {}
        for model in [model for model in given if model.has_changes]:
            if rows.setdefault(model.pk, model) is not model and not self._model.__kommo_within__:
                raise QueryError(f"{type(model).__name__} {model.pk} is given twice, as two objects: which one counts?")
        return list({id(model): model for model in given}.values())

    def _mine(self, model: Model) -> Model:
        if getattr(type(model), "__kommo_kind__", None) != self._model.__kommo_kind__:
            raise QueryError(f"{self._model.__name__}.objects takes {self._model.__name__} objects, not {model!r}")
        return model

    def _writing(self) -> Request:
        if not self._whole and not self._conditions and self._search is None and self._limit is None:
            raise QueryError(
                f"This would write every {self._model.__name__} of the account. Filter first, or say "
                f"{self._model.__name__}.objects.all() if you mean it."
            )
        return self._request()

    def _assigned(self, assignments: Sequence[Assignment], values: Mapping[str, Any]) -> tuple[dict[str, Any]]:
        found: dict[str, Any] = {}
        for one in assignments:
            if not isinstance(one, Assignment):
                raise QueryError(
                    f"update() takes assignments such as {self._model.__name__}.name.set('x'), not {one!r}"
                )
            found[one.spec.name] = one.value
        found.update(values)
        if not found:
            raise QueryError("update() needs at least one value")
        self._model(**found)  # refuses unknown names, read-only fields and wrong types
        return (found,)


NO_TOTAL = "{what}: Kommo gives no totals. Use .exists(), or count while iterating: sum(1 for _ in {name}.objects.filter(...))."


def checked_pk(pk: Any, key: type[Any] = int) -> Any:
    if key is str and isinstance(pk, str) and pk.strip():
        return pk
    if key is str:
        raise QueryError(f"an id of this kind is a text, not {pk!r}")
    if isinstance(pk, bool) or not isinstance(pk, int) or pk <= 0:
        raise QueryError(f"an id is a positive whole number, not {pk!r}")
    return pk


def checked_page(number: int, size: int) -> tuple[int, int]:
    if number < 1 or not 1 <= size <= 250:
        raise QueryError(f"pages are numbered from 1 and hold 1 to 250 rows; got page {number} of size {size}")
    return number, size


def parent_for(query: Query[Any], given: Any) -> Parent:
    """What `of()` was given, as a parent: a model class, an object, or an id where one kind of parent is possible."""
    kind = getattr(given if isinstance(given, type) else type(given), "__kommo_kind__", None)
    if kind in query.parents:
        if isinstance(given, type):
            return Parent(kind)
        if given.pk is None:
            raise ConfigurationError(f"save the {type(given).__name__} first: a new one has nothing under it")
        return Parent(kind, given.pk)
    if isinstance(given, int) and not isinstance(given, bool) and len(query.parents) == 1:
        return Parent(query.parents[0], checked_pk(given))
    raise QueryError(f"{query._model.__name__} lives under {', '.join(query.parents)}; .of({given!r}) is none of them")


class Manager(KeepOut):
    """Base of every `objects` descriptor: it answers for whichever class it is read from."""

    query: ClassVar[type[Query[Any]]] = Query

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is not None:
            raise AttributeError(f"{owner.__name__}.objects belongs to the class, not to an object of it")
        return self.query(owner)


Order = Literal["asc", "desc"]
