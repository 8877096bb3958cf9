"""`Query`: what `Lead.objects` answers with. Lazy and immutable: every method that does not read answers a new query.

Each entity has its own small subclass that types `filter`, `order_by`, `include`, `create` and `update`. Users may
subclass those. Methods that read or write have twins for async code, whose names begin with `a`.
"""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, cast, overload

from typing_extensions import TypeVar

from kommo_orm.errors import MultipleFound, NotFound, QueryError
from kommo_orm.model.arguments import validate_list
from kommo_orm.model.condition import Assignment, Condition
from kommo_orm.model.model import Model
from kommo_orm.query.arguments import find_given_pk, validate_page, validate_pk
from kommo_orm.query.bulk_writes import update_rows
from kommo_orm.query.execution import (
    fetch_first_page,
    fetch_in_bulk,
    fetch_listed_object,
    fetch_numbered_page,
    fetch_object,
    stream_objects,
)
from kommo_orm.query.lookups import list_lookups
from kommo_orm.query.manager import QueryManager
from kommo_orm.query.query_builder import QueryBuilder
from kommo_orm.unit import write_flows
from kommo_orm.unit.report import Report

if TYPE_CHECKING:
    from kommo_orm.query.bound_query import BoundQuery
    from kommo_orm.transport.flow import Flow

M = TypeVar("M", bound=Model, covariant=True)
T = TypeVar("T")


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


