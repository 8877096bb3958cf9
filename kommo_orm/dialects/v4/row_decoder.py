"""Decodes answers into lazy rows: one pass over a page finds where its rows begin and end.

Only the usual shapes of a page and of one row are known here. Everything else (lists that PHP writes as objects, flat lists,
no JSON at all) is left to the complete parse, which `row_parser` reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from kommo_orm.dialects.v4.endpoint import Endpoint
from kommo_orm.dialects.v4.registry import ENDPOINTS
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.class_registry import has_class
from kommo_orm.model.lazy_row import LazyRow, find_row_type, read_row

NOT_USUAL = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
Slices = list[msgspec.Raw] | None


@dataclass(frozen=True, slots=True)
class DecodedPage:
    """The rows of a page, and what else of the answer tells whether there is a next page."""

    rows: list[LazyRow | MutableRow]
    envelope: dict[str, Any]


@cache
def make_page_decoder(kind: str) -> Callable[[bytes], DecodedPage | None] | None:
    """Make the function that decodes pages of a kind; None for kinds whose rows have another shape than canonical ones."""
    endpoint = ENDPOINTS[kind]
    if not _has_canonical_rows(kind, endpoint):
        return None
    decode_envelope, row_type = msgspec.json.Decoder(_make_envelope_type(endpoint)).decode, find_row_type(kind)

    def decode_page(content: bytes) -> DecodedPage | None:
        try:
            _check_encoding(content)
            envelope: Any = decode_envelope(content)
            slices = _find_list(envelope)
        except NOT_USUAL:
            return None
        if slices is None:
            return None
        rows = [read_row(row_type, bytes(text)) for text in slices]
        kept = {"_links": envelope.links, "_count": envelope.count}
        return DecodedPage([row for row in rows if isinstance(row, LazyRow | dict)], kept)

    return decode_page


@cache
def make_row_decoder(kind: str) -> Callable[[bytes], LazyRow | None] | None:
    """Make the function that decodes one row of a kind, read by its address; None as for pages."""
    if not _has_canonical_rows(kind, ENDPOINTS[kind]):
        return None
    row_type = find_row_type(kind)

    def decode_row(content: bytes) -> LazyRow | None:
        try:
            _check_encoding(content)
            row = read_row(row_type, content)
        except (*NOT_USUAL, ValueError):
            return None
        return row if isinstance(row, LazyRow) and "id" in row else None

    return decode_row


def _has_canonical_rows(kind: str, endpoint: Endpoint) -> bool:
    return has_class(kind) and endpoint.rows.id_key == "id" and not endpoint.rows.lifts_embedded


def _check_encoding(content: bytes) -> None:
    """Raise `UnicodeDecodeError` for a text that is not UTF-8: decoders do not look at what they skip."""
    if not content.isascii():
        content.decode()


def _make_envelope_type(endpoint: Endpoint) -> Any:
    keys = (endpoint.key, *endpoint.rows.list_keys)
    lists = [(f"list_{at}", Slices, msgspec.field(default=None, name=key)) for at, key in enumerate(keys)]
    embedded = msgspec.defstruct("Embedded", lists)
    return msgspec.defstruct(
        "Envelope",
        [
            ("embedded", embedded, msgspec.field(name="_embedded")),
            ("links", Any, msgspec.field(default=None, name="_links")),
            ("count", Any, msgspec.field(default=None, name="_count")),
        ],
    )


def _find_list(envelope: Any) -> Slices:
    """Return the list of the first key that the answer has."""
    lists = msgspec.structs.astuple(envelope.embedded)
    return next((found for found in lists if found is not None), None)
