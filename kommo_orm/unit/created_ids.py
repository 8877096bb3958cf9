"""Reads the ids of created rows where the answer to a creation does not have them."""

from __future__ import annotations

import logging
from typing import Any

from kommo_orm.errors import (
    LockTimeout,
    NotConnected,
    ResponseError,
    TokenStoreError,
    TransportError,
    UnexpectedResponse,
)
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.interface.term import Term
from kommo_orm.transport.flow import Flow
from kommo_orm.transport.http_messages import HttpResponse
from kommo_orm.transport.redaction import redact_text
from kommo_orm.unit.report import describe

logger = logging.getLogger("kommo_orm.unit")

# The rows are stored, whether or not they can be read. Any other exception is a bug and must not be hidden.
_READ_ERRORS = (TransportError, ResponseError, UnexpectedResponse, NotConnected, TokenStoreError, LockTimeout)


def fetch_created_ids(connection: Connection, batch: Batch, answer: HttpResponse) -> Flow[dict[str, StoredRow]]:
    """The rows of created objects by request id, as far as they can be read. Ids that stay unknown are logged."""
    try:
        refused = connection.dialect.parse_refusals(batch, answer)
        parsed = connection.dialect.parse_stored_rows(batch, answer)
        stored = {request_id: one for request_id, one in parsed.items() if request_id not in refused}
    except Exception:  # noqa: BLE001  # it is raised again when the answer is applied
        return {}
    if not stored:
        return {}
    keys = _find_row_keys(batch, stored)
    why = "the list of the service does not have it"
    found: dict[str, StoredRow] = {}
    try:
        rows = yield from _fetch_rows(connection, batch, keys)
    except _READ_ERRORS as error:
        why = str(error)
    else:
        found = {
            request_id: StoredRow(rows[key]["id"], dict(rows[key])) for request_id, key in keys.items() if key in rows
        }
    for item in batch.items:
        if item.request_id in stored and item.request_id not in found:
            logger.warning(
                "%s was stored, and its id is not known: %s",
                redact_text(describe(item.object)),
                redact_text(why.rstrip(".")),
            )
    return found


def _find_row_keys(batch: Batch, stored: dict[str, StoredRow]) -> dict[str, Any]:
    """The value that finds each row: its id, or the field that stands in its address."""
    name = type(batch.items[0].object).__kommo_info__.address_field
    if name == "id":
        return {request_id: one.id for request_id, one in stored.items()}
    return {item.request_id: item.body.get(name) for item in batch.items if item.request_id in stored}


def _fetch_rows(connection: Connection, batch: Batch, keys: dict[str, Any]) -> Flow[dict[Any, Row]]:
    dialect = connection.dialect
    name = type(batch.items[0].object).__kommo_info__.address_field
    terms = (Term("id", "in", tuple(keys.values())),) if name == "id" else ()
    read = ReadRequest(batch.kind, terms=terms)
    page = dialect.parse_page(
        read, (yield from connection.ask(dialect.build_list_request(read, 1, dialect.max_page_size)))
    )
    return {row.get(name): row for row in page.rows if row.get("id")}
