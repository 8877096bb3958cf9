"""Constructs objects without pydantic's validator: where a class adds nothing to it, the values are checked right here.

Pydantic would look at every field of the class, give the absent ones a default, and call back into Python for each value.
Most classes need none of that: what was not given is absent, and a value is checked by the `clean` of its codec or kind.
Classes with validators, ordinary pydantic fields, aliases or settings of their own are left to pydantic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import SchemaValidator, core_schema

from kommo_orm.model.assignment import is_read_only
from kommo_orm.model.attr import Attr, clean_lax, find_attr_class
from kommo_orm.model.custom import CustomFieldKey
from kommo_orm.model.field_options import FieldOptions, find_field_options
from kommo_orm.model.field_values import replace_values
from kommo_orm.model.instance_state import InstanceState

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

Cleaner = Callable[[Any], Any]


class ArgumentChecks(NamedTuple):
    """The checks of what a constructor takes, in the order of the fields. None of them: pydantic constructs the objects."""

    cleaners: Mapping[str, Cleaner]
    places: Mapping[str, int]


# Settings of `model_config` that say nothing about the values of a new object.
HARMLESS_SETTINGS = {"arbitrary_types_allowed", "defer_build", "ignored_types", "json_schema_extra"}


def fill_object(model: Model, given: Mapping[str, Any], checks: ArgumentChecks) -> None:
    """Give a new object its values, in the order of the fields. Raises pydantic's `ValidationError` with all errors."""
    cleaners, places = checks
    values: dict[str, Any] = {}
    failures: dict[str, Exception] = {}
    for name in sorted(given, key=places.__getitem__) if len(given) > 1 else given:
        try:
            values[name] = cleaners[name](given[name])
        except (ValueError, AssertionError) as error:
            try:
                values[name] = _clean_again(type(model), name, cleaners[name], given[name], error)
            except (ValueError, AssertionError) as failure:
                failures[name] = failure
    if failures:
        raise_validation_error(type(model), given, failures)
    put = object.__setattr__
    replace_values(model, values)
    put(model, "__pydantic_fields_set__", set(values))
    put(model, "__kommo_state__", InstanceState())


def _clean_again(cls: type[Model], name: str, clean: Cleaner, value: Any, error: Exception) -> Any:
    """Return the value that a refused text stands for. Raises the error for a text that stands for none, and for other values."""
    from kommo_orm.model.lax_text import read_text

    if not isinstance(value, str) or not isinstance(error, ValueError):
        raise error
    return clean_lax(clean, partial(read_text, cls.__kommo_info__.fields[name].python), value, error)


def take_relations(cls: type[Model], given: dict[str, Any]) -> dict[str, Any]:
    """Take the relations out of the arguments of a constructor: `Task(entity=lead)`."""
    attached = cls.__kommo_info__.attached
    return {name: given.pop(name) for name in [*given] if name in attached and attached[name].in_constructor}


def raise_validation_error(cls: type[Model], given: Mapping[str, Any], failures: Mapping[str, Exception]) -> NoReturn:
    """Let pydantic report exceptions as it reports those of its validators. No value is checked a second time."""

    def fail(error: Exception) -> core_schema.ModelField:
        def raise_error(_: Any) -> NoReturn:
            raise error

        return core_schema.model_field(core_schema.no_info_plain_validator_function(raise_error))

    fields = core_schema.model_fields_schema({name: fail(error) for name, error in failures.items()})
    validator = SchemaValidator(fields, core_schema.CoreConfig(title=cls.__name__))
    validator.validate_python({name: given[name] for name in failures})
    raise AssertionError("every field fails")  # pragma: no cover


def build_argument_checks(cls: type[Model]) -> ArgumentChecks:
    """Return the check of every field that the constructor takes; none if pydantic has to construct the objects."""
    cleaners = _build_cleaners(cls)
    return ArgumentChecks(cleaners, {name: place for place, name in enumerate(cleaners)})


def _build_cleaners(cls: type[Model]) -> dict[str, Cleaner]:
    cleaners: dict[str, Cleaner] = {}
    fields = cls.__kommo_info__.fields
    for name, info in cls.model_fields.items() if _needs_no_pydantic(cls) else ():
        spec = fields.get(name)
        if spec is None or not _is_absent_by_default(info):
            return {}
        if name == "id" or not is_read_only(spec):
            cleaner = _build_cleaner(info)
            if cleaner is None:
                return {}
            cleaners[name] = cleaner
    return cleaners


def _needs_no_pydantic(cls: type[Model]) -> bool:
    """Whether nothing about the class as a whole is validated or computed by pydantic."""
    from kommo_orm.model.model import Model

    decorators: Any = getattr(cls, "__pydantic_decorators__")  # noqa: B009
    settings = {**cls.model_config, **Model.model_config}.keys() - HARMLESS_SETTINGS
    schema = cast(Any, cls).__get_pydantic_core_schema__
    return (
        not cls.__kommo_info__.has_validators
        and not decorators.root_validators
        and cast(Any, cls).model_post_init is Model.model_post_init  # private attributes have one of their own
        and schema.__func__ is cast(Any, BaseModel.__get_pydantic_core_schema__).__func__
        and all(cls.model_config.get(name) == Model.model_config.get(name) for name in settings)
    )


def _is_absent_by_default(info: FieldInfo) -> bool:
    """Whether a field that is not given is simply left out."""
    aliases = (info.alias, info.validation_alias, info.default_factory, info.validate_default)
    return not info.is_required() and all(one is None for one in aliases)


def _build_cleaner(info: FieldInfo) -> Cleaner | None:
    """Return the check of one field, the same as in its schema; None if the field has more than that."""
    found = find_attr_class(info.annotation)
    if found is None or any(not isinstance(mark, FieldOptions | CustomFieldKey) for mark in info.metadata):
        return None
    attribute, args = found
    if not _has_own_cleaner(attribute):
        return None
    codec = find_field_options(info).codec
    if codec is None:
        return attribute.build_cleaner(args)
    inner, outer = attribute.build_cleaner(args[:1]), codec.clean

    def clean_twice(value: Any) -> Any:
        cleaned = inner(value)
        return None if cleaned is None else outer(cleaned)

    return clean_twice


def _has_own_cleaner(attribute: type[Attr[Any, Any, Any]]) -> bool:
    """Whether the schema of an annotation is made of its `build_cleaner`, and of nothing else."""
    order = [
        next(one for one in attribute.__mro__ if name in vars(one)) for name in ("build_cleaner", "build_core_schema")
    ]
    schema: Any = attribute.__get_pydantic_core_schema__
    return issubclass(order[0], order[1]) and schema.__func__ is cast(Any, Attr.__get_pydantic_core_schema__).__func__
