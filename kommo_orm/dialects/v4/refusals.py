"""Errors inside of a success: calls are stored one by one, and numbers that nobody has are reported beside the others.

The shape of such an error is documented by example only, so that everything about it is taken as it comes: a list, or an
object by `request_id`, with or without names of what is meant.
Source: Kommo API v4, "Calls".
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kommo_orm.dialects.v2.codes import NO_ENTITY
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.refusal import Refusal

Row = dict[str, Any]


def told_in(body: Any) -> list[Row]:
    """The errors that an answer lists."""
    errors = body.get("errors") if isinstance(body, dict) else None
    if isinstance(errors, dict) and errors and not errors.keys() & {"title", "detail", "request_id"}:
        errors = [
            {"request_id": key, **(error if isinstance(error, dict) else {"detail": str(error)})}
            for key, error in errors.items()
        ]
    found = errors if isinstance(errors, list) else [errors] if isinstance(errors, dict) and errors else []
    return [error if isinstance(error, dict) else {"detail": str(error)} for error in found]


def refused(batch: Batch, told: list[Row], stored: Collection[str]) -> dict[str, Refusal]:
    """By the items' marks. Errors without a mark are about the items that nothing else is said of, if as many are left."""
    marks = [item.request_id for item in batch.items if item.request_id not in stored]
    found = {mark: refusal_of(error) for error in told if (mark := str(error.get("request_id"))) in marks}
    nameless = [error for error in told if error.get("request_id") is None]
    left = [mark for mark in marks if mark not in found]
    if len(nameless) == len(left):
        found |= {mark: refusal_of(error) for mark, error in zip(left, nameless, strict=True)}
    return found


def refusal_of(error: Row) -> Refusal:
    """In the service's words; an inner list of errors has them sometimes."""
    inner = error.get("errors")
    first: Any = next(iter(inner), None) if isinstance(inner, list) else None
    said: Row = {**error, **first} if isinstance(first, dict) else error
    words = [str(said[key]) for key in ("title", "detail") if said.get(key)]
    code = next((said[key] for key in ("status", "code") if said.get(key)), None)
    told = ": ".join(dict.fromkeys(words)) or "refused"
    return Refusal(told, None if code is None else str(code), is_absent=str(code) == NO_ENTITY)
