"""`Attr`: one annotation that is an expression on the class, a value on the object, and its own type when set.

Checkers read the three type parameters off the descriptor methods: what reading gives, what setting takes, what the class
attribute compares to. At run time pydantic sees an ordinary field of the first type whose validator is the codec's
`clean`; when pydantic has built the class, a *non-data* descriptor takes the name (as `functools.cached_property` does): a
value in `__dict__` always wins, and the descriptor is asked only to decode what was not read yet.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Generic, Literal, Never, Union, get_args, get_origin, overload

from pydantic import GetCoreSchemaHandler, ValidationError, ValidationInfo
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError, NotLoaded
from kommo_orm.model.codec import BY_TYPE, Codec, make_choice_codec, make_list_codec
from kommo_orm.model.condition import Exact, Expr, Ordered, Ranged, Unfilterable
from kommo_orm.model.field_options import find_field_options
from kommo_orm.model.field_spec import CoreSpec, FieldSpec
from kommo_orm.model.field_values import get_values
from kommo_orm.model.lazy_row import MISSING
from kommo_orm.model.not_loaded import describe_not_loaded

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

G = TypeVar("G", covariant=True)
S = TypeVar("S", contravariant=True, default=Never)
X = TypeVar("X", covariant=True, default=Unfilterable[Any])
T = TypeVar("T")


class Attr(Generic[G, S, X]):
    """A field of a model: `Attr[what reading gives, what setting takes, what the class attribute is]`."""

    __slots__ = ("spec",)

    def __init__(self, spec: FieldSpec) -> None:
        self.spec = spec

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> X: ...
    @overload
    def __get__(self, instance: object, owner: type[Any], /) -> G: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        if instance is None:
            if "__kommo_customs__" not in owner.__dict__ or is_asked_by_pydantic():
                raise AttributeError(self.spec.name)  # the class is not built yet, or one of its subclasses is not
            return owner.__kommo_info__.fields[self.spec.name].build_expression()
        return decode_field(instance, self.spec)

    if TYPE_CHECKING:

        def __set__(self, instance: object, value: S, /) -> None: ...

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return cls.build_core_schema(get_args(source), handler)

    @classmethod
    def build_core_schema(cls, args: tuple[Any, ...], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validation is the codec's `clean`; the inner schema serves JSON schemas and dumps only."""
        python, nullable = strip_none(args[0])
        schema = validate_with(cls.build_cleaner(args), handler.generate_schema(python))
        return core_schema.nullable_schema(schema) if nullable else schema  # constraints do not look at None

    @classmethod
    def build_cleaner(cls, args: tuple[Any, ...]) -> Callable[[Any], Any]:
        """Return the check of a value that a constructor is given. It raises `ValueError`."""
        codec, nullable = find_attr_codec(args)
        clean = codec.clean
        return (lambda value: None if value is None else clean(value)) if nullable else clean

    @classmethod
    def build_spec(cls, name: str, owner: str, args: tuple[Any, ...], info: FieldInfo) -> FieldSpec:
        options = find_field_options(info)
        codec, nullable = find_attr_codec(args)
        return CoreSpec(
            name,
            owner,
            options.codec or codec,
            options,
            nullable=nullable,
            settable=is_settable(args),
            expression=get_expression_class(args),
        )


ReadOnly = Attr[T, Never, Unfilterable[Any]]
"""A field that the service computes: no setting, no filter."""
Plain = Attr[T, T, Unfilterable[Any]]
"""A field that can be set and not be filtered by."""
Found = Attr[T, T, Exact[T]]
"""A field that can be set and found by its value."""
Moment = Attr[datetime, datetime, Ranged[datetime]]
"""A time that can be set and found by a range."""
OptionalMoment = Attr[datetime | None, datetime | None, Ranged[datetime]]
ReadMoment = Attr[datetime, Never, Ranged[datetime]]
"""A time that only the service sets, found by a range."""
OptionalReadMoment = Attr[datetime | None, Never, Ranged[datetime]]
Money = Attr[Decimal, Decimal | int | float, Ordered[Decimal | int | float]]
"""An exact amount in whole units of the account's currency."""


