"""Builds successful responses: HAL documents around encoded rows.

Encoded rows are cached. Their links contain the query of their list (`.../leads/7?page=1&limit=50`, Kommo API v4,
Pagination), so cached rows contain a mark, and the response replaces it by the query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pydantic_core

from kommo_orm.sandbox.http_messages import SandboxResponse

HAL = "application/hal+json"
PROBLEM = "application/problem+json"
HTML = "text/html; charset=utf-8"

QUERY_MARK = "\ue000"  # a private character, which data of a CRM does not contain
_MARK = QUERY_MARK.encode()


def encode_json(value: Any) -> bytes:
    return pydantic_core.to_json(value)


def build_row_link(url: str) -> dict[str, Any]:
    """Build `_links` of a row in a list. `build_response` appends the query of the list."""
    return {"self": {"href": url + QUERY_MARK}}


def build_self_link(url: str) -> dict[str, Any]:
    return {"self": {"href": url}}


def build_response(status: int, body: Any, query: str = "", media: str = HAL) -> SandboxResponse:
    """Build a response with a JSON body. `query` goes into the links of rows."""
    encoded = body if isinstance(body, bytes) else encode_json(body)
    filled = encoded.replace(_MARK, f"?{query}".encode() if query else b"")
    return SandboxResponse(status, {"content-type": media}, filled)


def build_empty_response() -> SandboxResponse:
    """Build a 204 response without a body."""
    return SandboxResponse(204)


def encode_collection(collection: str, rows: Sequence[bytes | Mapping[str, Any]], head: Mapping[str, Any]) -> bytes:
    """Encode `{head..., "_embedded": {collection: [rows]}}`."""
    encoded = [row if isinstance(row, bytes) else encode_json(row) for row in rows]
    opening = encode_json(head)[:-1] + (b"," if head else b"")
    return b'%b"_embedded":{%b:[%b]}}' % (opening, encode_json(collection), b",".join(encoded))
