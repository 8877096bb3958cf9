"""Writing: a batch is one POST to the collection, with what is to be added, updated or deleted.

Added items are marked by their places; answers to updates name the rows. Every update carries a time that must not be
older than the stored one: it is now, or a second after the one that was read.
Source: Kommo API v2, the page of each entity.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.common.batch_refusals import parse_batch_refusals
from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.common.purchase_comments import build_comment_request, is_comment_update, parse_stored_comments
from kommo_orm.dialects.common.response_body import build_unexpected_error, list_items, parse_success
from kommo_orm.dialects.v2 import custom_fields, incoming_leads, pipelines, webhooks
from kommo_orm.dialects.v2.endpoint import Endpoint, unable
from kommo_orm.dialects.v2.form_times import Moments
from kommo_orm.dialects.v2.links import owners
from kommo_orm.dialects.v2.registry import ENDPOINTS
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import Row
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat

UNDATED = ("catalogs",)  # updates of these need no time
UNKNOWN_AHEAD = 5  # seconds added where the stored time is not known, and for each lost change: clocks differ
MOST_LOST = 6  # more of them do not happen within the seconds that count


def write_call(batch: Batch, now: int, moments: Moments) -> HttpRequest:
    if batch.kind == "pipelines":
        return pipelines.write_call(batch)
    if batch.kind == "webhooks":
        return webhooks.write_call(batch)
    if batch.kind == "incoming_leads":
        return incoming_leads.add_call(batch, now, moments)
    if is_comment_update(batch):
        return build_comment_request(batch)
    path = custom_fields.PATH if batch.kind == "custom_fields" else get_endpoint(batch).path
    repeat = Repeat.CREATES if batch.creates_rows else Repeat.SAFE
    return HttpRequest("POST", path, json=body(batch, now), purpose=str(batch), repeat=repeat, many=len(batch) > 1)


def get_endpoint(batch: Batch) -> Endpoint:
    endpoint = ENDPOINTS.get(batch.kind)
    if endpoint is None or batch.verb == "complex":
        what = (
            "create leads together with their contacts and companies (save() does)"
            if endpoint
            else f"write {batch.kind}"
        )
        raise ConfigurationError(unable(what))
    return endpoint


def body(batch: Batch, now: int) -> Row:
    match batch.verb:
        case "delete":
            return {"delete": [deletion(batch.kind, item) for item in batch.items]}
        case "link" | "unlink":
            return {"update": [{**head(batch.kind, item, now), **keys} for item, keys in owners(batch)]}
        case _:
            return saving(batch, now)


def saving(batch: Batch, now: int) -> Row:
    encode = custom_fields.created if batch.kind == "custom_fields" else get_endpoint(batch).encode
    if encode is None:
        raise ConfigurationError(unable(f"{batch.verb} {batch.kind}"))
    adds = [item for item in batch.items if item.is_create]
    updates = [item for item in batch.items if not item.is_create]
    made: Row = {}
    if adds:
        made["add"] = [{**encode(item, batch.parent), "request_id": place} for place, item in enumerate(adds)]
    if updates:
        made["update"] = [{**head(batch.kind, item, now), **encode(item, batch.parent)} for item in updates]
    return made


def head(kind: str, item: BatchItem, now: int) -> Row:
    if kind in UNDATED:
        return {"id": item.id}
    stored = parse_id(item.stored_values.get("updated_at"))
    ahead = UNKNOWN_AHEAD * ((stored is None) + min(item.unconfirmed_writes, MOST_LOST))
    return {"id": item.id, "updated_at": max(now, (stored or 0) + 1) + ahead}


def deletion(kind: str, item: BatchItem) -> Any:
    return {"id": item.id, "origin": custom_fields.ORIGIN} if kind == "custom_fields" else item.id


# ---- answers
def refused(batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
    if answer.empty:
        return {}
    said = parse_success(answer)
    if batch.kind == "pipelines":
        return pipelines.refused(batch, said)
    if batch.kind == "webhooks":
        return webhooks.refused(batch, said)
    found = parse_batch_refusals(batch, said, answer.request.json)
    if batch.verb in ("link", "unlink"):  # what is against an owner is against all of its links
        owners_refused = {item.id: found[item.request_id] for item in batch.items if item.request_id in found}
        return {item.request_id: owners_refused[item.id] for item in batch.items if item.id in owners_refused}
    return found


def stored(batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
    if batch.verb in ("link", "unlink", "delete"):
        return {}
    if is_comment_update(batch):
        return parse_stored_comments(batch, answer)
    if answer.empty:
        if batch.creates_rows:
            raise build_unexpected_error(answer, "empty where ids were expected")
        return {item.request_id: StoredRow(item.id or 0, {}) for item in batch.items}
    return told_in(batch, answer, parse_success(answer))


def told_in(batch: Batch, answer: HttpResponse, said: Any) -> dict[str, StoredRow]:
    match batch.kind:
        case "pipelines":
            return pipelines.stored(batch, answer, said)
        case "webhooks":
            return webhooks.stored(batch)
        case "incoming_leads":
            return incoming_leads.stored(batch, said)
        case _:
            return by_rows(batch, answer, list_items(said))


def by_rows(batch: Batch, answer: HttpResponse, rows: list[Row] | None) -> dict[str, StoredRow]:
    """From the items that are answered."""
    if rows is None:
        raise build_unexpected_error(answer, "no list of items")
    updates = [item for item in batch.items if not item.is_create]
    ids = {item.id for item in updates}
    added = [row for row in rows if parse_id(row.get("id")) not in ids]
    told = {parse_id(row.get("id")) for row in rows}
    return by_place([item for item in batch.items if item.is_create], added) | {
        item.request_id: StoredRow(item.id or 0, sent_row(item, answer)) for item in updates if item.id in told
    }


def by_place(adds: list[BatchItem], rows: list[Row]) -> dict[str, StoredRow]:
    """By the echoed mark; by order only where nothing is echoed and there are as many rows as items."""
    marks = [row.get("request_id") for row in rows]
    if all(mark is None for mark in marks):
        marks = list(range(len(rows))) if len(rows) == len(adds) else marks
    found: dict[str, StoredRow] = {}
    for mark, row in zip(marks, rows, strict=True):
        place, pk = int(str(mark)) if str(mark).isdigit() else -1, parse_id(row.get("id"))
        if 0 <= place < len(adds) and pk is not None:
            found[adds[place].request_id] = StoredRow(pk, {})
    return found


def sent_row(item: BatchItem, answer: HttpResponse) -> Row:
    """The time that was sent is the stored one now; what answers tell of it has been seen in milliseconds."""
    sent: Any = answer.request.json
    for row in sent.get("update") or () if isinstance(sent, dict) else ():
        if row.get("id") == item.id and "updated_at" in row:
            return {"updated_at": row["updated_at"]}
    return {}
