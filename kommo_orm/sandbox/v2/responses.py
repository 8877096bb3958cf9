"""Responses of API v2: relative links with a method, `_embedded.items`, and the server's time in a header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import HAL, build_empty_response, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.row_store import Row

BASE = "/api/v2"


def build_link(href: str, method: str = "get") -> Row:
    return {"self": {"href": href, "method": method}}


def build_row_link(resource: str, number: Any) -> Row:
    return build_link(f"{BASE}/{resource}?id={number}")


def build_reply(call: ApiCall, body: Any, status: int = 200, media: str = HAL) -> SandboxResponse:
    headers = {"content-type": media, "runtime-timestamp": str(call.now)}
    return SandboxResponse(status, headers, encode_json(body))


def build_items_reply(call: ApiCall, found: list[Row] | Mapping[str, Row]) -> SandboxResponse:
    """A list, or an object keyed by id; 204 if it is empty."""
    if not found:
        return build_empty_response()
    return build_reply(call, {"_links": build_link(call.request.url), "_embedded": {"items": found}})


def build_write_reply(call: ApiCall, made: Any, errors: Any = None) -> SandboxResponse:
    """The response to a write: the written rows, and the errors beside them."""
    nested: Row = {"items": made, **({"errors": errors} if errors else {})}
    return build_reply(call, {"_links": build_link(call.request.path, "post"), "_embedded": nested})


def render_related_ids(resource: str, numbers: list[int]) -> Row:
    """Ids of linked rows, or an empty object."""
    if not numbers:
        return {}
    return {"id": numbers, "_links": build_row_link(resource, ",".join(map(str, numbers)))}
