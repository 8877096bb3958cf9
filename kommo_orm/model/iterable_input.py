"""Values that may be set on a field of several: a list, a tuple, a set, an iterator; never one text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeGuard, TypeVar

from pydantic import BaseModel

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Several(Protocol[T_co]):
    """Several values. Text is iterable, too, but its `in` takes text only, so that checkers refuse it."""

    def __iter__(self) -> Iterator[T_co]: ...
    def __contains__(self, item: object, /) -> bool: ...


Many = Several[T] | Iterator[T]


def is_iterable_input(given: Any) -> TypeGuard[Iterable[Any]]:
    """Whether a value is several values: no text, no mapping and no object of a model."""
    return isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping | BaseModel)
