"""A list of options, typed so that texts and ids may go in and options come out."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from enum import Enum
from typing import Any, Generic, Self, SupportsIndex, overload

from kommo_orm.fields.enum_mapping import E, get_enum_mapping
from kommo_orm.fields.option import Option, is_same_option


class Options(list[E | Option], Generic[E]):
    """The chosen options of a field, a `list`. What is put in becomes an option; `in`, `remove`, `index` take ids, too.

    What cannot be an option is kept as it is and refused when the object is saved, with the field named.

    Example:
        >>> deal.regions.append("EU")
        >>> "EU" in deal.regions
        True

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ("_enum",)
    _enum: type[Enum] | None

    def __init__(self, values: Iterable[E | str | int] = (), enum: type[Enum] | None = None) -> None:
        self._enum = enum
        super().__init__([self._convert(value) for value in values])

    @classmethod
    def from_options(cls, options: list[Any], enum: type[Enum] | None) -> Self:
        """A list of what are options already."""
        made = cls((), enum)
        list[Any].extend(made, options)
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.from_options(copy.deepcopy(list(self), memo), self._enum)

    def _convert(self, value: Any) -> Any:
        try:
            return get_enum_mapping(self._enum).clean_option(value)
        except ValueError:
            return value

    def append(self, value: E | str | int, /) -> None:
        super().append(self._convert(value))

    def insert(self, index: SupportsIndex, value: E | str | int, /) -> None:
        super().insert(index, self._convert(value))

    def extend(self, values: Iterable[E | str | int], /) -> None:
        super().extend([self._convert(value) for value in values])

    def __iadd__(self, values: Iterable[E | str | int], /) -> Self:  # type: ignore[override, misc]  # as in typeshed
        self.extend(values)
        return self

    @overload
    def __setitem__(self, key: SupportsIndex, value: E | str | int, /) -> None: ...
    @overload
    def __setitem__(self, key: slice, value: Iterable[E | str | int], /) -> None: ...
    def __setitem__(self, key: Any, value: Any, /) -> None:
        super().__setitem__(
            key, [self._convert(one) for one in value] if isinstance(key, slice) else self._convert(value)
        )

    def __contains__(self, value: object, /) -> bool:
        return any(is_same_option(one, value) for one in self)

    def count(self, value: E | str | int, /) -> int:
        return sum(is_same_option(one, value) for one in self)

    def index(self, value: E | str | int, start: SupportsIndex = 0, stop: SupportsIndex | None = None, /) -> int:
        """Where an option stands. Raises `ValueError` if it is not in the list."""
        for place in range(*slice(start, stop).indices(len(self))):
            if is_same_option(self[place], value):
                return place
        raise ValueError(f"{value!r} is not among the options {list(self)!r}")

    def remove(self, value: E | str | int, /) -> None:
        """Take an option out. Raises `ValueError` if it is not in the list."""
        del self[self.index(value)]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (list(self), self._enum)


__all__ = ["Options"]
