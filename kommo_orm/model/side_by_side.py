"""Methods that take many things side by side, `activate(*users)`: a list in their place is refused, not misread."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from kommo_orm.errors import ConfigurationError, KommoError

_MANY = (list, tuple, set, frozenset, Generator)


def refuse_a_list(given: Iterable[object], call: str, error: type[KommoError] = ConfigurationError) -> None:
    """Raise `error` if one of the arguments of `call` is several things.

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
                f"{call}() takes things side by side, not in a {kind}: put an asterisk before it, {call}(*[...])."
            )
