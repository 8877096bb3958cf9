"""Fields of one choice: lists, radio buttons and the categories of a catalog."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from enum import Enum
from typing import Any, ClassVar, Generic, Self, Union

from kommo_orm.fields.enum_mapping import E, find_enum, get_enum_mapping
from kommo_orm.fields.option import (
    Option,
    are_same_options,
    find_choice,
    find_enum_id,
    get_enum_id,
    is_same_option,
    may_be_same_options,
)
from kommo_orm.fields.raw_values import list_items
from kommo_orm.fields.text import SEARCH
from kommo_orm.model.condition import Exact, Unfilterable
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.definition import Definition
from kommo_orm.model.kind import Kind, Values, register_kind


class SelectKind(Kind[Option | Enum | None]):
    """One option. It is written by its id, which an option's text is resolved to."""

    types: ClassVar[tuple[str, ...]] = ("select", "radiobutton")

    def __init__(self, enum: type[Enum] | None = None) -> None:
        self.mapping = get_enum_mapping(enum)
        self.python = Option if enum is None else Union[enum, Option]  # noqa: UP007

    def of(self, enum: type[Enum]) -> Self:
        """The same kind with the user's enum."""
        return type(self)(enum)

    @property
    def options(self) -> tuple[str | int, ...]:
        return tuple(self.mapping.members)

    def decode(self, values: Values, zone: tzinfo | None) -> Option | Enum | None:
        for item in list_items(values):
            option = self.mapping.read_item(item)
            if option is not None:
                return option
        return None

    def clean(self, value: Any) -> Option | Enum:
        return self.mapping.clean_option(value)

    def encode(
        self, value: Option | Enum | None, definition: Definition | None, zone: tzinfo | None, *, current: Values = ()
    ) -> list[dict[str, Any]]:
        return [{"enum_id": find_enum_id(value, definition)}]

    def needs_definition(self, value: Any) -> bool:
        return get_enum_id(value) is None

    def same(self, one: Any, other: Any) -> bool:
        return is_same_option(one, other)

    def encode_filter(self, value: Any, definition: Definition | None, zone: tzinfo | None) -> str | int:
        return find_enum_id(value, definition)

    def may_be_same(self, one: Any, other: Any) -> bool:
        return may_be_same_options([one, other])

    def is_same_in(self, definition: Definition, one: Any, other: Any) -> bool:
        return are_same_in(definition, [one], [other])

    def resolve_filter(self, wanted: Any, definition: Definition) -> Any:
        return resolve_option(wanted, definition)


class RadioKind(SelectKind):
    types = ("radiobutton", "select")


class CategoryKind(SelectKind):
    """A node of the category tree. Nodes in different branches may share a text: then only the id will do."""

    types = ("category",)
    filter_hint = SEARCH


def resolve_option(wanted: Any, definition: Definition) -> Option:
    number = get_enum_id(wanted)
    known = definition.find_choice(number) if number is not None else find_choice(wanted, definition)
    return Option(known.value, known.id, known.code)


def are_same_in(definition: Definition, one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether two lists hold the same options of the account, by text or by id."""
    try:
        first, second = ([resolve_option(option, definition) for option in options] for options in (one, other))
    except (ValueError, TypeError):  # one of them is no option
        return False
    return are_same_options(first, second)


class Select(
    CustomAttr[E | Option | None, E | str | int | None, Exact[E | str | int, E | str | int | None]], Generic[E]
):
    """One option of a list. Reads an `Option`, or with `Select[Source]` a member of your enum.

    An enum's members are option texts or codes (`StrEnum`), or option ids (`IntEnum`); an option that the enum lacks is
    read as a plain `Option`, so that a new one in the account breaks nothing. Set it by text, id, option or member.

    Example:
        >>> class Source(StrEnum):
        ...     WEB = "Web"
        ...     CALL = "Call"
        >>> class Deal(Lead):
        ...     source: Select[Source] = custom(name="Source")
        ...     region: Select = custom(552)
        >>> deal.source = Source.WEB
        >>> deal.region = "EU"
        >>> Deal.objects.filter(Deal.region.in_("EU", "US"))

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = SelectKind()
    expression = Exact

    @classmethod
    def kind_for(cls, args: tuple[Any, ...]) -> Kind[Any]:
        enum, kind = find_enum(args), cls.kind
        return kind.of(enum) if enum is not None and isinstance(kind, SelectKind) else kind


class Radio(Select[E]):
    """One option of radio buttons; all else is as with `Select`.

    Example:
        >>> class Deal(Lead):
        ...     size: Radio = custom(553)
        >>> deal.size = "L"

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = RadioKind()


class Category(CustomAttr[Option | None, str | int | None, Unfilterable[str | int | None]]):
    """The category of an element of a list: a node of the field's tree, as an `Option`. Set it by text or by id.

    Example:
        >>> class Lamp(CatalogElement, catalog="Products"):
        ...     group: Category = custom(code="GROUP")
        >>> lamp.group = "Desk lamps"

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = CategoryKind()


for annotation in (Select, Radio, Category):
    register_kind(annotation.kind)


__all__ = ["Category", "Radio", "Select"]
