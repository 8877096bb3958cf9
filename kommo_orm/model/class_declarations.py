"""Declarations of a class that pydantic takes and a model cannot: two entities, methods named like fields, frozen objects."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cached_property, wraps
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.attr import find_attr_class
from kommo_orm.model.field_spec import FieldSpec

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

METHODS = (FunctionType, MethodType, property, cached_property, classmethod, staticmethod)


def refuse_declarations(cls: type[Model]) -> None:
    """Raise `ConfigurationError` for a class whose objects could not be read or saved."""
    refuse_two_entities(cls)
    refuse_methods_of_fields(cls)
    refuse_plain_fields(cls)
    if cls.model_config.get("frozen"):
        raise ConfigurationError(
            f"{cls.__name__} is frozen, but objects of the library are changed and saved. Leave frozen=True out; to read "
            "without changing anything, do not call save()"
        )


def refuse_two_entities(cls: type[Model]) -> None:
    """Refuse a class of two entities: an object is one row of one list."""
    kinds: dict[str, str] = {}
    for parent in reversed(cls.__mro__[1:]):
        kind = vars(parent).get("__kommo_kind__")
        if isinstance(kind, str) and kind:
            kinds[kind] = parent.__name__
    if len(kinds) > 1:
        names = " and ".join(kinds.values())
        raise ConfigurationError(
            f"{cls.__name__} is made of {names}: an object is one row of one entity. Make a class of each, and put what they "
            "share into a class that is no entity"
        )


def refuse_methods_of_fields(cls: type[Model]) -> None:
    """Refuse a method or a property that has the name of a field or a relation."""
    from kommo_orm.model.attached_state import AttachedAttribute

    bodies = [vars(one) for one in cls.__mro__ if one is cls or not hasattr(one, "__kommo_kind__")]
    own = {name: value for body in reversed(bodies) for name, value in body.items() if isinstance(value, METHODS)}
    own |= {name: info.default for name, info in cls.model_fields.items() if isinstance(info.default, METHODS)}
    for name, value in own.items():
        inherited = next((vars(parent)[name] for parent in cls.__mro__[1:] if name in vars(parent)), None)
        if name in cls.model_fields or isinstance(inherited, AttachedAttribute):
            what = "A property" if isinstance(value, property | cached_property) else "A method"
            raise ConfigurationError(
                f"{what} of {cls.__name__} has the name of a field: {name!r}. One of them would hide the other; give it "
                f"another name, for instance `get_{name}`"
            )


def refuse_plain_fields(cls: type[Model]) -> None:
    """Refuse a field of the entity that is declared anew with an ordinary type: it would not be read or saved any more."""
    for name in inspect.get_annotations(cls):
        known = next((parent for parent in cls.__mro__[1:] if name in _get_fields(parent)), None)
        if (
            known is None
            or name not in cls.model_fields
            or find_attr_class(cls.model_fields[name].annotation) is not None
        ):
            continue
        if _get_fields(known)[name].is_custom:
            way = f"declare it with its type and `custom(..., default=...)`, as {known.__name__} does"
        else:
            way = f"declare it with its type, such as `{name}: Found[...] = field(default=...)`"
        raise ConfigurationError(
            f"{cls.__name__}.{name} is a field of {known.__name__}, declared anew with an ordinary type: it would not be "
            f"saved. For a default, {way}; otherwise give it another name"
        )


def _get_fields(parent: type[Any]) -> Mapping[str, FieldSpec]:
    info = getattr(parent, "__kommo_info__", None)
    return {} if info is None else info.fields


def complete_post_init(cls: type[Model], base: type[Model]) -> None:
    """Let a `model_post_init` of the class do without `super()`: what the base does there is done after it."""
    own: Any = vars(cls).get("model_post_init")
    if own is None or cls is base:
        return

    @wraps(own)
    def run_post_init(self: Model, context: Any, /) -> None:
        own(self, context)
        base.model_post_init(self, context)

    type.__setattr__(cls, "model_post_init", run_post_init)
