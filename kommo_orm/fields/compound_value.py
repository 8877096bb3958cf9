"""Values of several parts: addresses, legal entities, items of an invoice ...

A `Value` is a pydantic model. A user makes and changes it strictly: unknown names and wrong types are refused at once.
What the service sends is read leniently: a key that no part takes is kept in `extra`, and never sent. Parts that only
the service sets can be read, are not sent, and do not count when two values are compared.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from inspect import Parameter
from typing import TYPE_CHECKING, Any, ClassVar, Never, Self, TypeVar, cast

from pydantic import ConfigDict, Field, PrivateAttr, ValidationError

from kommo_orm.fields.raw_values import is_nothing, is_object
from kommo_orm.model.assignment import ReadOnlyField
from kommo_orm.model.attr import Attr, find_attr_class, find_codec, is_settable
from kommo_orm.model.codec import Codec, make_value_error
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.field_options import FieldOptions
from kommo_orm.model.pydantic_typing import PydanticModel
from kommo_orm.model.signature import NOT_GIVEN, find_setting_type

T = TypeVar("T")

Words = Attr[str | None, str | None]
Whole = Attr[int | None, int | None]
Amount = Attr[Decimal | None, Decimal | int | float | None]
Given = Attr[T | None, T | None, Unfilterable[Any]]
Computed = Attr[T | None, Never, Unfilterable[Any]]
"""A part that only the service sets."""


@dataclass(frozen=True, slots=True)
class Part:
    codec: Codec[Any]
    nullable: bool
    writable: bool


def part(default: Any = None, *, codec: Codec[Any] | None = None) -> Any:
    """A part that need not be given; a `codec` of its own checks what is."""
    return add_codec(Field(default=default), codec)


def mandatory_part(*, codec: Codec[Any]) -> Any:
    """A part that must be given, checked by a codec of its own."""
    return add_codec(Field(), codec)


def add_codec(info: Any, codec: Codec[Any] | None) -> Any:
    if codec is not None:
        info.metadata.append(FieldOptions(codec=codec))
    return info


class Value(PydanticModel):
    """Base of values of several parts."""

    __parts__: ClassVar[dict[str, Part]] = {}
    __kommo_codec__: ClassVar[Codec[Any]]

    if TYPE_CHECKING:

        def __init__(self, *given: Any, **parts: Any) -> None: ...

    else:
        model_config = ConfigDict(extra="forbid", validate_assignment=True, defer_build=True)
        _extra: dict[str, Any] = PrivateAttr(default_factory=dict)

        @classmethod
        def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
            cls.__parts__ = {name: build_part(info.annotation) for name, info in cls.model_fields.items()}
            cls.__kommo_codec__ = Codec(cls, cls.clean, cls.from_raw, lambda value: value.to_raw(), mutable=True)

        def __init__(self, /, *given: Any, **parts: Any) -> None:
            if len(given) > len(self.__parts__):
                raise TypeError(f"{type(self).__name__} has {len(self.__parts__)} parts, {len(given)} were given")
            parts |= dict(zip(self.__parts__, given, strict=False))
            for name in parts:
                self.__refuse_computed(name)
            super().__init__(**parts)

        __init__.__pydantic_base_init__ = True

        def __setattr__(self, name: str, value: Any) -> None:
            self.__refuse_computed(name)
            super().__setattr__(name, value)

        @classmethod
        def __refuse_computed(cls, name: str) -> None:
            if name in cls.__parts__ and not cls.__parts__[name].writable:
                raise ReadOnlyField(f"{cls.__name__}.{name} is set by Kommo and read-only")

        def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
            return [(name, value) for name, value in super().__repr_args__() if value is not None]

    @classmethod
    def _iterate_parameters(cls) -> Iterator[Parameter]:
        """Yield the arguments of the constructor. Parts that only Kommo sets are none."""
        for name, info in cls.model_fields.items():
            if cls.__parts__[name].writable:
                default = NOT_GIVEN if info.is_required() else info.default
                annotation = find_setting_type(info.annotation)
                yield Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=annotation)

    @property
    def extra(self) -> dict[str, Any]:
        """What the service sent beside the parts; it is not sent back."""
        return cast("dict[str, Any]", cast(Any, self)._extra)

    @classmethod
    def from_raw(cls, raw: Any) -> Self:
        """From what the service sent. Raises `ValueError`."""
        if not is_object(raw):
            raise make_value_error(f"the parts of {cls.__name__} (an object)", raw)
        parts = cls.__parts__
        values = {name: read_part(cls, name, part, raw.get(name)) for name, part in parts.items()}
        extra = {key: copy.deepcopy(value) for key, value in raw.items() if key not in parts}
        return make_value(cls, values, extra)

    @classmethod
    def clean(cls, given: Any) -> Self:
        """A copy of what a user gave, an object of this class or a dict of its parts. Raises `ValueError`."""
        if isinstance(given, cls):
            return copy.deepcopy(given)
        if not is_object(given):
            raise make_value_error(f"{'an' if cls.__name__[0] in 'AEIOU' else 'a'} {cls.__name__}", given)
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise ValueError(f"{cls.__name__}: {describe_error(error)}") from None

    def parts(self) -> dict[str, Any]:
        """The parts that are sent, those that are None left out."""
        given = {name: getattr(self, name) for name, part in type(self).__parts__.items() if part.writable}
        return {name: value for name, value in given.items() if value is not None}

    def to_raw(self) -> dict[str, Any]:
        """What is sent, with exactly the keys that the type knows."""
        return {name: type(self).__parts__[name].codec.encode(value) for name, value in self.parts().items()}

    def check_parts(self) -> None:
        """Raise `ValueError` if Kommo could not take the value."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and type(self) is type(other) and self.parts() == other.parts()

    __hash__ = None  # type: ignore[assignment]  # its parts can change


V = TypeVar("V", bound=Value)


def build_part(annotation: Any) -> Part:
    found = find_attr_class(annotation)
    if found is None:
        raise TypeError(f"a part of a Value is declared by an Attr, not by {annotation!r}")
    codec, nullable = find_codec(found[1][0])
    return Part(codec, nullable, is_settable(found[1]))


def make_value(cls: type[V], values: dict[str, Any], extra: dict[str, Any]) -> V:
    """A value whose parts are checked: what `model_construct` does, at a third of its price."""
    made, put = cls.__new__(cls), object.__setattr__
    put(made, "__dict__", values)
    put(made, "__pydantic_fields_set__", set(values))
    put(made, "__pydantic_extra__", None)
    put(made, "__pydantic_private__", {"_extra": extra})
    return made


def read_part(cls: type[Value], name: str, part: Part, raw: Any) -> Any:
    if is_nothing(raw) and not (raw is False and part.codec.python is bool):
        if part.nullable:
            return None
        raise ValueError(f"{cls.__name__} lacks its {name}")
    return part.codec.decode(raw)


def describe_error(error: ValidationError) -> str:
    """What pydantic complains about, in one line."""
    found = [(".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, ")) for one in error.errors()]
    return "; ".join(f"{where}: {what}" for where, what in found)


__all__ = ["Value"]
