"""Defaults of fields: the values that a new object has where none was given, and sends when it is created.

`custom(551, default="web")` and `name: Found[str] = field(default="New deal")` declare them. Objects that were loaded, and
references to stored rows, have none: there, a value that was not given is one that is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy, deepcopy
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.assignment import is_read_only
from kommo_orm.model.field_options import Defaulted, FieldOptions, find_field_options
from kommo_orm.model.field_spec import FieldSpec
from kommo_orm.model.field_values import get_values
from kommo_orm.model.lazy_row import MISSING

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

Default = Callable[[], Any]


def build_defaults(cls: type[Model], specs: Mapping[str, FieldSpec]) -> dict[str, Default]:
    """Return the functions that make the defaults of a class. Raises `ConfigurationError` for one that does not fit."""
    found = {name: _find_default(cls.model_fields[name]) for name in specs}
    return {name: _build_default(specs[name], make) for name, make in found.items() if make is not None}


def apply_defaults(model: Model) -> None:
    """Give a new object the values that it was not given."""
    values = get_values(model)
    if "id" not in values:
        for name, make in type(model).__kommo_info__.defaults.items():
            if name not in values:
                values[name] = make()


def inherit_options(cls: type[Model], name: str, info: FieldInfo) -> FieldInfo:
    """Return the declaration of a core field that is declared anew for its default: the rest is as a base declared it."""
    own, inherited = find_field_options(info), _find_inherited_options(cls, name)
    if inherited is None or own is inherited or _find_default(info) is None:
        return info
    given = {one.name: value for one in fields(own) if (value := getattr(own, one.name)) != one.default}
    merged = copy(info)
    merged.metadata = [mark for mark in info.metadata if mark is not own]
    merged.metadata.append(replace(inherited, **{"default": MISSING, "default_factory": None, **given}))
    return merged


def _find_inherited_options(cls: type[Model], name: str) -> FieldOptions | None:
    for parent in cls.__mro__[1:]:
        declared: FieldInfo | None = getattr(parent, "__pydantic_fields__", {}).get(name)
        if declared is not None:
            return find_field_options(declared)
    return None


def _find_default(info: FieldInfo) -> Default | None:
    for mark in info.metadata:
        if isinstance(mark, Defaulted):
            if mark.default_factory is not None:
                return mark.default_factory
            if mark.default is not MISSING:
                return _make_copies(mark.default)
    if info.default_factory is not None:
        return info.default_factory  # type: ignore[return-value]
    return _make_copies(info.default) if info.default not in (None, PydanticUndefined) else None


def _make_copies(value: Any) -> Default:
    return lambda: deepcopy(value)


def _build_default(spec: FieldSpec, make: Default) -> Default:
    def make_default() -> Any:
        try:
            return spec.clean(make())
        except ValueError as error:
            raise ConfigurationError(f"The default of {spec.owner}.{spec.name} cannot be its value: {error}") from None

    if is_read_only(spec) or "create" not in spec.writable:
        raise ConfigurationError(f"{spec.owner}.{spec.name} has a default, but it cannot be sent when a row is created")
    return make_default
