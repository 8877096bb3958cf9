"""Validates arguments that no pydantic field guards: ids, flags, lists and varargs."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from kommo_orm.errors import ConfigurationError, KommoError
from kommo_orm.model.iterable_input import is_iterable_input

_MANY = (list, tuple, set, frozenset, Generator)


def validate_id(what: str, given: Any) -> int:
    """Return an id that a user gave. Raises `ConfigurationError` for anything else; `what` begins its message."""
    if isinstance(given, bool) or not isinstance(given, int) or given <= 0:
        raise ConfigurationError(f"{what} takes an id, a positive whole number, not {given!r}")
    return given


def validate_link_ids(**given: Any) -> dict[str, Any]:
    """Return those of the ids that were given, for a link to carry. The author may be 0, the robot."""
    known = {name: value for name, value in given.items() if value is not None}
    return {name: value if is_robot(name, value) else validate_id(name, value) for name, value in known.items()}


def is_robot(name: str, value: Any) -> bool:
    return name == "updated_by" and value == 0 and not isinstance(value, bool)


def validate_flag(what: str, given: Any) -> bool:
    if not isinstance(given, bool):
        raise ConfigurationError(f"{what} is True or False, not {given!r}")
    return given


def validate_list(what: str, given: Any, error: type[KommoError] = ConfigurationError) -> list[Any]:
    """Return the values that a user gave as a list. Raises `error` for one value in place of several."""
    if not is_iterable_input(given):
        raise error(f"{what} takes several, as a list, not {given!r}")
    return [*given]


def refuse_list_argument(given: Iterable[object], call: str, error: type[KommoError] = ConfigurationError) -> None:
    """Raise `error` if one of the arguments of `call` is a list: `activate(*users)` takes its objects side by side.

    >>> refuse_a_list([5, 6], "activate")
    >>> refuse_a_list([[5, 6]], "activate")
    Traceback (most recent call last):
    ...
    kommo_orm.errors.ConfigurationError: activate() takes things side by side, not in a list: put an asterisk before it, activate(*[...]).
    """
    for one in given:
        if isinstance(one, _MANY):
            kind = type(one).__name__
            raise error(
                f"{call}() takes things side by side, not in a {kind}: put an asterisk before it, {call}(*[...])"
            )
