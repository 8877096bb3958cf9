"""Validates ids and page numbers before a request is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kommo_orm.errors import QueryError
from kommo_orm.model.condition import Condition
from kommo_orm.model.model import Model


def validate_pk(pk: Any, key: type[Any] = int) -> Any:
    """An id as it is. Raises `QueryError` for what cannot be one."""
    if key is str and isinstance(pk, str) and pk.strip():
        return pk
    if key is str:
        raise QueryError(f"an id of this kind is a text, not {pk!r}")
    if isinstance(pk, bool) or not isinstance(pk, int) or pk <= 0:
        raise QueryError(f"an id is a positive whole number, not {pk!r}")
    return pk


def find_given_pk(model: type[Model], given: Sequence[Any], lookups: Mapping[str, Any]) -> Any:
    """The id among the arguments of `get()`; None if they are filters. Raises `QueryError` for no arguments at all."""
    if given and not isinstance(given[0], Condition):
        if len(given) > 1 or lookups:
            raise QueryError("get() takes one id, or filters: get(5), get(name='Roof'), get(id=5, name='Roof')")
        return validate_given(given[0])
    if not given and not lookups:
        raise QueryError("get() takes an id, or filters that find one row. The only row of a query is .one()")
    if not given and lookups.keys() in ({"pk"}, {"id"}, {model.__kommo_info__.address_field}):
        return validate_given(next(iter(lookups.values())))
    if len(given) == 1 and not lookups and given[0].name == "id" and given[0].op == "eq":
        return given[0].value
    return None


def validate_given(pk: Any) -> Any:
    if pk is None:
        raise QueryError("get() takes the id of a row, not None: a new object has none")
    return pk


def validate_page(number: int, size: int) -> tuple[int, int]:
    """Number and size of a page. Raises `QueryError` for what Kommo has not."""
    whole = all(isinstance(one, int) and not isinstance(one, bool) for one in (number, size))
    if not whole or number < 1 or not 1 <= size <= 250:
        raise QueryError(f"pages are numbered from 1 and hold 1 to 250 rows; got page {number} of size {size}")
    return number, size
