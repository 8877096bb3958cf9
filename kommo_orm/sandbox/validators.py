"""The write schema of the service: a table of keys, a check for each, and the flaws they find.

Kommo validates strictly and completely: unknown and read-only keys are `FieldNotExpected`, absent required ones
`FieldMissing`, wrong JSON types `InvalidType`, values outside a set (users, stages, options ...) `NotSupportedChoice`.
A check returns the value to store; what it returns after a flaw is never used, since the whole request is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeGuard

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.problem_documents import (
    FIELD_MISSING,
    FIELD_NOT_EXPECTED,
    INVALID_TYPE,
    NOT_SUPPORTED_CHOICE,
    Flaw,
)
from kommo_orm.sandbox.row_store import Row


class Scope:
    """One element of a request under examination: what is wrong with it, in which account, asked by whom."""

    def __init__(self, account: Account, user_id: int, now: int) -> None:
        self.account = account
        self.user_id = user_id
        self.now = now
        self.flaws: list[Flaw] = []

    def flaw(self, code: str, path: str, detail: str = "") -> None:
        self.flaws.append(Flaw(code, path, detail))

    def wrong_type(self, path: str, expected: str) -> None:
        self.flaw(INVALID_TYPE, path, f"This value should be of type {expected}.")

    def bad(self, path: str) -> bool:
        return any(flaw.path == path or flaw.path.startswith(f"{path}.") for flaw in self.flaws)


Check: TypeAlias = Callable[[Scope, Any, str], Any]
Schema: TypeAlias = Mapping[str, Check]


def words(text: str) -> tuple[str, ...]:
    """The words of a text, for tables that are easier to read without quotes."""
    return tuple(text.split())


def is_object(value: Any) -> TypeGuard[Row]:
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def is_int(value: Any) -> TypeGuard[int]:
    return type(value) is int


def join(path: str, key: str | int) -> str:
    return f"{path}.{key}" if path else str(key)


def examine(scope: Scope, item: Any, schema: Schema, path: str = "", required: Iterable[str] = ()) -> Row:
    """Check an object key by key; answers the checked values of the keys that the schema knows."""
    if not is_object(item):
        scope.wrong_type(path, "object")
        return {}
    for key in item:
        if key not in schema:
            scope.flaw(FIELD_NOT_EXPECTED, join(path, key))
    for key in required:
        if key not in item:
            scope.flaw(FIELD_MISSING, join(path, key))
    return {key: schema[key](scope, value, join(path, key)) for key, value in item.items() if key in schema}


def text(scope: Scope, value: Any, path: str) -> Any:
    if not isinstance(value, str):
        scope.wrong_type(path, "string")
    return value


def integer(scope: Scope, value: Any, path: str) -> Any:
    if not is_int(value):
        scope.wrong_type(path, "int")
    return value


def number(scope: Scope, value: Any, path: str) -> Any:
    if type(value) not in (int, float):
        scope.wrong_type(path, "numeric")
    return value


def boolean(scope: Scope, value: Any, path: str) -> Any:
    if not isinstance(value, bool):
        scope.wrong_type(path, "bool")
    return value


def anything(scope: Scope, value: Any, path: str) -> Any:
    return value


def ignored(scope: Scope, value: Any, path: str) -> Any:
    """A key that the service takes and drops."""
    return None


def nullable(check: Check) -> Check:
    def checked(scope: Scope, value: Any, path: str) -> Any:
        return None if value is None else check(scope, value, path)

    return checked


def choice(*allowed: Any) -> Check:
    def checked(scope: Scope, value: Any, path: str) -> Any:
        if is_object(value) or is_array(value) or value not in allowed:
            scope.flaw(NOT_SUPPORTED_CHOICE, path)
        return value

    return checked


def shape(schema: Schema, required: Iterable[str] = ()) -> Check:
    """A nested object."""

    def checked(scope: Scope, value: Any, path: str) -> Any:
        return examine(scope, value, schema, path, required)

    return checked


def array_of(check: Check) -> Check:
    def checked(scope: Scope, value: Any, path: str) -> Any:
        if not is_array(value):
            scope.wrong_type(path, "array")
            return []
        return [check(scope, item, join(path, index)) for index, item in enumerate(value)]

    return checked


def existing(kind: str) -> Check:
    """The id of a row. A value of the wrong type earns both flaws, as the service reports it."""

    def checked(scope: Scope, value: Any, path: str) -> Any:
        integer(scope, value, path)
        if scope.account.store.get(kind, value) is None:
            scope.flaw(NOT_SUPPORTED_CHOICE, path)
        return value

    return checked


def robot_or(check: Check) -> Check:
    """`created_by` and `updated_by` may say 0: the robot."""

    def checked(scope: Scope, value: Any, path: str) -> Any:
        return value if is_int(value) and value == 0 else check(scope, value, path)

    return checked


user = existing("users")
author = robot_or(user)
AUTHORSHIP: Schema = {"created_by": author, "updated_by": author, "created_at": integer, "updated_at": integer}
