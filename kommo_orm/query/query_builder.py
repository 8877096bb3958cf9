"""`QueryBuilder`: conditions, order, includes and parent of a query. It is immutable: every step returns a new query.

What Kommo cannot do is refused here, when the query is built.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Self

from typing_extensions import TypedDict, TypeVar

from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.close_names import find_close_names
from kommo_orm.model.condition import Condition
from kommo_orm.model.field_spec import FieldSpec
from kommo_orm.model.instance_state import Unit
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.query import lookups as keyword
from kommo_orm.query.arguments import validate_pk
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.hints import explain_missing_method

if TYPE_CHECKING:
    from kommo_orm.query.change_walk import ChangeWalk

M = TypeVar("M", bound=Model, covariant=True)


class NoTotal(QueryError, TypeError):
    """`len()` of a query. A `TypeError` too, so that `list(query)`, which asks for a length first, goes on without one."""


class NoFilters(TypedDict, total=False):
    """An entity without filters."""


class QueryBuilder(Generic[M]):
    """The part of a query that is built; `Query` adds what reads and writes."""

    _filters: ClassVar[type[Any]] = NoFilters
    _orders: ClassVar[tuple[str, ...]] = ()
    _includes: ClassVar[tuple[str, ...]] = ()
    _special_filters: ClassVar[dict[str, FieldSpec]] = {}
    _is_searchable: ClassVar[bool] = False
    _parent_kinds: ClassVar[tuple[str, ...]] = ()  # kinds of entities that `of()` takes
    _needs_parent: ClassVar[bool] = False

    def __init__(self, model: type[M], unit: Unit | None = None, connection: Connection | None = None) -> None:
        self._model, self._unit, self._connection = model, unit, connection
        self._conditions: tuple[Condition, ...] = ()
        self._order: tuple[str, bool] | None = None
        self._search: str | None = None
        self._included: tuple[str, ...] = ()
        self._limit: int | None = None
        self._deleted = False
        self._whole = False
        self._is_none = False
        self._parent: Parent | None = None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            raise AttributeError(explain_missing_method(type(self), self._model, name))

    # ---- building
    def all(self) -> Self:
        """The whole list. `update()` and `delete()` without a filter need it."""
        return self._copy_with(_whole=True)

    def none(self) -> Self:
        """A query that finds nothing, without a request."""
        return self._copy_with(_is_none=True)

    @property
    def _finds_nothing(self) -> bool:
        """Whether it is clear without a request that no row is found: `none()`, or one of no values."""
        return self._is_none or any(one.op == "in" and not one.value for one in self._conditions)

    def apply(self, lookups: Mapping[str, Any]) -> Self:
        """Filter by untyped lookups, such as those of a query string: `{"price__gte": "1000", "id__in": "1,2"}`.

        Values are turned into the lookup's type; names and types are checked as in `filter()`. Raises `QueryError`.
        """
        if not isinstance(lookups, Mapping):
            raise QueryError(f"apply() takes a dict of lookups and values, not {lookups!r}")
        return self._add_conditions((), keyword.coerce_lookups(self._model, self._filters, lookups))

    def search(self, text: str) -> Self:
        """Rows in whose filled fields the service finds the text (names, phones, e-mails, numbers).

        Raises:
            QueryError: the entity cannot be searched, or the text is empty.
        """
        if not self._is_searchable:
            raise QueryError(f"Kommo cannot search {self._model.__name__} by text")
        if not str(text).strip():
            raise QueryError("search() needs a text; an empty one would answer with the whole list")
        return self._copy_with(_search=str(text))

    def changed_since(self, moment: datetime) -> ChangeWalk[M]:
        """The rows that changed since a moment, the oldest change first: none is lost though others change rows meanwhile.

        The walk has a `watermark` to store, from which the next one goes on. Rows that are deleted do not come.

        Raises:
            QueryError: Kommo does not order these rows by their change, or the query has an order or a limit of its own.
        """
        from kommo_orm.query.change_walk import ChangeWalk  # few programs use it

        if not {"id", "updated_at"} <= {*self._orders} or self._deleted:
            raise QueryError(
                f"changed_since(): Kommo does not order {self._model.__name__} rows like these by their change"
            )
        if self._order is not None or self._limit is not None:
            raise QueryError(
                "changed_since() has its own order and no limit: leave order_by() and limit() out, and break"
            )
        if any(condition.name == "updated_at" for condition in self._conditions):
            raise QueryError("changed_since() filters by updated_at itself: leave the filter by updated_at out")
        return ChangeWalk(self._bind(), moment)

    def using(self, connection: Any) -> Self:
        """The same query on another account, or within a session: `.using(kommo)`, `.using(session)`."""
        unit = getattr(connection, "unit", None)
        if unit is not None:
            return self._copy_with(_unit=unit, _connection=connection.connection)
        return self._copy_with(_connection=connection)

    def limit(self, most: int) -> Self:
        """At most so many objects; `query[:most]` is the same."""
        if isinstance(most, bool) or not isinstance(most, int) or most < 0:
            raise QueryError(f"limit() takes a whole number from 0 on, not {most!r}")
        return self._copy_with(_limit=most)

    def deleted(self) -> Self:
        """Rows in the trash instead of the list: they carry little more than their ids.

        Source: Kommo API v4, "Deleted leads".
        """
        if "only_deleted" not in self._includes:
            raise QueryError(f"Kommo does not list deleted {self._model.__name__} rows")
        return self._copy_with(_deleted=True)

    def _add_conditions(self, conditions: Sequence[Condition], lookups: Mapping[str, Any]) -> Self:
        for condition in conditions:
            if not isinstance(condition, Condition):
                raise QueryError(
                    f"filter() takes conditions such as {self._model.__name__}.id == 5, not {condition!r}; a plain comparison of "
                    "values has been evaluated already"
                )
            self._refuse_foreign_field(condition)
            self._refuse_unknown_filter(condition)
        made = keyword.parse_lookups(self._model, self._filters, lookups, self._special_filters)
        joined = (*self._conditions, *conditions, *made)
        keyword.refuse_duplicates(self._model, joined)
        return self._copy_with(_conditions=joined)

    def _refuse_foreign_field(self, condition: Condition) -> None:
        spec = condition.spec
        own = self._model.__kommo_info__.fields.get(spec.name) or self._special_filters.get(spec.name)
        if own is None or own.is_custom != spec.is_custom:
            raise QueryError(f"{spec.owner}.{spec.name} is no field of {self._model.__name__}")

    def _refuse_unknown_filter(self, condition: Condition) -> None:
        """Refuse an expression of a field of Kommo's own that Kommo has no filter for: `Lead.price.in_(1, 2)`."""
        lookup = condition.name if condition.op == "eq" else f"{condition.name}__{condition.op}"
        if not condition.spec.is_custom and lookup not in keyword.list_lookups(self._filters):
            raise QueryError(keyword.describe_unknown_lookup(self._model, self._filters, lookup))

    def _combine_conditions(self, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        """Hook for entities whose filters belong together."""
        return conditions

    def _set_order(self, name: str) -> Self:
        if not isinstance(name, str):
            raise QueryError(f"{self._model.__name__} is ordered by the name of one field, not by {name!r}")
        field = name.removeprefix("-")
        if field not in self._orders:
            close = find_close_names(field, self._orders)
            hint = f"did you mean {close[0]!r}?" if close else f"it orders by {', '.join(self._orders) or 'nothing'}"
            raise QueryError(f"Kommo cannot order {self._model.__name__} by {field!r} (it would ignore it); {hint}")
        return self._copy_with(_order=(field, name.startswith("-")))

    def _add_includes(self, names: Sequence[str]) -> Self:
        refuse_list_argument(names, "include", QueryError)
        for name in names:
            if name not in self._includes or name == "only_deleted":
                close = find_close_names(str(name), self._includes)
                able = ", ".join(one for one in self._includes if one != "only_deleted")
                hint = f"did you mean {close[0]!r}?" if close else f"it can include {able or 'nothing'}"
                raise QueryError(f"{self._model.__name__} cannot include {name!r}; {hint}")
        return self._copy_with(_included=tuple(dict.fromkeys((*self._included, *names))))

    def _set_parent(self, parent: Any) -> Self:
        """Under a class of entities, one object, or (for lists and pipelines) an id."""
        return self._copy_with(_parent=resolve_parent(self, parent))

    def _copy_with(self, **changes: Any) -> Self:
        twin = copy.copy(self)
        for name, value in changes.items():
            setattr(twin, name, value)
        return twin

    def _bind(self) -> BoundQuery:
        if self._needs_parent and self._parent is None:
            kinds = ", ".join(self._parent_kinds)
            raise QueryError(
                f"{self._model.__name__} lives under another entity: say which with .of(...) (one of {kinds})"
            )
        if self._deleted and any(condition.name != "id" for condition in self._conditions):
            raise QueryError("Rows in the trash carry only their ids: .deleted() combines with filters by id alone.")
        conditions = self._combine_conditions(self._conditions)
        connection = self._require_connection()
        keyword.refuse_duplicates(self._model, conditions)
        return BoundQuery(
            model=self._model,
            connection=connection,
            conditions=conditions,
            order=self._order or self._choose_default_order(connection),
            has_own_order=self._order is not None,
            search=self._search,
            includes=self._included,
            deleted=self._deleted,
            parent=self._parent,
            limit=0 if self._finds_nothing else self._limit,
            unit=self._unit,
        )

    def _require_connection(self) -> Connection:
        if self._unit is not None:
            self._unit.guard()
        return find_connection(self._connection)

    def _choose_default_order(self, connection: Connection) -> tuple[str, bool] | None:
        """By id where the service can: rows that change while a list is read then stay where they are."""
        can = "id" in self._orders and connection.dialect.capabilities(self._model.__kommo_kind__).is_ordered
        return ("id", False) if can else None

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
        parts += ["none"] if self._is_none else []
        return f"<{self._model.__name__} query {' '.join(parts) or 'all'}>"


NO_TOTAL = "{what}: Kommo gives no totals. Use .exists(), or count while iterating: sum(1 for _ in {name}.objects.filter(...))."


def resolve_parent(query: QueryBuilder[Any], given: Any) -> Parent:
    """What `of()` was given, as a parent: a model class, an object, or an id where one kind of parent is possible."""
    kind = getattr(given if isinstance(given, type) else type(given), "__kommo_kind__", None)
    if kind in query._parent_kinds:
        if isinstance(given, type):
            return Parent(kind)
        if given.pk is None:
            raise ConfigurationError(f"save the {type(given).__name__} first: a new one has nothing under it")
        return Parent(kind, given.pk)
    if isinstance(given, int) and not isinstance(given, bool) and len(query._parent_kinds) == 1:
        return Parent(query._parent_kinds[0], validate_pk(given))
    raise QueryError(
        f"{query._model.__name__} lives under {', '.join(query._parent_kinds)}; .of({given!r}) is none of them"
    )
