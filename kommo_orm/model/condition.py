"""What a filter is made of: plain, printable values. Expressions make them, queries carry them, dialects compile them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Never, NoReturn, overload

from typing_extensions import TypeVar

from kommo_orm.errors import QueryError
from kommo_orm.model.iterable_input import Many, is_iterable_input

if TYPE_CHECKING:
    from kommo_orm.model.field_spec import FieldSpec

T = TypeVar("T")
if TYPE_CHECKING:
    S = TypeVar("S", default=T)  # what `set()` takes, where that is not what the field compares with
else:
    S = TypeVar("S", default=Any)  # a default that names T would make every `Exact[int]` generic at run time
Operator = Literal["eq", "in", "gte", "lte", "range"]

NO_TRUTH = (
    "A condition has no truth value: it is sent to Kommo, not evaluated here. Pass several conditions to filter() instead "
    "of `and`; write `.between(low, high)` instead of a chained comparison; compare values of objects, not of classes."
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a field with a value, as Kommo can filter by it.

    `Lead.price >= 100` makes one. Conditions passed to `filter()` together must all hold; Kommo has no "or" and no "not".
    """

    spec: FieldSpec
    op: Operator
    value: Any

    @property
    def name(self) -> str:
        """The user's own name of the field."""
        return self.spec.name

    def __bool__(self) -> NoReturn:
        raise QueryError(NO_TRUTH)

    def __or__(self, other: object) -> NoReturn:
        raise QueryError("Kommo has no `or` between filters. Use `field__in=[...]` / `.in_(...)`, or run two queries")

    def __and__(self, other: object) -> NoReturn:
        raise QueryError("Pass the conditions to filter() side by side, `filter(a, b)`: all of them must hold")

    def __invert__(self) -> NoReturn:
        raise QueryError("Kommo cannot filter by what a row is not. Read the wider list and skip rows in Python")

    def __str__(self) -> str:
        return f"{self.name}__{self.op}={self.value!r}" if self.op != "eq" else f"{self.name}={self.value!r}"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A field and the value a bulk `update()` gives it: `Deal.budget.set(500)`."""

    spec: FieldSpec
    value: Any


def _refuse_not_equal(name: str) -> NoReturn:
    raise QueryError(f"Kommo cannot filter by `{name} != ...`. Read the wider list and skip rows in Python")


def _refuse_strict(name: str, sign: str) -> NoReturn:
    raise QueryError(f"Kommo's ranges include their ends: write `{name} {sign}= ...` instead of `{name} {sign} ...`")


class Expr(Generic[T, S]):
    """What a field is on its class. It compares to conditions where Kommo can filter, and refuses where it cannot."""

    __slots__ = ("spec",)

    def __init__(self, spec: FieldSpec) -> None:
        self.spec = spec

    __hash__ = None  # type: ignore[assignment]  # `==` answers with a condition

    def set(self, value: S) -> Assignment:
        """An assignment for `Query.update()`: `Deal.objects.all().update(Deal.budget.set(500))`."""
        return Assignment(self.spec, value)

    def __repr__(self) -> str:
        return f"<{self.spec.owner}.{self.spec.name}>"

    def _make_condition(self, op: Operator, value: object) -> Condition:
        return Condition(self.spec, op, self.spec.clean_filter(op, value))


class Unfilterable(Expr[T, S]):
    """A field that Kommo cannot filter by."""

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise QueryError(f"Kommo cannot filter by {self.spec.owner}.{self.spec.name}. {self.spec.filter_hint}".strip())

    if not TYPE_CHECKING:  # to checkers there is no comparison: `==` is then bool (flagged as never true), no condition
        __eq__ = __ne__ = __ge__ = __le__ = __gt__ = __lt__ = in_ = between = _refuse
        __hash__ = None


class Exact(Expr[T, S]):
    """A field that Kommo finds by value or by one of several values."""

    __slots__ = ()
    __hash__ = None

    def __eq__(self, other: T, /) -> Condition:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._make_condition("eq", other)

    def __ne__(self, other: T, /) -> NoReturn:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        _refuse_not_equal(self.spec.name)

    @overload
    def in_(self, values: Many[T], /) -> Condition: ...
    @overload
    def in_(self, *values: T) -> Condition: ...
    def in_(self, *values: Any) -> Condition:
        """One of these values: `Lead.id.in_(1, 2)`, `Lead.id.in_(ids)`. One of none finds nothing, without a request."""
        is_list = len(values) == 1 and is_iterable_input(values[0])
        return self._make_condition("in", values[0] if is_list else values)


class _Ranges(Expr[T, S]):
    __slots__ = ()
    __hash__ = None

    def __ge__(self, other: T) -> Condition:
        return self._make_condition("gte", other)

    def __le__(self, other: T) -> Condition:
        return self._make_condition("lte", other)

    def between(self, low: T, high: T) -> Condition:
        """From `low` to `high`, both ends included."""
        return self._make_condition("range", (low, high))

    def __gt__(self, other: Never) -> NoReturn:
        _refuse_strict(self.spec.name, ">")

    def __lt__(self, other: Never) -> NoReturn:
        _refuse_strict(self.spec.name, "<")


class Ranged(_Ranges[T, S]):
    """A field that Kommo finds by a range only: times."""

    __slots__ = ()
    __hash__ = None

    if not TYPE_CHECKING:

        def __eq__(self, other: object) -> NoReturn:
            name = self.spec.name
            raise QueryError(f"Kommo finds {name} by ranges only: `{name} >= ...`, `{name} <= ...`, `.between(a, b)`")

        __ne__ = __eq__


class Ordered(_Ranges[T, S], Exact[T, S]):
    """A field that Kommo finds by value and by range: money and numbers."""

    __slots__ = ()
    __hash__ = None


ExpressionClass = Callable[["FieldSpec"], Expr[Any]]


__all__ = ["Assignment", "Condition"]