def strip_none(annotation: Any) -> tuple[Any, bool]:
    """The type without None, and whether None was in it."""
    if get_origin(annotation) in (Union, UnionType):
        args = [arg for arg in get_args(annotation) if arg is not NoneType]
        if len(args) < len(get_args(annotation)):
            return (args[0] if len(args) == 1 else Union[tuple(args)]), True  # noqa: UP007
    return annotation, False


def validate_with(clean: Callable[[Any], Any], inner: CoreSchema) -> CoreSchema:
    """A schema that validates by `clean`; `inner` reads texts of what JSON has no types for: dates and exact numbers."""

    def validate(value: Any, handler: core_schema.ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return clean(value)
        except ValueError as error:
            if info.mode != "json" and not isinstance(value, str):
                raise
            return clean_lax(clean, handler, value, error)

    return core_schema.with_info_wrap_validator_function(validate, inner)


def clean_lax(clean: Callable[[Any], Any], read: Callable[[Any], Any], value: Any, error: ValueError) -> Any:
    """Return the value that pydantic reads in another one, such as a day in a text. Raises the given error if there is none."""
    try:
        found = read(value)
    except ValidationError:
        raise error from None
    if found is value or isinstance(found, str):
        raise error
    return clean(found)


def find_codec(annotation: Any) -> tuple[Codec[Any], bool]:
    python, nullable = strip_none(annotation)
    codec = BY_TYPE.get(python) or getattr(python, "__kommo_codec__", None)
    if codec is None and get_origin(python) is list:
        item = get_args(python)[0]
        codec = make_list_codec(find_codec(item)[0])
    if codec is None:
        raise ConfigurationError(f"No codec reads fields of type {annotation!r}; register one in BY_TYPE")
    return codec, nullable


def find_attr_codec(args: tuple[Any, ...]) -> tuple[Codec[Any], bool]:
    """Return the codec of an annotation, and whether None is allowed. A `Literal` of setting refuses all other values."""
    codec, nullable = find_codec(args[0])
    able = strip_none(args[1])[0] if is_settable(args) else None
    return (make_choice_codec(codec, get_args(able)) if get_origin(able) is Literal else codec), nullable


def is_settable(args: tuple[Any, ...]) -> bool:
    return len(args) > 1 and args[1] is not Never


def get_expression_class(args: tuple[Any, ...]) -> type[Expr[Any]]:
    if len(args) < 3:
        return Unfilterable
    return get_origin(args[2]) or args[2]  # type: ignore[no-any-return]


def find_attr_class(annotation: Any) -> tuple[type[Attr[Any, Any, Any]], tuple[Any, ...]] | None:
    """The `Attr` class of an annotation and its arguments; None for an ordinary pydantic field."""
    origin = get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, Attr):
        return origin, get_args(annotation)
    return None


def is_asked_by_pydantic() -> bool:
    """Whether pydantic's own code looks the attribute up on the class.

    When pydantic builds a subclass that declares a field anew, it looks for attributes of that name on the bases and warns
    of each. Fields of models are no such attributes. Pydantic has no public setting for this, so the caller is looked at.
    """
    caller = str(sys._getframe(2).f_globals.get("__name__"))
    return caller.partition(".")[0] == "pydantic"


def decode_field(model: Model, spec: FieldSpec) -> Any:
    """Decode a value that was not read yet and keep it in the object."""
    state, name = model.__kommo_state__, spec.name
    value = spec.read_stored(state)
    if value is MISSING:
        if not (spec.starts_empty and model.is_new):
            raise NotLoaded(describe_not_loaded(model, spec))
        value = spec.clean(None)
    get_values(model)[name] = value
    if spec.mutable and state.unit is not None:
        state.unit.touch(model)
    return value


__all__ = ["Attr", "Found", "Moment", "Money", "OptionalMoment", "Plain"]
