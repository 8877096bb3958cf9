"""Building a model's class: fields become specs and descriptors, declarations are checked."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.attr import Attr, find_attr_class
from kommo_orm.model.entity_hooks import EntityHooks
from kommo_orm.model.field_spec import CustomSpec, FieldSpec, make_duplicate_error

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


class IgnoredByPydantic:
    """Base of managers and relations: pydantic ignores them in the body of a class."""


def refuse_shadows(cls: type[Model], base: type[Model]) -> None:
    """Refuse declarations that would hide the library's own names (`save`, `changes`, `tags` ...)."""
    for name in inspect.get_annotations(cls):
        if name not in cls.model_fields:
            continue
        for parent in cls.__mro__[1:]:
            taken = name in vars(parent) and not isinstance(vars(parent)[name], Attr)
            inherited = info.fields.get(name) if (info := getattr(parent, "__kommo_info__", None)) is not None else None
            builtin = inherited is not None and is_custom(cls, name) and not inherited.is_custom
            if (taken or builtin) and name != "id" and issubclass(parent, base | object):
                raise ConfigurationError(
                    f"{cls.__name__}.{name} would hide {parent.__name__}.{name} of the library; "
                    f"give the attribute another name, for instance `{name}_`."
                )


def is_custom(cls: type[Model], name: str) -> bool:
    from kommo_orm.model.custom import find_declared_key

    return find_declared_key(cls.model_fields[name]) is not None


def build_class(cls: type[Model]) -> None:
    fields: dict[str, FieldSpec] = {}
    local: set[str] = set()
    for name, info in cls.model_fields.items():
        found = find_attr_class(info.annotation)
        if found is None:
            if is_custom(cls, name):
                raise ConfigurationError(
                    f"{cls.__name__}.{name} = custom(...) needs one of the types of custom fields, such as Number or Text "
                    f"(without `| None`), not {info.annotation!r}."
                )
            local.add(name)
            continue
        attribute, args = found
        fields[name] = attribute.build_spec(name, cls.__name__, args, info)
        type.__setattr__(cls, name, attribute(fields[name]))
    customs = {name: spec for name, spec in fields.items() if isinstance(spec, CustomSpec)}
    for name, spec in customs.items():
        spec.model = cls
        if not cls.__kommo_info__.has_custom_fields:
            raise ConfigurationError(
                f"{cls.__name__}.{name} = custom(...): {cls.__kommo_info__.kind} have no custom fields in Kommo."
            )
    refuse_duplicates(cls, customs)
    decorators: Any = getattr(cls, "__pydantic_decorators__")  # noqa: B009
    cls.__kommo_info__ = replace(
        cls.__kommo_info__,
        fields=fields,
        customs=customs,
        attached=find_attached_attributes(cls),
        plain_fields=frozenset(local),
        zoned_fields=tuple(spec for spec in customs.values() if spec.kind.needs_zone),
        has_validators=bool(decorators.field_validators or decorators.model_validators or decorators.validators),
        has_parent=cls._get_parent is not EntityHooks._get_parent,
    )
    cls.__kommo_kind__, cls.__kommo_customs__ = cls.__kommo_info__.kind, customs


def refuse_duplicates(cls: type[Model], customs: dict[str, CustomSpec]) -> None:
    seen: dict[tuple[str, str | int], str] = {}
    for name, spec in customs.items():
        if spec.identity in seen:
            raise make_duplicate_error(cls.__name__, seen[spec.identity], name)
        seen[spec.identity] = name


def find_attached_attributes(cls: type[Model]) -> dict[str, Any]:
    from kommo_orm.model.attached_state import AttachedAttribute
    from kommo_orm.model.relation_descriptors import RelatedOne

    found: dict[str, Any] = {}
    for parent in reversed(cls.__mro__):
        found.update({name: value for name, value in vars(parent).items() if isinstance(value, AttachedAttribute)})
    for name, value in found.items():
        if isinstance(value, RelatedOne):
            found[value.through].single = name
    return found
