"""Fields of several choices from a list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from enum import Enum
from types import GenericAlias
from typing import Any, Generic, Union

from kommo_orm.fields.enum_mapping import E, find_enum, get_enum_mapping
from kommo_orm.fields.option import (
    Option,
    are_same_options,
    find_enum_id,
    get_enum_id,
    is_same_option,
    may_be_same_options,
)
from kommo_orm.fields.option_list import Options
from kommo_orm.fields.raw_values import list_items
from kommo_orm.fields.select import are_same_in, resolve_option
from kommo_orm.model.codec import validate_iterable
from kommo_orm.model.condition import Exact
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.definition import Definition
from kommo_orm.model.iterable_input import Several, is_iterable_input
from kommo_orm.model.kind import Kind, Values, register_kind


class MultiSelectKind(Kind["Options[Any]"]):
    """Several options. Kommo keeps them as a set: their order and doubles mean nothing. A filter finds one of them."""

    types = ("multiselect",)
    mutable = True

    def __init__(self, enum: type[Enum] | None = None) -> None:
        self.enum, self.mapping = enum, get_enum_mapping(enum)
        self.option: Any = Option if enum is None else Union[enum, Option]  # noqa: UP007
        self.python = GenericAlias(list, (self.option,))

    @property
    def options(self) -> tuple[str | int, ...]:
        return tuple(self.mapping.members)

    @property
    def filter_python(self) -> Any:
        return self.option

    def empty(self) -> Options[Any]:
        return Options((), self.enum)

    def is_empty(self, value: Any) -> bool:
        return value is None or (isinstance(value, list) and not value)

    def decode(self, values: Values, zone: tzinfo | None) -> Options[Any]:
        read = [self.mapping.read_item(item) for item in list_items(values)]
        return Options.from_options([option for option in read if option is not None], self.enum)

    def clean(self, value: Any) -> Options[Any]:
        given = value if isinstance(value, list) else validate_iterable(value, "options")
        if self.enum is None and all(type(one) is Option and one for one in given):
            return Options.from_options(list(given), None)  # the usual case: what was read, or was put into the list
        return Options.from_options([self.mapping.clean_option(one) for one in given], self.enum)

    def encode(
        self, value: Options[Any], definition: Definition | None, zone: tzinfo | None, *, current: Values = ()
    ) -> list[dict[str, Any]]:
        ids = dict.fromkeys(find_enum_id(one, definition) for one in value)
        return [{"enum_id": number} for number in ids]

    def needs_definition(self, value: Any) -> bool:
        given = value if isinstance(value, list) or is_iterable_input(value) else [value]
        return any(get_enum_id(one) is None for one in given)

    def same(self, one: Any, other: Any) -> bool:
        return are_same_options(one, other)

    def clean_filter(self, value: Any) -> Option | Enum:
        return self.mapping.clean_option(value)

    def encode_filter(self, value: Any, definition: Definition | None, zone: tzinfo | None) -> str | int:
        return find_enum_id(value, definition)

    def may_be_same(self, one: Any, other: Any) -> bool:
        return may_be_same_options([*one, *other])

    def is_same_in(self, definition: Definition, one: Any, other: Any) -> bool:
        return are_same_in(definition, one, other)

    def resolve_filter(self, wanted: Any, definition: Definition) -> Any:
        return resolve_option(wanted, definition)

    def matches(self, value: Any, wanted: Any) -> bool:
        return any(is_same_option(one, wanted) for one in value)


class MultiSelect(
    CustomAttr[
        Options[E],
        Several[E | str | int] | Iterator[E | str | int] | None,
        Exact[E | str | int, Several[E | str | int] | Iterator[E | str | int] | None],
    ],
    Generic[E],
):
    """Several options of a list: a list of `Option`, or with `MultiSelect[Region]` of members of your enum; never None.

    Two lists of the same options are the same value, in whatever order. A filter finds rows that have the option.

    Example:
        >>> class Deal(Lead):
        ...     regions: MultiSelect = custom(553)
        >>> deal.regions.append("EU")
        >>> Deal.objects.filter(Deal.regions == "EU")

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = MultiSelectKind()
    expression = Exact

    @classmethod
    def kind_for(cls, args: tuple[Any, ...]) -> Kind[Any]:
        enum = find_enum(args)
        return cls.kind if enum is None else MultiSelectKind(enum)


register_kind(MultiSelect.kind)


__all__ = ["MultiSelect"]
