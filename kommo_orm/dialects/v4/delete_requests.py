"""Builds the requests of deletions. API v4 deletes few kinds; some others are deleted by API v2.

Source: Kommo API v4, "Deletion" of catalog elements; Kommo API v2, "Customers". Deletions by the web interface are in
`dialects/web_interface`.
"""

from __future__ import annotations

from kommo_orm.dialects.common.batch_refusals import parse_batch_refusals
from kommo_orm.dialects.v4.endpoint import DeleteBy, WriteAddress, add_to_url
from kommo_orm.dialects.v4.registry import ENDPOINTS, build_collection_url
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.refusal import Refusal
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse


def build_delete_request(batch: Batch) -> HttpRequest:
    """Build the request that deletes the rows of a batch."""
    endpoint = ENDPOINTS[batch.kind]
    way = endpoint.writes.delete_by
    if way is DeleteBy.V2_BATCH:
        ids = [item.id for item in batch.items]
        return HttpRequest("POST", f"/api/v2/{batch.kind}", json={"delete": ids}, purpose=str(batch))
    url = build_collection_url(batch.kind, batch.parent)
    if way is DeleteBy.LIST_ALWAYS or (way is DeleteBy.LIST and len(batch) > 1):
        rows = [{endpoint.rows.id_key: item.id} for item in batch.items]
        return HttpRequest("DELETE", url, json=rows, purpose=str(batch), drive=endpoint.is_on_drive)
    (item,) = batch.items
    purpose = f"delete {batch.kind} {item.id}"
    if endpoint.writes.address is WriteAddress.COLLECTION:
        return HttpRequest("DELETE", url, json=item.body, purpose=purpose)
    return HttpRequest("DELETE", add_to_url(url, item.id), purpose=purpose)


def parse_delete_refusals(batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
    """Why rows were not deleted, by request id: API v2 reports errors inside of a success."""
    if ENDPOINTS[batch.kind].writes.delete_by is not DeleteBy.V2_BATCH or answer.empty:
        return {}
    return parse_batch_refusals(batch, answer.json(), answer.request.json)
