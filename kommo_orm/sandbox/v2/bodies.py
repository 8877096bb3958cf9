"""What was posted: JSON, or a form with PHP's nesting of the same structure (Kommo API v2, Requests)."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.query_string import QueryString
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2.refusals import Wrong
from kommo_orm.sandbox.validators import is_object

FORM = "x-www-form-urlencoded"


def is_form(call: ApiCall) -> bool:
    return FORM in call.request.headers.get("content-type", "")


def content(call: ApiCall) -> Any:
    """The body as JSON would say it; None when there is none."""
    if is_form(call):
        return listed(QueryString(call.request.body.decode("utf-8", errors="replace")).tree) or None
    try:
        return call.request.json()
    except ValueError as error:
        raise Wrong(102, "Post parameters must be JSON") from error


def fields(call: ApiCall, empty: int = 103) -> Row:
    """The body, which must be an object; `empty` is the code of the service for one that says nothing."""
    given = content(call)
    if given in (None, [], {}):
        raise Wrong(empty, "Empty request")
    if not is_object(given):
        raise Wrong(400, "The body is not an object")
    return given


def listed(node: Any) -> Any:
    """PHP arrays: a branch whose keys count up from 0 is a list."""
    if not is_object(node):
        return node
    below = {key: listed(value) for key, value in node.items()}
    counted = [str(index) for index in range(len(below))]
    return list(below.values()) if list(below) == counted and below else below
