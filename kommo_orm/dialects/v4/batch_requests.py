"""Builds the requests of batches: creations, updates, links. Deletions are in `delete_requests`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kommo_orm.dialects.common.purchase_comments import COMMENTED_KIND, build_comment_request
from kommo_orm.dialects.v4.delete_requests import build_delete_request
from kommo_orm.dialects.v4.endpoint import PairBy, WriteAddress, add_to_url
from kommo_orm.dialects.v4.registry import ENDPOINTS, build_collection_url, build_row_url
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import Batch, BatchItem, Verb
from kommo_orm.interface.row import Row
from kommo_orm.transport.http_messages import HttpRequest, Repeat


def validate_batch(batch: Batch) -> None:
    """API v4 writes whatever its capabilities allow, so there is nothing to refuse."""


def build_batch_request(batch: Batch) -> HttpRequest:
    """Build the request of a batch, by its verb."""
    return BUILDERS[batch.verb](batch)


def build_update_request(batch: Batch) -> HttpRequest:
    """Update one row at its own address, or several at the collection's; the answer names rows by their ids."""
    if batch.kind == COMMENTED_KIND:
        return build_comment_request(batch)
    endpoint = ENDPOINTS[batch.kind]
    url = endpoint.path if batch.parent is None else endpoint.build_url(batch.parent)
    if len(batch.items) != 1:
        rows = [{"id": item.id, **item.body} for item in batch.items]
        return HttpRequest("PATCH", url, json=rows, purpose=str(batch))
    item = batch.items[0]
    purpose = f"update {batch.kind} {item.id}"
    if endpoint.writes.address is WriteAddress.COLLECTION:
        return HttpRequest("POST", url, json=item.body, purpose=purpose)
    left_out = endpoint.writes.batch_only
    body = {key: value for key, value in item.body.items() if key not in left_out} if left_out else item.body
    url = f"{url}/{item.id}" if type(item.id) is int else add_to_url(url, item.id)
    return HttpRequest("PATCH", url, json=body, purpose=purpose, drive=endpoint.is_on_drive)


def build_create_request(batch: Batch) -> HttpRequest:
    """Create rows. The answer repeats the `request_id` of each, so that rows find their items."""
    endpoint = ENDPOINTS[batch.kind]
    body: Any = build_create_bodies(batch)
    if endpoint.creates.pair_by is PairBy.POSITION:
        body = [item.body for item in batch.items]
    if endpoint.creates.is_single:
        body = batch.items[0].body
    options = batch.parent.options if batch.parent is not None else ()
    params = tuple((name, "true" if value else "false") for name, value in options)
    url = endpoint.build_create_url(batch.parent)
    repeat = Repeat.SAFE if endpoint.creates.replaces_same else Repeat.CREATES
    return HttpRequest("POST", url, params, json=body, purpose=str(batch), repeat=repeat)


def build_create_bodies(batch: Batch) -> list[Row]:
    """The bodies of new rows with their request ids."""
    return [{**item.body, "request_id": item.request_id} for item in batch.items]


def build_complex_request(batch: Batch) -> HttpRequest:
    """Create leads together with their contacts and companies."""
    body = build_create_bodies(batch)
    return HttpRequest("POST", "/api/v4/leads/complex", json=body, purpose=str(batch), repeat=Repeat.CREATES)


def build_link_request(batch: Batch) -> HttpRequest:
    """Make or remove links. One owner has its own address; links of several owners go to the collection's."""
    owners = {item.id for item in batch.items}
    if len(owners) == 1:
        url = f"{build_row_url(batch.kind, batch.parent, batch.items[0].id)}/{batch.verb}"
        return HttpRequest("POST", url, json=[_build_link(item) for item in batch.items], purpose=str(batch))
    rows = [{"entity_id": item.id, **_build_link(item)} for item in batch.items]
    url = f"{build_collection_url(batch.kind, batch.parent)}/{batch.verb}"
    return HttpRequest("POST", url, json=rows, purpose=str(batch))


def _build_link(item: BatchItem) -> Row:
    return {key: value for key, value in item.body.items() if value != {}}


def _refuse_save(batch: Batch) -> HttpRequest:
    raise ConfigurationError("API v4 creates and updates in requests of their own")


BUILDERS: Mapping[Verb, Callable[[Batch], HttpRequest]] = {
    "update": build_update_request,
    "create": build_create_request,
    "complex": build_complex_request,
    "link": build_link_request,
    "unlink": build_link_request,
    "delete": build_delete_request,
    "save": _refuse_save,
}
