"""Builds the class of a model: makes specs and descriptors of its fields, and refuses declarations that cannot work."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.assignment import is_always_settable
from kommo_orm.model.attr import Attr, find_attr_class
from kommo_orm.model.defaults import build_defaults, inherit_options
from kommo_orm.model.entity_hooks import EntityHooks
from kommo_orm.model.field_options import Defaulted
from kommo_orm.model.field_spec import CustomSpec, FieldSpec, make_duplicate_error

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from kommo_orm.model.model import Model


class IgnoredByPydantic:
    """Base of managers and relations: pydantic ignores them in the body of a class."""


def refuse_shadows(cls: type[Model]) -> None:
    """Refuse declarations that would hide the library's own names (`save`, `changes`, `tags` ...)."""
    for name in inspect.get_annotations(cls):
        hidden = next((parent for parent in cls.__mro__[1:] if _hides(cls, parent, name)), None)
        if hidden is not None and name in cls.model_fields and name != "id":
            raise ConfigurationError(
                f"{cls.__name__}.{name} would hide {hidden.__name__}.{name} of the library; "
                f"give the attribute another name, for instance `{name}_`"
            )


def _hides(cls: type[Model], parent: type[Any], name: str) -> bool:
    """Whether a declaration hides a method or a relation of a base, or hides a core field by a custom one."""
    if name in vars(parent) and not isinstance(vars(parent)[name], Attr):
        return True
    info = getattr(parent, "__kommo_info__", None)
    inherited = None if info is None else info.fields.get(name)
    return inherited is not None and not inherited.is_custom and is_custom(cls, name)


def is_custom(cls: type[Model], name: str) -> bool:
    """Whether a field is declared by `custom()`."""
    from kommo_orm.model.custom import find_declared_key

    return name in cls.model_fields and find_declared_key(cls.model_fields[name]) is not None


def build_class(cls: type[Model]) -> None:
    """Set the descriptors of the fields, and complete `__kommo_info__` by what the class declares."""
    fields = build_specs(cls)
    customs = {name: spec for name, spec in fields.items() if isinstance(spec, CustomSpec)}
    refuse_customs(cls, customs)
    refuse_duplicates(cls, customs)
    decorators: Any = getattr(cls, "__pydantic_decorators__")  # noqa: B009
    constrained = frozenset(name for name in fields if has_constraints(cls.model_fields[name]))
    has_validators = bool(decorators.field_validators or decorators.model_validators or decorators.validators)
    cls.__kommo_info__ = replace(
        cls.__kommo_info__,
        fields=fields,
        customs=customs,
        attached=find_attached_attributes(cls),
        plain_fields=frozenset(cls.model_fields.keys() - fields.keys()),
        zoned_fields=tuple(spec for spec in customs.values() if spec.kind.needs_zone),
        has_validators=has_validators,
        settable={}
        if has_validators
        else {name: spec for name, spec in fields.items() if is_always_settable(spec) and name not in constrained},
        constrained=constrained,
        defaults=build_defaults(cls, fields),
        has_parent=cls._get_parent is not EntityHooks._get_parent,
        savable={name: spec for name, spec in fields.items() if spec.writable and name != "id"},
        mutable=frozenset(name for name, spec in fields.items() if spec.mutable),
        checks=None,
        own_hooks=frozenset(name for name in HOOKS if getattr(cls, name) is not getattr(EntityHooks, name)),
    )
    cls.__kommo_kind__, cls.__kommo_customs__ = cls.__kommo_info__.kind, customs


# On the way of every new object, and of every save.
HOOKS = ("_derive_values", "_finish_payload", "_after_write", "_get_definitions_kind")


def has_constraints(info: FieldInfo) -> bool:
    """Whether a field has more in its metadata than the library's own marks: `Annotated[Number, Field(ge=0)]`."""
    return any(not isinstance(mark, Defaulted) for mark in info.metadata)


def build_specs(cls: type[Model]) -> dict[str, FieldSpec]:
    """Return the specs of the fields that an `Attr` declares, and set a descriptor for each."""
    fields: dict[str, FieldSpec] = {}
    for name, declared in cls.model_fields.items():
        found = find_attr_class(declared.annotation)
        info = cls.model_fields[name] = inherit_options(cls, name, declared) if found is not None else declared
        if found is not None:
            attribute, args = found
            spec = fields[name] = attribute.build_spec(name, cls.__name__, args, info)
            type.__setattr__(cls, name, attribute(spec))
        elif is_custom(cls, name):
            raise ConfigurationError(
                f"{cls.__name__}.{name} = custom(...) needs one of the types of custom fields, such as Number or Text "
                f"(without `| None`), not {info.annotation!r}"
            )
    return fields


def refuse_customs(cls: type[Model], customs: dict[str, CustomSpec]) -> None:
    """Refuse custom fields of an entity that has none in Kommo. The others get to know their class."""
    for name, spec in customs.items():
        spec.model = cls
        if not cls.__kommo_info__.has_custom_fields:
            raise ConfigurationError(
                f"{cls.__name__}.{name} = custom(...): {cls.__kommo_info__.kind} have no custom fields in Kommo"
            )


def refuse_duplicates(cls: type[Model], customs: dict[str, CustomSpec]) -> None:
    """Refuse two attributes for one custom field."""
    seen: dict[tuple[str, str | int], str] = {}
    for name, spec in customs.items():
        if spec.identity in seen:
            raise make_duplicate_error(cls.__name__, seen[spec.identity], name)
        seen[spec.identity] = name


def find_attached_attributes(cls: type[Model]) -> dict[str, Any]:
    """Return the relations, tags and their like of a class and its bases, by name."""
    from kommo_orm.model.attached_state import AttachedAttribute
    from kommo_orm.model.relation_descriptors import RelatedOne

    found: dict[str, Any] = {}
    for parent in reversed(cls.__mro__):
        found.update({name: value for name, value in vars(parent).items() if isinstance(value, AttachedAttribute)})
    for name, value in found.items():
        if isinstance(value, RelatedOne):
            found[value.through].single = name
    return found
