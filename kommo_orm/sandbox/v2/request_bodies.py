"""Reads bodies of requests: JSON, or a form with PHP's nesting of the same structure (Kommo API v2, Requests)."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.query_string import QueryString
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2.errors import RequestError
from kommo_orm.sandbox.validators import is_object

FORM = "x-www-form-urlencoded"


def is_form(call: ApiCall) -> bool:
    return FORM in call.request.headers.get("content-type", "")


def parse_body(call: ApiCall) -> Any:
    """The body as JSON values, None if there is none."""
    if is_form(call):
        return convert_php_arrays(QueryString(call.request.body.decode("utf-8", errors="replace")).tree) or None
    try:
        return call.request.json()
    except ValueError as error:
        raise RequestError(102, "Post parameters must be JSON") from error


def parse_body_object(call: ApiCall, empty: int = 103) -> Row:
    """The body, which must be an object. `empty` is the error code for an empty one."""
    given = parse_body(call)
    if given in (None, [], {}):
        raise RequestError(empty, "Empty request")
    if not is_object(given):
        raise RequestError(400, "The body is not an object")
    return given


def convert_php_arrays(node: Any) -> Any:
    """Turn each object with keys 0, 1, 2 into a list, as PHP does."""
    if not is_object(node):
        return node
    converted = {key: convert_php_arrays(value) for key, value in node.items()}
    counted = [str(index) for index in range(len(converted))]
    return list(converted.values()) if list(converted) == counted and converted else converted
