"""Declarations of a class that pydantic takes and a model cannot: two entities, methods named like fields, frozen objects."""

from __future__ import annotations

from functools import cached_property, wraps
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from kommo_orm.errors import ConfigurationError

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

METHODS = (FunctionType, MethodType, property, cached_property, classmethod, staticmethod)


def refuse_declarations(cls: type[Model]) -> None:
    """Raise `ConfigurationError` for a class whose objects could not be read or saved."""
    refuse_two_entities(cls)
    refuse_methods_of_fields(cls)
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
