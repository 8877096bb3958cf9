"""`Attr`: one annotation that is an expression on the class, a value on the object, and its own type when set.

Checkers read the three type parameters off the descriptor methods: what reading gives, what setting takes, what the class
attribute compares to. At run time pydantic sees an ordinary field of the first type whose validator is the codec's
`clean`; when pydantic has built the class, a *non-data* descriptor takes the name (as `functools.cached_property` does): a
value in `__dict__` always wins, and the descriptor is asked only to decode what was not read yet.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Generic, Literal, Never, Union, get_args, get_origin, overload

from pydantic import Field, GetCoreSchemaHandler, ValidationError, ValidationInfo
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError, NotLoaded
from kommo_orm.model.codec import BY_TYPE, Codec, make_choice_codec, make_list_codec
from kommo_orm.model.condition import Exact, Expr, Ordered, Ranged, Unfilterable
from kommo_orm.model.field_spec import MISSING, WRITABLE, CoreSpec, FieldSpec
from kommo_orm.model.instance_state import AWAITS_ID

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
            if "__kommo_customs__" not in owner.__dict__ or asked_by_pydantic():
                raise AttributeError(self.spec.name)
            return owner.__kommo_info__.fields[self.spec.name].expression()
        return decode_field(instance, self.spec)

    if TYPE_CHECKING:

        def __set__(self, instance: object, value: S, /) -> None: ...

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return cls.core_schema(get_args(source), handler)

    @classmethod
    def core_schema(cls, args: tuple[Any, ...], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validation is the codec's `clean`; the inner schema serves JSON schemas and dumps only."""
        codec, nullable = find_attr_codec(args)

        def clean(value: Any) -> Any:
            return None if value is None and nullable else codec.clean(value)

        return validate_with(clean, handler.generate_schema(args[0]))

    @classmethod
    def spec_for(cls, name: str, owner: str, args: tuple[Any, ...], info: FieldInfo) -> FieldSpec:
        stored = find_field_options(info) or FieldOptions()
        codec, nullable = find_attr_codec(args)
        return CoreSpec(
            name,
            owner,
            stored.codec or codec,
            nullable=nullable,
            key=stored.key,
            writable=stored.writable if is_settable(args) else frozenset(),
            expression=expression_class(args),
            positive=stored.positive,
            instead=stored.instead,
            place=stored.place,
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


@dataclass(frozen=True, slots=True)
class FieldOptions:
    """How a core field stands in a row; kept in pydantic's field metadata, where it adds the checks of an own codec."""

    key: str | None = None
    writable: frozenset[str] = WRITABLE
    codec: Codec[Any] | None = None
    positive: bool = False
    instead: str | None = None
    place: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        codec, found = self.codec, find_attr_class(source)
        if codec is None:
            return handler(source)
        inner = found[0].core_schema(found[1][:1], handler) if found is not None and found[1] else handler(source)
        return core_schema.no_info_after_validator_function(
            lambda value: None if value is None else codec.clean(value), inner
        )


def field(
    *,
    key: str | None = None,
    writable: str = "create update",
    codec: Codec[Any] | None = None,
    positive: bool = False,
    instead: str | None = None,
    place: bool = False,
) -> Any:
    """A core field.

    `writable` names when it may be sent; `positive` says that 0 or less means none; `instead` is a key that tells the value
    more exactly where a row has it. A `place` says where the row lives (a stage's pipeline): it is given once, stands in the
    address and is never sent as a change.
    """
    return add_metadata(
        FieldOptions(key, frozenset() if place else frozenset(writable.split()), codec, positive, instead, place)
    )


def add_metadata(mark: Any) -> Any:
    info: Any = Field(default=None)
    info.metadata.append(mark)
    return info


def find_field_options(info: FieldInfo) -> FieldOptions | None:
    return next((mark for mark in info.metadata if isinstance(mark, FieldOptions)), None)


def without_none(annotation: Any) -> tuple[Any, bool]:
    """The type without None, and whether None was in it."""
    if get_origin(annotation) in (Union, UnionType):
        args = [arg for arg in get_args(annotation) if arg is not NoneType]
        if len(args) < len(get_args(annotation)):
            return (args[0] if len(args) == 1 else Union[tuple(args)]), True  # noqa: UP007
    return annotation, False


def validate_with(clean: Callable[[Any], Any], inner: CoreSchema) -> CoreSchema:
    """A schema that validates by `clean`; `inner` reads what JSON has no types for, dates and exact numbers."""

    def validate(value: Any, handler: core_schema.ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return clean(value)
        except ValueError:
            if info.mode != "json":
                raise
            try:
                decode_field = handler(value)
            except ValidationError:
                decode_field = value
            if decode_field is value:
                raise
            return clean(decode_field)

    return core_schema.with_info_wrap_validator_function(validate, inner)


def find_codec(annotation: Any) -> tuple[Codec[Any], bool]:
    python, nullable = without_none(annotation)
    codec = BY_TYPE.get(python) or getattr(python, "__kommo_codec__", None)
    if codec is None and get_origin(python) is list:
        item = get_args(python)[0]
        codec = make_list_codec(find_codec(item)[0])
    if codec is None:
        raise ConfigurationError(f"No codec reads fields of type {annotation!r}; register one in BY_TYPE.")
    return codec, nullable


def find_attr_codec(args: tuple[Any, ...]) -> tuple[Codec[Any], bool]:
    """The codec of a whole annotation: where setting takes some values alone, no others are taken."""
    codec, nullable = find_codec(args[0])
    able = without_none(args[1])[0] if is_settable(args) else None
    return (make_choice_codec(codec, get_args(able)) if get_origin(able) is Literal else codec), nullable


def is_settable(args: tuple[Any, ...]) -> bool:
    return len(args) > 1 and args[1] is not Never


def expression_class(args: tuple[Any, ...]) -> type[Expr[Any]]:
    if len(args) < 3:
        return Unfilterable
    return get_origin(args[2]) or args[2]  # type: ignore[no-any-return]


def find_attr_class(annotation: Any) -> tuple[type[Attr[Any, Any, Any]], tuple[Any, ...]] | None:
    """The `Attr` class of an annotation and its arguments; None for an ordinary pydantic field."""
    origin = get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, Attr):
        return origin, get_args(annotation)
    return None


def asked_by_pydantic() -> bool:
    """Building a class, pydantic looks at the bases for defaults and shadowed names: fields are no attributes to it."""
    return sys._getframe(2).f_globals.get("__name__") == "pydantic._internal._fields"


def decode_field(model: Model, spec: FieldSpec) -> Any:
    """Decode a value that was not read yet and keep it in the object."""
    state = model.__kommo_state__
    spec = type(model).__kommo_info__.fields[spec.name]
    value = copy.deepcopy(state.baseline[spec.name]) if spec.name in state.baseline else spec.read(state)
    if value is MISSING and spec.starts_empty and model.is_new:
        value = spec.clean(None)
    if value is MISSING:
        raise NotLoaded(describe_not_loaded(model, spec))
    vars(model)[spec.name] = value
    if spec.mutable and state.unit is not None:
        state.unit.touch(model)
    return value


def describe_not_loaded(model: Model, spec: FieldSpec) -> str:
    what = f"{type(model).__name__}.{spec.name}"
    if model.__kommo_state__.awaits_id:
        return f"{what} is not known yet: {AWAITS_ID}."
    if model.is_new:
        again = "" if type(model).__kommo_info__.is_write_only else " with refresh=True"
        return f"{what} has no value yet: the object is new. Set it, or save() the object{again}."
    return f"{what} {_absence(model, spec)}."


def _absence(model: Model, spec: FieldSpec) -> str:
    """Why a row does not tell a value, and what can be done."""
    cls, row = type(model), model.__kommo_state__.row
    if cls.__kommo_info__.is_write_only:
        told = "the object is a reference" if row is None else "the service did not tell it at the creation"
        return f"is not known for {model.pk}: {told}, and Kommo's API never reads a {cls.__name__}. Keep what you send"
    if row is None:
        return f"was not loaded: the object is a reference to row {model.pk}. Call refresh() or get({model.pk})"
    if spec.name in cls.__kommo_info__.on_request:
        return f"comes on request only: {cls.__kommo_info__.load_hint.format(name=spec.name)}"
    if getattr(spec, "key", None) in row:
        return f"is null in what the service sent for row {model.pk}, as of rows in the trash: they carry little more than ids"
    return f"is not in what the service sent for row {model.pk}. Call refresh() to load the whole row"


__all__ = ["Attr"]
