"""Finds touched objects that nobody can change any more.

A session keeps each object whose list was read, because the list may be changed in place. A loop over many objects would keep
them all. So the session looks from time to time for objects that have no changes and that nobody else refers to, neither to
them nor to their lists, and lets them go. Reading them again gives new objects.

CPython counts references, which is how this is known. An object that is in doubt is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import Enum
from sys import getrefcount
from typing import Any

from kommo_orm.model.field_values import get_values
from kommo_orm.model.model import Model

IMMUTABLE = (str, int, float, bool, bytes, Decimal, date, Enum, type(None))
_SAMPLE = {0: object()}
ALONE = getrefcount(_SAMPLE[0])  # the count for what only its container refers to


def release_unused(touched: dict[int, Model]) -> None:
    """Remove the objects that have no changes and that only this map refers to."""
    for key in list(touched):
        if getrefcount(touched[key]) <= ALONE and _is_unchanged(touched[key]):
            del touched[key]


def _is_unchanged(model: Model) -> bool:
    state = model.__kommo_state__
    is_plain = not (state.attached or state.unconfirmed or state.create_attempt)
    return is_plain and _are_unused(get_values(model), get_values(model)) and not model.has_changes


def _are_unused(container: Any, keys: Iterable[Any]) -> bool:
    """Whether nobody refers to the values of a container, nor to what is in them, if that can change in place."""
    return all(
        isinstance(container[key], IMMUTABLE) or (getrefcount(container[key]) <= ALONE and _has_unused(container[key]))
        for key in keys
    )


def _has_unused(value: Any) -> bool:
    if isinstance(value, list):
        return _are_unused(value, range(len(value)))
    if isinstance(value, dict):
        return _are_unused(value, value)
    return hasattr(value, "__dict__") and _are_unused(vars(value), vars(value))
