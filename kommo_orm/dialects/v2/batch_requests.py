"""Builds the requests of batches: one POST to the collection, with what is to be added, updated or deleted.

Added items are numbered; answers to updates name the rows by their ids. Every update has a time that must be newer than
the stored one: it is now, or a second after the one that was read.
Source: Kommo API v2, the page of each entity.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.common.purchase_comments import build_comment_request, is_comment_update
from kommo_orm.dialects.v2.custom_fields import FIELDS_PATH, ORIGIN, encode_definition
from kommo_orm.dialects.v2.endpoint import Endpoint
from kommo_orm.dialects.v2.form_times import FormTimes
from kommo_orm.dialects.v2.incoming_leads import build_incoming_leads_request
from kommo_orm.dialects.v2.links import group_links_by_owner
from kommo_orm.dialects.v2.pipelines import build_pipelines_request
from kommo_orm.dialects.v2.registry import ENDPOINTS
from kommo_orm.dialects.v2.unsupported import explain_unsupported
from kommo_orm.dialects.v2.webhooks import build_webhook_request
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.row import MutableRow
from kommo_orm.transport.http_messages import HttpRequest, Repeat

UNDATED_KINDS = ("catalogs",)  # updates of these need no time
SECONDS_AHEAD = 5  # added where the stored time is not known, and for each unconfirmed change: clocks differ
MAX_UNCONFIRMED = 6  # more of them do not happen within the seconds that count


def build_batch_request(batch: Batch, now: int, times: FormTimes) -> HttpRequest:
    """Build the request of a batch. Raises `ConfigurationError` for what v2 cannot write."""
    if batch.kind == "pipelines":
        return build_pipelines_request(batch)
    if batch.kind == "webhooks":
        return build_webhook_request(batch)
    if batch.kind == "incoming_leads":
        return build_incoming_leads_request(batch, now, times)
    if is_comment_update(batch):
        return build_comment_request(batch)
    path = FIELDS_PATH if batch.kind == "custom_fields" else get_writable_endpoint(batch).path
    repeat = Repeat.CREATES if batch.creates_rows else Repeat.SAFE
    body = build_batch_body(batch, now)
    return HttpRequest("POST", path, json=body, purpose=str(batch), repeat=repeat, many=len(batch) > 1)


def get_writable_endpoint(batch: Batch) -> Endpoint:
    """The endpoint of a batch. Raises `ConfigurationError` for a kind that v2 does not have."""
    endpoint = ENDPOINTS.get(batch.kind)
    if endpoint is None:
        raise ConfigurationError(explain_unsupported(f"write {batch.kind}"))
    if batch.verb == "complex":
        what = "create leads together with their contacts and companies (save() does)"
        raise ConfigurationError(explain_unsupported(what))
    return endpoint


def build_batch_body(batch: Batch, now: int) -> MutableRow:
    """The body by the verb of a batch."""
    match batch.verb:
        case "delete":
            return {"delete": [_build_deletion(batch.kind, item) for item in batch.items]}
        case "link" | "unlink":
            owners = group_links_by_owner(batch)
            return {"update": [{**_build_update_head(batch.kind, item, now), **links} for item, links in owners]}
        case _:
            return _build_save_body(batch, now)


def _build_save_body(batch: Batch, now: int) -> MutableRow:
    encode = encode_definition if batch.kind == "custom_fields" else get_writable_endpoint(batch).encode
    if encode is None:
        raise ConfigurationError(explain_unsupported(f"{batch.verb} {batch.kind}"))
    adds = [item for item in batch.items if item.is_create]
    updates = [item for item in batch.items if not item.is_create]
    body: MutableRow = {}
    if adds:
        body["add"] = [{**encode(item, batch.parent), "request_id": place} for place, item in enumerate(adds)]
    if updates:
        body["update"] = [
            {**_build_update_head(batch.kind, item, now), **encode(item, batch.parent)} for item in updates
        ]
    return body


def _build_update_head(kind: str, item: BatchItem, now: int) -> MutableRow:
    """The id and the time of an update."""
    if kind in UNDATED_KINDS:
        return {"id": item.id}
    stored = parse_id(item.stored_values.get("updated_at"))
    ahead = SECONDS_AHEAD * ((stored is None) + min(item.unconfirmed_writes, MAX_UNCONFIRMED))
    return {"id": item.id, "updated_at": max(now, (stored or 0) + 1) + ahead}


def _build_deletion(kind: str, item: BatchItem) -> Any:
    return {"id": item.id, "origin": ORIGIN} if kind == "custom_fields" else item.id
