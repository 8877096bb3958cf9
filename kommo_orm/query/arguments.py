"""Validates ids and page numbers before a request is sent."""

from __future__ import annotations

from typing import Any

from kommo_orm.errors import QueryError


def validate_pk(pk: Any, key: type[Any] = int) -> Any:
    """An id as it is. Raises `QueryError` for what cannot be one."""
    if key is str and isinstance(pk, str) and pk.strip():
        return pk
    if key is str:
        raise QueryError(f"an id of this kind is a text, not {pk!r}")
    if isinstance(pk, bool) or not isinstance(pk, int) or pk <= 0:
        raise QueryError(f"an id is a positive whole number, not {pk!r}")
    return pk


def validate_page(number: int, size: int) -> tuple[int, int]:
    """Number and size of a page. Raises `QueryError` for what Kommo has not."""
    whole = all(isinstance(one, int) and not isinstance(one, bool) for one in (number, size))
    if not whole or number < 1 or not 1 <= size <= 250:
        raise QueryError(f"pages are numbered from 1 and hold 1 to 250 rows; got page {number} of size {size}")
    return number, size
