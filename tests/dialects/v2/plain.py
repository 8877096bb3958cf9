"""Hand-made batches and answers of API v2."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kommo_orm import Lead
from kommo_orm.dialects.v2 import V2Dialect
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.transport.http_messages import HttpResponse

if TYPE_CHECKING:
    from kommo_orm.model.parent import Parent

NOW = 1_795_000_000
V2 = V2Dialect(clock=lambda: NOW)


def new(request_id: str, **body: Any) -> BatchItem:
    return BatchItem(Lead(), request_id, {"name": request_id, **body})


def old(request_id: str, pk: int, known: dict[str, Any] | None = None, **body: Any) -> BatchItem:
    return BatchItem(
        Lead(id=pk),
        request_id,
        {"name": request_id, **body},
        pk,
        stored_values={"updated_at": NOW - 60} if known is None else known,
    )


def batch(*items: BatchItem, verb: str = "save", kind: str = "leads", parent: Parent | None = None) -> Batch:
    return Batch(verb, kind, items, parent)  # type: ignore[arg-type]


def answered(made: Batch, body: Any, status: int = 200) -> HttpResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/hal+json"}
    return HttpResponse(status, content, V2.build_batch_request(made), headers)


def envelope(*items: dict[str, Any], errors: Any = None) -> dict[str, Any]:
    return {"_links": {}, "_embedded": {"items": list(items), **({} if errors is None else {"errors": errors})}}
