"""Parses answers to batches: which row was stored for which item, and what was refused inside of a success."""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.common.batch_refusals import parse_batch_refusals
from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.common.purchase_comments import is_comment_update, parse_stored_comments
from kommo_orm.dialects.common.response_body import build_unexpected_error, list_items, parse_success
from kommo_orm.dialects.v2.incoming_leads import parse_stored_incoming_leads
from kommo_orm.dialects.v2.pipelines import parse_pipeline_refusals, parse_stored_pipeline
from kommo_orm.dialects.v2.webhooks import parse_stored_webhooks, parse_webhook_refusals
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import MutableRow
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.transport.http_messages import HttpResponse


def parse_refusals(batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
    """What was refused, by request id. What is refused of an owner is refused of all its links."""
    if answer.empty:
        return {}
    body = parse_success(answer)
    if batch.kind == "pipelines":
        return parse_pipeline_refusals(batch, body)
    if batch.kind == "webhooks":
        return parse_webhook_refusals(batch, body)
    refused = parse_batch_refusals(batch, body, answer.request.json)
    if batch.verb in ("link", "unlink"):
        by_owner = {item.id: refused[item.request_id] for item in batch.items if item.request_id in refused}
        return {item.request_id: by_owner[item.id] for item in batch.items if item.id in by_owner}
    return refused


def parse_stored_rows(batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
    """What was stored, by request id. An empty answer to updates stored what was sent."""
    if batch.verb in ("link", "unlink", "delete"):
        return {}
    if is_comment_update(batch):
        return parse_stored_comments(batch, answer)
    if answer.empty:
        if batch.creates_rows:
            raise build_unexpected_error(answer, "empty where ids were expected")
        return {item.request_id: StoredRow(item.id or 0, {}) for item in batch.items}
    return _parse_stored_body(batch, answer, parse_success(answer))


def _parse_stored_body(batch: Batch, answer: HttpResponse, body: Any) -> dict[str, StoredRow]:
    match batch.kind:
        case "pipelines":
            return parse_stored_pipeline(batch, body)
        case "webhooks":
            return parse_stored_webhooks(batch)
        case "incoming_leads":
            return parse_stored_incoming_leads(batch, body)
        case _:
            return _parse_stored_items(batch, answer, list_items(body))


def _parse_stored_items(batch: Batch, answer: HttpResponse, rows: list[MutableRow] | None) -> dict[str, StoredRow]:
    if rows is None:
        raise build_unexpected_error(answer, "no list of items")
    updates = [item for item in batch.items if not item.is_create]
    update_ids = {item.id for item in updates}
    created = [row for row in rows if parse_id(row.get("id")) not in update_ids]
    answered = {parse_id(row.get("id")) for row in rows}
    return pair_created_rows([item for item in batch.items if item.is_create], created) | {
        item.request_id: StoredRow(item.id or 0, _get_sent_time(item, answer))
        for item in updates
        if item.id in answered
    }


def pair_created_rows(items: list[BatchItem], rows: list[MutableRow]) -> dict[str, StoredRow]:
    """By the repeated number; by order only where no number is repeated and there are as many rows as items."""
    numbers = [row.get("request_id") for row in rows]
    if all(number is None for number in numbers) and len(rows) == len(items):
        numbers = list(range(len(rows)))
    found: dict[str, StoredRow] = {}
    for number, row in zip(numbers, rows, strict=True):
        place, pk = int(str(number)) if str(number).isdigit() else -1, parse_id(row.get("id"))
        if 0 <= place < len(items) and pk is not None:
            found[items[place].request_id] = StoredRow(pk, {})
    return found


def _get_sent_time(item: BatchItem, answer: HttpResponse) -> MutableRow:
    """The time that was sent is the stored one now. Times in answers have been seen in milliseconds."""
    body: Any = answer.request.json
    for row in body.get("update") or () if isinstance(body, dict) else ():
        if row.get("id") == item.id and "updated_at" in row:
            return {"updated_at": row["updated_at"]}
    return {}
