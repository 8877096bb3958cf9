"""Errors beside the created rows of a success: calls to numbers that nobody has.

The shape of such an error is documented by an example only. So any shape is read: a list, or an object by `request_id`,
with or without the item that is meant.
Source: Kommo API v4, "Calls".
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kommo_orm.dialects.common.error_codes import NO_ENTITY
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import Row


def list_errors(body: Any) -> list[Row]:
    """List the errors of an answer as objects."""
    errors = body.get("errors") if isinstance(body, dict) else None
    if isinstance(errors, dict) and errors and not errors.keys() & {"title", "detail", "request_id"}:
        errors = [
            {"request_id": key, **(error if isinstance(error, dict) else {"detail": str(error)})}
            for key, error in errors.items()
        ]
    found = errors if isinstance(errors, list) else [errors] if isinstance(errors, dict) and errors else []
    return [error if isinstance(error, dict) else {"detail": str(error)} for error in found]


def build_call_refusals(batch: Batch, errors: list[Row], stored: Collection[str]) -> dict[str, Refusal]:
    """Pair errors with items, by request id. Errors that name none belong to the items left, if there are as many."""
    missing = [item.request_id for item in batch.items if item.request_id not in stored]
    found = {
        request_id: build_call_refusal(error)
        for error in errors
        if (request_id := str(error.get("request_id"))) in missing
    }
    nameless = [error for error in errors if error.get("request_id") is None]
    left = [request_id for request_id in missing if request_id not in found]
    if len(nameless) == len(left):
        found |= {request_id: build_call_refusal(error) for request_id, error in zip(left, nameless, strict=True)}
    return found


def build_call_refusal(error: Row) -> Refusal:
    """Make a refusal of the service's words; an inner list of errors may hold them."""
    inner = error.get("errors")
    first: Any = next(iter(inner), None) if isinstance(inner, list) else None
    merged: Row = {**error, **first} if isinstance(first, dict) else error
    words = [str(merged[key]) for key in ("title", "detail") if merged.get(key)]
    code = next((merged[key] for key in ("status", "code") if merged.get(key)), None)
    detail = ": ".join(dict.fromkeys(words)) or "refused"
    return Refusal(detail, None if code is None else str(code), is_absent=str(code) == NO_ENTITY)