class Query(QueryBuilder[M]):
    """A lazy list of objects of one class.

    Example:
        >>> for lead in Lead.objects.filter(pipeline_id=7).order_by("-updated_at"):
        ...     print(lead.name)

    Iterating streams page by page and caches nothing; `list()` keeps the result.
    """

    @classmethod
    def manager(cls) -> QueryManager[Self]:
        """What a model of your own puts in its `objects`, so that its queries are of this class.

        Example:
            >>> class DealQuery(LeadQuery["Deal"]):
            ...     def rich(self) -> Self:
            ...         return self.filter(price__gte=100_000)
            >>> class Deal(Lead):
            ...     objects = DealQuery.manager()
            >>> Deal.objects.rich().first()
        """
        return QueryManager(cls)

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
        bound = self._bind()
        return bound.connection.stream(stream_objects(bound))

    def list(self) -> builtins.list[M]:
        """All objects, in memory."""
        return [model for objects in self.pages() for model in objects]

    def page(self, number: int, size: int = 50) -> ResultPage[M]:
        """One page by its number (from 1), for user interfaces: `.items`, `.number`, `.has_next`."""
        return ResultPage(*self._run(self._read_page(number, size)))

    @overload
    def get(self, pk: int) -> M: ...
    @overload
    def get(self, *conditions: Condition, **lookups: Any) -> M: ...
    def get(self, *given: Any, **lookups: Any) -> M:
        """The object of an id, or the only one that filters find: `get(5)`, `get(name="Roof")`, `get(Deal.external == "A1")`.

        Raises:
            NotFound: there is none. MultipleFound: there are several.
        """
        return self._run(self._read_one(given, lookups))

    @overload
    def get_or_none(self, pk: int) -> M | None: ...
    @overload
    def get_or_none(self, *conditions: Condition, **lookups: Any) -> M | None: ...
    def get_or_none(self, *given: Any, **lookups: Any) -> M | None:
        """The same as `get()`, None if there is none. Raises `MultipleFound` if there are several."""
        try:
            return self.get(*given, **lookups)
        except NotFound:
            return None

    def first(self) -> M | None:
        """The first object of the query, None if there is none."""
        return next(iter(self._run(self._read_few(1))), None)

    def one(self) -> M:
        """The only object. Raises `NotFound` when there is none, `MultipleFound` when there are several."""
        return self._require_one(self._run(self._read_few(2)))

    def exists(self) -> bool:
        """Whether the query finds anything."""
        return bool(self._run(self._read_few(1)))

    def in_bulk(self, ids: Iterable[int]) -> dict[int, M]:
        """Objects by id, 250 a request; ids that do not exist are absent."""
        return index_by_id(self._run(self._read_in_bulk(ids)))

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
        bound = self._bind()
        return bound.connection.astream(stream_objects(bound))

    async def alist(self) -> builtins.list[M]:
        """`list()` for async code."""
        return [model async for model in self]

    async def apage(self, number: int, size: int = 50) -> ResultPage[M]:
        """`page()` for async code."""
        return ResultPage(*await self._arun(self._read_page(number, size)))

    @overload
    async def aget(self, pk: int) -> M: ...
    @overload
    async def aget(self, *conditions: Condition, **lookups: Any) -> M: ...
    async def aget(self, *given: Any, **lookups: Any) -> M:
        """`get()` for async code."""
        return await self._arun(self._read_one(given, lookups))

    @overload
    async def aget_or_none(self, pk: int) -> M | None: ...
    @overload
    async def aget_or_none(self, *conditions: Condition, **lookups: Any) -> M | None: ...
    async def aget_or_none(self, *given: Any, **lookups: Any) -> M | None:
        """`get_or_none()` for async code."""
        try:
            return await self.aget(*given, **lookups)
        except NotFound:
            return None

    async def afirst(self) -> M | None:
        """`first()` for async code."""
        return next(iter(await self._arun(self._read_few(1))), None)

    async def aone(self) -> M:
        """`one()` for async code."""
        return self._require_one(await self._arun(self._read_few(2)))

    async def aexists(self) -> bool:
        """`exists()` for async code."""
        return bool(await self._arun(self._read_few(1)))

    async def ain_bulk(self, ids: Iterable[int]) -> dict[int, M]:
        """`in_bulk()` for async code."""
        return index_by_id(await self._arun(self._read_in_bulk(ids)))

    # ---- writing
    def bulk_create(self, objects: Iterable[Model]) -> Report:
        """Create new objects, at most 250 a request; ids are filled in. Related new objects are created first.

        Raises:
            FlushError: some failed or are uncertain; its `report` tells which.
            QueryError: an object is stored already.
        """
        return self._run(write_flows.save_objects(self._require_connection(), self._require_new(objects)))

    async def abulk_create(self, objects: Iterable[Model]) -> Report:
        """`bulk_create()` for async code."""
        return await self._arun(write_flows.save_objects(self._require_connection(), self._require_new(objects)))

    def bulk_update(self, objects: Iterable[Model]) -> Report:
        """Save the pending changes of many stored objects, at most 250 a request. Unchanged ones cost nothing.

        Raises:
            FlushError: some failed; its `report` tells which.
        """
        return self._run(write_flows.save_objects(self._require_connection(), self._require_stored(objects)))

    async def abulk_update(self, objects: Iterable[Model]) -> Report:
        """`bulk_update()` for async code."""
        return await self._arun(write_flows.save_objects(self._require_connection(), self._require_stored(objects)))

    def _create_object(self, values: Mapping[str, Any]) -> M:
        model = self._make_object(values)
        self._run(write_flows.save_object(self._require_connection(), model))
        return model

    async def _acreate_object(self, values: Mapping[str, Any]) -> M:
        model = self._make_object(values)
        await self._arun(write_flows.save_object(self._require_connection(), model))
        return model

    def _update_rows(self, assignments: Sequence[Assignment], values: Mapping[str, Any]) -> Report:
        return self._run(update_rows(self._bind_for_writing(), self._collect_values(assignments, values)))

    async def _aupdate_rows(self, assignments: Sequence[Assignment], values: Mapping[str, Any]) -> Report:
        return await self._arun(update_rows(self._bind_for_writing(), self._collect_values(assignments, values)))

    # ---- flows of the methods above
    def _run(self, flow: Flow[T]) -> T:
        return self._require_connection().run(flow)

    async def _arun(self, flow: Flow[T]) -> T:
        return await self._require_connection().arun(flow)

    def _read_page(self, number: int, size: int) -> Flow[tuple[builtins.list[M], int, bool]]:
        reading = fetch_numbered_page(self._bind(), *validate_page(number, size))
        return cast("Flow[tuple[builtins.list[M], int, bool]]", reading)

    def _read_one(self, given: Sequence[Any], lookups: Mapping[str, Any]) -> Flow[M]:
        """Read the object of an id by its address, or the only one that filters find."""
        pk = find_given_pk(self._model, given, lookups)
        if pk is not None and not self._finds_nothing:
            return cast("Flow[M]", self._read_by_id(pk))
        narrowed = self if pk is not None else self._add_conditions(given, lookups)
        return narrowed._read_only_one()

    def _read_only_one(self) -> Flow[M]:
        return self._require_one((yield from self._read_few(2)))

    def _read_by_id(self, pk: Any) -> Flow[Model]:
        """Read one object by its address. Within a filter, a search or the trash it is read by a list of one."""
        info = self._model.__kommo_info__
        validate_pk(pk, info.id_type if info.address_field == "id" else str)
        if not self._conditions and self._search is None and not self._deleted:
            return fetch_object(self._copy_with(_limit=None, _order=None)._bind(), pk)
        bound, wanted = self._bind_ids([pk])
        return fetch_listed_object(bound, wanted, pk)

    def _read_few(self, most: int) -> Flow[builtins.list[M]]:
        limited = self.limit(most if self._limit is None else min(most, self._limit))
        return cast("Flow[builtins.list[M]]", fetch_first_page(limited._bind()))

    def _read_in_bulk(self, ids: Iterable[int]) -> Flow[builtins.list[M]]:
        return cast("Flow[builtins.list[M]]", fetch_in_bulk(*self._bind_ids(ids)))

    def _bind_ids(self, ids: Iterable[Any]) -> tuple[BoundQuery, builtins.list[Any]]:
        """Divide the query into its conditions on ids, which are applied here, and the rest, which is asked."""
        info = self._model.__kommo_info__
        if self._finds_nothing:
            return self._bind(), []
        if "id__in" not in list_lookups(self._filters):
            raise QueryError(f"Kommo cannot list {self._model.__name__} by ids; use get() for each")
        wanted = [validate_pk(pk, info.id_type) for pk in validate_list("in_bulk()", ids, QueryError)]
        for condition in self._conditions:
            if condition.name == "id":
                among = {condition.value} if condition.op == "eq" else set(condition.value)
                wanted = [pk for pk in wanted if pk in among]
        others = tuple(condition for condition in self._conditions if condition.name != "id")
        return self._copy_with(_conditions=others, _limit=None, _order=None)._bind(), wanted

    def _require_one(self, found: Sequence[M]) -> M:
        if not found:
            raise NotFound(f"{self!r} finds nothing")
        if len(found) > 1:
            raise MultipleFound(f"{self!r} finds more than one; add filters, or use first()")
        return found[0]

    # ---- objects and values that are written
    def _make_object(self, values: Mapping[str, Any]) -> M:
        model = self._model(**values)
        self._adopt_object(model)
        if self._unit is not None:
            self._unit.add(model)
        return model

    def _adopt_object(self, model: Model) -> None:
        """Let a new object live under the parent of the query. A hook for entities that have one."""

    def _require_new(self, objects: Iterable[Model]) -> Sequence[Model]:
        given = [self._require_own_kind(model) for model in validate_list("bulk_create()", objects, QueryError)]
        for model in given:
            if not model.is_new:
                raise QueryError(
                    f"{type(model).__name__} {model.pk} is stored already: bulk_update() saves changes of stored objects"
                )
            self._adopt_object(model)
        return given

    def _require_stored(self, objects: Iterable[Model]) -> Sequence[Model]:
        given = [self._require_own_kind(model) for model in validate_list("bulk_update()", objects, QueryError)]
        for model in given:
            if model.is_new:
                raise QueryError(f"A new {type(model).__name__} cannot be updated: bulk_create() creates it")
        self._refuse_twins(given)
        return list({id(model): model for model in given}.values())

    def _refuse_twins(self, models: Iterable[Model]) -> None:
        """Refuse two changed objects of one row."""
        rows: dict[Any, Model] = {}
        for model in models:
            if self._model.__kommo_info__.unique_within or not model.has_changes:
                continue
            if rows.setdefault(model.pk, model) is not model:
                raise QueryError(f"{type(model).__name__} {model.pk} is given twice, as two objects: which one counts?")

    def _require_own_kind(self, model: Model) -> Model:
        if getattr(type(model), "__kommo_kind__", None) != self._model.__kommo_kind__:
            raise QueryError(f"{self._model.__name__}.objects takes {self._model.__name__} objects, not {model!r}")
        return model

    def _bind_for_writing(self) -> BoundQuery:
        if (
            not self._whole
            and not self._finds_nothing
            and not self._conditions
            and self._search is None
            and self._limit is None
        ):
            raise QueryError(
                f"This would write every {self._model.__name__} of the account. Filter first, or say "
                f"{self._model.__name__}.objects.all() if you mean it."
            )
        return self._bind()

    def _collect_values(self, assignments: Sequence[Assignment], values: Mapping[str, Any]) -> dict[str, Any]:
        """Join assignments and keyword values. Raises for unknown names, read-only fields and wrong types."""
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
        self._model(**found)
        return found


def index_by_id(models: Iterable[M]) -> dict[int, M]:
    """Return objects by their ids."""
    return {model.pk: model for model in models if model.pk is not None}


__all__ = ["Query", "ResultPage"]
