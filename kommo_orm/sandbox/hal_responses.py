"""Success answers: HAL envelopes around rows that are already encoded.

Rows are remembered as bytes. Their links carry the query of the list they stand in (`.../leads/7?page=1&limit=50`,
Kommo API v4, Pagination), so the place of the query is marked in the remembered bytes and filled in last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pydantic_core

from kommo_orm.sandbox.http_messages import SandboxResponse

HAL = "application/hal+json"
PROBLEM = "application/problem+json"
HTML = "text/html; charset=utf-8"

QUERY_MARK = "\ue000"  # a private character: no data of a CRM holds it
_MARK = QUERY_MARK.encode()


def encode_json(value: Any) -> bytes:
    return pydantic_core.to_json(value)


def build_row_link(url: str) -> dict[str, Any]:
    """`_links` of a row that lists show: its query is filled in by `answer`."""
    return {"self": {"href": url + QUERY_MARK}}


def build_self_link(url: str) -> dict[str, Any]:
    return {"self": {"href": url}}


def build_response(status: int, body: Any, query: str = "", media: str = HAL) -> SandboxResponse:
    """An answer with a JSON body; `query` goes into the links of rows."""
    encoded = body if isinstance(body, bytes) else encode_json(body)
    filled = encoded.replace(_MARK, f"?{query}".encode() if query else b"")
    return SandboxResponse(status, {"content-type": media}, filled)


def build_empty_response() -> SandboxResponse:
    """204: nothing found, or done without words."""
    return SandboxResponse(204)


def encode_collection(collection: str, rows: Sequence[bytes | Mapping[str, Any]], head: Mapping[str, Any]) -> bytes:
    """`{head..., "_embedded": {collection: [rows]}}`."""
    encoded = [row if isinstance(row, bytes) else encode_json(row) for row in rows]
    opening = encode_json(head)[:-1] + (b"," if head else b"")
    return b'%b"_embedded":{%b:[%b]}}' % (opening, encode_json(collection), b",".join(encoded))
