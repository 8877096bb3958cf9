"""One option of a field whose values are chosen from a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from kommo_orm.model.definition import Choice, Definition, UnknownDefinition


class Option(str):
    """The text of an option, with its id and its code where they are known.

    It equals its text and hashes like it. An option that was set by its id alone reads `"#9911"` until the object is
    read again: which text stands behind an id, only the account knows.

    Example:
        >>> deal.source
        Option('Web', id=9911)
        >>> deal.source == "Web", deal.source.id
        (True, 9911)

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ("code", "id")

    id: int | None
    code: str | None

    def __new__(cls, text: str, id: int | None = None, code: str | None = None) -> Self:
        self = super().__new__(cls, text)
        self.id, self.code = id, code
        return self

    @classmethod
    def from_id(cls, id: int) -> Self:
        """An option of which only the id is known."""
        return cls(f"#{id}", id)

    @property
    def value(self) -> str:
        """The text, as members of an enum have it, too."""
        return str.__str__(self)

    @property
    def is_numbered(self) -> bool:
        """Whether the text only stands for the id."""
        return self.id is not None and self.value == f"#{self.id}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.value, self.id, self.code)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # an option never changes

    def __repr__(self) -> str:
        code = f", code={self.code!r}" if self.code else ""
        return f"Option({self.value!r}{f', id={self.id}' if self.id is not None else ''}{code})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """In schemas and JSON an option is a text, or an id where only the id is known."""
        given = core_schema.union_schema([core_schema.str_schema(), core_schema.int_schema(strict=True)])
        shown = core_schema.plain_serializer_function_ser_schema(
            serialize_option, return_schema=given, when_used="json"
        )
        return core_schema.no_info_after_validator_function(cls._read, given, serialization=shown)

    @classmethod
    def _read(cls, given: str | int) -> Self:
        if isinstance(given, int):
            return cls.from_id(given)
        return given if isinstance(given, cls) else cls(given)


def serialize_option(option: Any) -> Any:
    return option.id if isinstance(option, Option) and option.is_numbered else str(option)


def get_enum_id(value: Any) -> int | None:
    """The enum id in a value: of an option, a number or a member of an `IntEnum`."""
    if isinstance(value, Option):
        return value.id
    number = value.value if isinstance(value, Enum) else value
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def get_option_names(value: Any) -> frozenset[str]:
    """What a value may be called: its text and its code."""
    if isinstance(value, Option):
        return frozenset(name for name in (None if value.is_numbered else value.value, value.code) if name)
    text = value.value if isinstance(value, Enum) else value
    return frozenset([text]) if isinstance(text, str) else frozenset()


def is_same_option(one: Any, other: Any) -> bool:
    """By id where both have one, else by text or code."""
    ids = get_enum_id(one), get_enum_id(other)
    if None not in ids:
        return ids[0] == ids[1]
    return not get_option_names(one).isdisjoint(get_option_names(other))


@dataclass(slots=True)
class OptionKeys:
    """What the options of a list may be found by: ids, and the names (texts and codes) of all and of those without an id."""

    ids: set[int] = field(default_factory=set[int])
    names: set[str] = field(default_factory=set[str])
    names_without_id: set[str] = field(default_factory=set[str])

    @classmethod
    def collect(cls, options: Iterable[Any]) -> Self:
        """The keys of these options, texts and ids."""
        found = cls()
        for option in options:
            number, names = get_option_keys(option)
            found.names |= names
            if number is None:
                found.names_without_id |= names
            else:
                found.ids.add(number)
        return found

    def has(self, number: int | None, names: frozenset[str]) -> bool:
        """Whether one of the options is the one of these keys: by id where both have one, else by name."""
        if number is None:
            return not self.names.isdisjoint(names)
        return number in self.ids or not self.names_without_id.isdisjoint(names)


def get_option_keys(value: Any) -> tuple[int | None, frozenset[str]]:
    """The id of an option, if it is known, and its names."""
    if type(value) is not Option:
        return get_enum_id(value), get_option_names(value)
    if value.code is None:
        return value.id, frozenset((value,)) if value.id is None or value != f"#{value.id}" else frozenset()
    return value.id, get_option_names(value)


def may_be_same_options(options: Iterable[Any]) -> bool:
    """Whether some options are known by their ids alone and others by their names alone: the account knows if they are one."""
    keys = [get_option_keys(option) for option in options]
    return any(not names for _, names in keys) and any(number is None for number, _ in keys)


def are_same_options(one: Iterable[Any], other: Iterable[Any]) -> bool:
    """Whether two lists hold the same options, in whatever order and however often."""
    first, second = list(one), list(other)
    return _contains_all(first, second) and _contains_all(second, first)


def _contains_all(options: list[Any], wanted: list[Any]) -> bool:
    keys = OptionKeys.collect(options)
    return all(keys.has(*get_option_keys(one)) for one in wanted)


def find_choice(value: Any, definition: Definition | None) -> Choice:
    """Return the account's own option for a text. Raises `ValueError` with the nearest one, or if several have that text."""
    name = value.value if isinstance(value, Enum) else str.__str__(value)
    if definition is None:
        raise UnknownDefinition(f"the account's definition of the field is needed to find the option {name!r}")
    twins = definition.find_ids(name)
    if len(twins) > 1:
        raise ValueError(f"{name!r} is the text of several options of {definition.name!r}; give the id, one of {twins}")
    return definition.find_choice(name)


def find_enum_id(value: Any, definition: Definition | None) -> int:
    """Return the id that is sent for an option. Ids are taken as given; texts are looked up."""
    number = get_enum_id(value)
    return number if number is not None else find_choice(value, definition).id


__all__ = ["Option"]
