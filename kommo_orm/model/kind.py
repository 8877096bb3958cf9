"""Kinds of custom fields: how values are read, checked, written, compared and filtered by.

Every type of Kommo's custom fields has one kind in `kommo_orm.fields`. A kind is stateless and shared; a declaration
(`budget: Number = custom(551)`) names it by its annotation. "Values" are the items of `values` in a row's
`custom_fields_values`, in the shape of API v4, which is the canonical one here (the v2 dialect translates).
Source: Kommo API v4, "Custom field values".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from importlib import import_module
from typing import Any, ClassVar, Generic, TypeVar

from kommo_orm.model.codec import make_value_error
from kommo_orm.model.definition import Definition

T = TypeVar("T")
Values = Sequence[dict[str, Any]]


class Kind(Generic[T]):
    """Base of all kinds. `decode` and `encode` are inverse: what was read and written back changes nothing."""

    types: ClassVar[tuple[str, ...]] = ()  # Kommo's names of the types this kind reads; the first one is created
    read_only: ClassVar[bool] = False
    mutable: ClassVar[bool] = False  # its values can change in place
    needs_zone: ClassVar[bool] = False  # its values are days of the account's time zone
    filter_hint: ClassVar[str] = ""  # what to do instead, for a field that Kommo cannot filter by
    python: Any = Any  # the type of a value that is not None

    @property
    def field_type(self) -> str:
        return self.types[0]

    @property
    def options(self) -> tuple[str | int, ...]:
        """Option values or ids that the declaration expects the account to have (the user's enum)."""
        return ()

    @property
    def filter_python(self) -> Any:
        """The type of one value to filter by: an option, where the field's own value is a list of them."""
        return self.python

    def empty(self) -> Any:
        """What an unset field reads as: None, or an empty list for kinds of several values."""
        return None

    def decode(self, values: Values, zone: tzinfo | None) -> T:
        """The Python value of what the service sent; `values` is not empty. Raises `ValueError`."""
        raise NotImplementedError

    def clean(self, value: Any) -> T:
        """The value as it is kept, from what a user gave (never None). Raises `ValueError` with a sentence."""
        raise NotImplementedError

    def encode(
        self, value: T, definition: Definition | None, zone: tzinfo | None, *, current: Values = ()
    ) -> list[dict[str, Any]]:
        """What is sent for a value that is not empty; `current` are the stored values. Raises `ValueError`."""
        raise NotImplementedError

    def encode_empty(self, current: Values) -> list[dict[str, Any]] | None:
        """What is sent when the value is unset. None clears the field; a kind that shows the first keeps the rest."""
        return None

    def needs_definition(self, value: T) -> bool:
        """Whether writing (or filtering by) this value must know the account's definition: option texts do."""
        return False

    def is_empty(self, value: Any) -> bool:
        return value is None

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values mean the same to Kommo."""
        return bool(one == other)

    def clean_filter(self, value: Any) -> Any:
        """A value to filter by, checked. Raises `ValueError`."""
        return self.clean(value)

    def encode_filter(self, value: Any, definition: Definition | None, zone: tzinfo | None) -> str | int:
        """What stands in the query string for a value."""
        raise ValueError(f"Kommo cannot filter by fields of type {self.field_type}")

    def may_be_same(self, one: Any, other: Any) -> bool:
        """Whether only the account can tell that two values differ: one has ids alone, the other texts alone."""
        return False

    def is_same_in(self, definition: Definition, one: Any, other: Any) -> bool:
        """Whether two values that look different are one value in the account: a text of an option, and its id."""
        return False

    def resolve_filter(self, wanted: Any, definition: Definition) -> Any:
        """Return a value to filter by with what the account's definition adds (an option's id), for `matches`."""
        return wanted

    def encode_bound(self, value: Any, zone: tzinfo | None, *, upper: bool) -> str | int:
        """What stands in the query string for one end of a range; the upper end of a day is its last second."""
        return self.encode_filter(value, None, zone)

    def matches(self, value: Any, wanted: Any) -> bool:
        """Whether a row's value satisfies an equality filter."""
        return self.same(value, wanted)


class KindRegistry(Mapping[str, Kind[Any]]):
    """The kinds by the types of Kommo's fields. The module of a kind is imported when the kind is first needed."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind[Any]] = {}
        self._modules: dict[str, str] = {}

    def add_modules(self, package: str, modules: Mapping[str, str]) -> None:
        """Note the modules of types."""
        self._modules.update({field_type: f"{package}.{module}" for field_type, module in modules.items()})

    def add(self, kind: Kind[Any]) -> None:
        """Add a kind for its type, and for its other types if they have no kind yet."""
        for field_type in kind.types[1:]:
            self._kinds.setdefault(field_type, kind)
        self._kinds[kind.types[0]] = kind

    def __getitem__(self, field_type: str) -> Kind[Any]:
        kind = self._kinds.get(field_type)
        if (kind is None or kind.field_type != field_type) and field_type in self._modules:
            import_module(self._modules[field_type])
        return self._kinds[field_type]

    def __iter__(self) -> Iterator[str]:
        for module in self._modules.values():
            import_module(module)
        return iter(self._kinds)

    def __len__(self) -> int:
        return sum(1 for _ in self)


KINDS = KindRegistry()


def register_kind(kind: Kind[Any]) -> None:
    """Let a kind read fields of its type that no model declares, and of its other types if they have no kind yet."""
    KINDS.add(kind)


def register_kind_modules(package: str, modules: Mapping[str, str]) -> None:
    """Note the modules of kinds, by the types of fields. A module is imported when its kind is needed."""
    KINDS.add_modules(package, modules)


class Raw(Kind[list[dict[str, Any]]]):
    """Fallback for types that no kind knows: the values as the service sent them, and no writing."""

    types = ("unknown",)
    read_only = True
    mutable = True
    python = list[dict[str, Any]]

    def decode(self, values: Values, zone: tzinfo | None) -> list[dict[str, Any]]:
        return [dict(value) for value in values]

    def clean(self, value: Any) -> list[dict[str, Any]]:
        raise make_value_error("nothing: fields of an unknown type are read-only", value)


RAW = Raw()


def find_kind(field_type: Any) -> Kind[Any]:
    """Return the kind of a type as a row names it; the fallback for what is no type."""
    return KINDS.get(field_type, RAW) if isinstance(field_type, str) else RAW


__all__ = ["Kind"]
