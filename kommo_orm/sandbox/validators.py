"""Validators of request bodies. A schema is a table of keys with a validator for each.

Kommo reports every error of a request. An unknown or read-only key is `FieldNotExpected`, an absent required key
`FieldMissing`, a wrong JSON type `InvalidType`, a value outside of a set (users, stages, options) `NotSupportedChoice`.
A validator returns the value to store. After an error its result is not used, because the whole request is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeGuard

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.problem_documents import (
    FIELD_MISSING,
    FIELD_NOT_EXPECTED,
    INVALID_TYPE,
    INVALID_VALUE,
    NOT_SUPPORTED_CHOICE,
    FieldError,
)
from kommo_orm.sandbox.row_store import Row


class ValidationContext:
    """The validation of one element: its errors, the account, the user and the time."""

    def __init__(self, account: Account, user_id: int, now: int) -> None:
        self.account = account
        self.user_id = user_id
        self.now = now
        self.errors: list[FieldError] = []

    def add_error(self, code: str, path: str, detail: str = "") -> None:
        self.errors.append(FieldError(code, path, detail))

    def add_type_error(self, path: str, expected: str) -> None:
        self.add_error(INVALID_TYPE, path, f"This value should be of type {expected}.")

    def has_error(self, path: str) -> bool:
        return any(error.path == path or error.path.startswith(f"{path}.") for error in self.errors)


Validator: TypeAlias = Callable[[ValidationContext, Any, str], Any]
Schema: TypeAlias = Mapping[str, Validator]


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a text. Tables are easier to read without quotes."""
    return tuple(text.split())


def is_object(value: Any) -> TypeGuard[Row]:
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def is_int(value: Any) -> TypeGuard[int]:
    return type(value) is int


def is_finite_float(value: Any) -> TypeGuard[float]:
    return isinstance(value, float) and math.isfinite(value)


def join_path(path: str, key: str | int) -> str:
    return f"{path}.{key}" if path else str(key)


def validate_object(
    context: ValidationContext, item: Any, schema: Schema, path: str = "", required: Iterable[str] = ()
) -> Row:
    """Validate an object key by key. Returns the validated values of the keys in the schema."""
    if not is_object(item):
        context.add_type_error(path, "object")
        return {}
    for key in item:
        if key not in schema:
            context.add_error(FIELD_NOT_EXPECTED, join_path(path, key))
    for key in required:
        if key not in item:
            context.add_error(FIELD_MISSING, join_path(path, key))
    return {key: schema[key](context, value, join_path(path, key)) for key, value in item.items() if key in schema}


def validate_text(context: ValidationContext, value: Any, path: str) -> Any:
    if not isinstance(value, str):
        context.add_type_error(path, "string")
    return value


def validate_integer(context: ValidationContext, value: Any, path: str) -> Any:
    if not is_int(value):
        context.add_type_error(path, "int")
    return value


def validate_seconds(context: ValidationContext, value: Any, path: str) -> Any:
    """Validate Unix seconds or a duration. Clients send the floats of their clocks; the fraction is dropped."""
    return int(value) if is_finite_float(value) else validate_integer(context, value, path)


def validate_own_id(number: int) -> Validator:
    """Return the validator of an `id` that repeats the id of the path."""

    def validate_same_id(context: ValidationContext, value: Any, path: str) -> Any:
        if value != number:
            context.add_error(NOT_SUPPORTED_CHOICE, path)
        return value

    return validate_same_id


def validate_filled_text(context: ValidationContext, value: Any, path: str) -> Any:
    validate_text(context, value, path)
    if isinstance(value, str) and not value.strip():
        context.add_error(INVALID_VALUE, path, "This value should not be blank.")
    return value


def validate_number(context: ValidationContext, value: Any, path: str) -> Any:
    if type(value) not in (int, float):
        context.add_type_error(path, "numeric")
    return value


def validate_boolean(context: ValidationContext, value: Any, path: str) -> Any:
    if not isinstance(value, bool):
        context.add_type_error(path, "bool")
    return value


def accept_any(context: ValidationContext, value: Any, path: str) -> Any:
    return value


def drop_value(context: ValidationContext, value: Any, path: str) -> Any:
    """Accept a key that the service ignores."""
    return None


def allow_null(validator: Validator) -> Validator:
    """Return a validator that also accepts null."""

    def validate_or_null(context: ValidationContext, value: Any, path: str) -> Any:
        return None if value is None else validator(context, value, path)

    return validate_or_null


def validate_choice(*allowed: Any) -> Validator:
    """Return a validator that accepts these values."""

    def validate_membership(context: ValidationContext, value: Any, path: str) -> Any:
        if is_object(value) or is_array(value) or value not in allowed:
            context.add_error(NOT_SUPPORTED_CHOICE, path)
        return value

    return validate_membership


def validate_nested(schema: Schema, required: Iterable[str] = ()) -> Validator:
    """Return the validator of a nested object."""

    def validate_members(context: ValidationContext, value: Any, path: str) -> Any:
        return validate_object(context, value, schema, path, required)

    return validate_members


def validate_array(validator: Validator) -> Validator:
    """Return the validator of an array."""

    def validate_elements(context: ValidationContext, value: Any, path: str) -> Any:
        if not is_array(value):
            context.add_type_error(path, "array")
            return []
        return [validator(context, item, join_path(path, index)) for index, item in enumerate(value)]

    return validate_elements


def validate_row_id(kind: str) -> Validator:
    """Return the validator of a row's id. A value of the wrong type gets both errors, as in the service."""

    def validate_id(context: ValidationContext, value: Any, path: str) -> Any:
        validate_integer(context, value, path)
        if context.account.store.get_row(kind, value) is None:
            context.add_error(NOT_SUPPORTED_CHOICE, path)
        return value

    return validate_id


def allow_robot(validator: Validator) -> Validator:
    """Return a validator that also accepts 0: in `created_by` and `updated_by` it means the robot."""

    def validate_or_zero(context: ValidationContext, value: Any, path: str) -> Any:
        return value if is_int(value) and value == 0 else validator(context, value, path)

    return validate_or_zero


validate_user_id = validate_row_id("users")
validate_author_id = allow_robot(validate_user_id)
AUTHORSHIP: Schema = {
    "created_by": validate_author_id,
    "updated_by": validate_author_id,
    "created_at": validate_seconds,
    "updated_at": validate_seconds,
}
