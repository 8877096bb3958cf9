"""Comments of stored purchases, all that can be changed of one. API v4 has no way for it, so both dialects use API v2.

The answer to a change is documented nowhere: what is not refused counts as stored.
Source: Kommo API v2, "Transactions".
"""

from __future__ import annotations

from kommo_orm.dialects.common.batch_refusals import parse_batch_refusals
from kommo_orm.dialects.common.response_body import parse_success
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import Row
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.unit.report import describe

COMMENTED_KIND = "transactions"
PURCHASES_PATH = "/api/v2/transactions"


def is_comment_update(batch: Batch) -> bool:
    """Whether a batch changes comments of purchases."""
    return batch.verb == "update" and batch.kind == COMMENTED_KIND


def build_comment_request(batch: Batch) -> HttpRequest:
    """Build the request that changes comments. Raises `ConfigurationError` for other values."""
    rows = [_build_comment(item) for item in batch.items]
    return HttpRequest("POST", PURCHASES_PATH, json={"update": rows}, purpose=str(batch))


def _build_comment(item: BatchItem) -> Row:
    other = [key for key in item.body if key != "comment"]
    if other:
        raise ConfigurationError(
            f"{describe(item.object)}: Kommo cannot change {other[0]} of a stored purchase, only its comment"
        )
    return {"transaction_id": item.id, "comment": item.body.get("comment") or ""}


def parse_stored_comments(batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
    """What was stored, by request id."""
    refused = parse_comment_refusals(batch, answer)
    return {item.request_id: StoredRow(item.id or 0, {}) for item in batch.items if item.request_id not in refused}


def parse_comment_refusals(batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
    """What was refused, by request id."""
    return {} if answer.empty else parse_batch_refusals(batch, parse_success(answer), answer.request.json)
