"""Sets a field of a model: refuses read-only fields, validates the value, and notes the change in the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from kommo_orm.model.field_spec import FieldSpec
from kommo_orm.model.field_values import get_values, replace_values

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


class ReadOnlyField(AttributeError, ValueError):
    """Assignment to a field that only Kommo sets."""


def assign_field(model: Model, spec: FieldSpec, value: Any) -> None:
    """Set a field. Raises `ReadOnlyField`, or `pydantic.ValidationError` for a value that does not fit."""
    if spec.name == "id" and value == model.pk and not model.is_new:
        return
    refuse_read_only(model, spec)
    info = type(model).__kommo_info__
    if info.has_validators or spec.name in info.constrained:
        _validate_assignment(model, spec.name, value)
        if (unit := model.__kommo_state__.unit) is not None:
            unit.touch(model)
    else:
        set_value(model, spec, value)


def _validate_assignment(model: Any, name: str, value: Any) -> None:
    """Let pydantic set a field and run the validators of the class. What they refuse is taken back."""
    values, given = dict(get_values(model)), set(model.__pydantic_fields_set__)
    try:
        model.__pydantic_validator__.validate_assignment(model, name, value)
    except BaseException:
        replace_values(model, values)
        object.__setattr__(model, "__pydantic_fields_set__", given)
        raise


def set_value(model: Model, spec: FieldSpec, value: Any) -> None:
    """Set a field that can be set. Raises `pydantic.ValidationError` for a value that does not fit."""
    try:
        get_values(model)[spec.name] = spec.clean(value)
    except ValueError as error:
        raise make_validation_error(type(model), spec.name, value, str(error)) from None
    cast(Any, model).__pydantic_fields_set__.add(spec.name)
    if (unit := model.__kommo_state__.unit) is not None:
        unit.touch(model)


def refuse_read_only(model: Model, spec: FieldSpec) -> None:
    name = f"{type(model).__name__}.{spec.name}"
    if spec.name == "id":
        raise ReadOnlyField(f"{name} is given by Kommo; a reference to a stored row is {type(model).__name__}(id=...)")
    if is_read_only(spec):
        raise ReadOnlyField(f"{name} is set by Kommo and read-only")
    if spec.is_place and not model.is_new:
        raise ReadOnlyField(f"{name} says where the row lives: a stored row stays there")


def is_read_only(spec: FieldSpec) -> bool:
    """Whether only Kommo sets the field."""
    return (not spec.writable and not spec.is_place) or bool(getattr(getattr(spec, "kind", None), "read_only", False))


def is_always_settable(spec: FieldSpec) -> bool:
    """Whether the field can be set whatever the object is: new or stored."""
    return spec.name != "id" and not spec.is_place and not is_read_only(spec)


def make_validation_error(cls: type[Model], name: str, value: Any, sentence: str) -> ValidationError:
    """Return pydantic's own exception for a value of one field, with this sentence."""
    problem = PydanticCustomError("kommo", "{sentence}", {"sentence": sentence})
    details = InitErrorDetails(type=problem, loc=(name,), input=value)
    return ValidationError.from_exception_data(cls.__name__, [details])
