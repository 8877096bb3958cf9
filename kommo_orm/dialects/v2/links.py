"""Builds links: they are made and removed by the updates of their owners (`contacts_id`, `company_id`, `unlink`).

A list of ids links those rows and leaves others linked. Elements of lists cannot be unlinked.
Source: Kommo API v2, "Leads", "Contacts", "Companies", "Customers".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kommo_orm.dialects.v2.unsupported import build_unsupported_error, explain_unsupported
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.link_row import LinkRow
from kommo_orm.interface.row import MutableRow
from kommo_orm.unit.report import describe

LINK_KEYS = {
    "leads": {"contacts": "contacts_id", "companies": "company_id"},
    "contacts": {"leads": "leads_id", "companies": "company_id", "customers": "customers_id"},
    "companies": {"leads": "leads_id", "contacts": "contacts_id", "customers": "customers_id"},
    "customers": {"contacts": "contacts_id", "companies": "company_id"},
}
ELEMENT_KEYS = {"leads": "catalog_elements_id", "customers": "catalog_elements_id"}


def build_links(item: BatchItem, kind: str, rows: Iterable[LinkRow]) -> MutableRow:
    """Build the keys of an owner's body. Raises `ConfigurationError` for links that v2 cannot make or remove."""
    body: MutableRow = {}
    for row in rows:
        if row.kind == "catalog_elements":
            _add_element(item, kind, row, body)
            continue
        key = LINK_KEYS.get(kind, {}).get(row.kind)
        if key is None:
            raise build_unsupported_error(item, f"{row.verb} {kind} and {row.kind}")
        _validate_meta(item, kind, row)
        _add_link(item, body if row.verb == "link" else body.setdefault("unlink", {}), key, row)
        if row.verb == "link" and row.meta.get("is_main"):
            body["main_contact_id"] = row.id
    return body


def _validate_meta(item: BatchItem, kind: str, row: LinkRow) -> None:
    """The only value of a link is here which contact of a lead is the main one."""
    if row.meta.get("updated_by") is not None:
        raise build_unsupported_error(item, "say who makes a link")
    if row.meta.get("is_main") and (kind != "leads" or row.kind != "contacts"):
        reason = explain_unsupported(f"make one of the {kind} the main one of {row.kind}")
        raise ConfigurationError(f"{describe(item.object)}: {reason}; change the contacts of those instead")


def _add_link(item: BatchItem, part: MutableRow, key: str, row: LinkRow) -> None:
    if key != "company_id":
        part.setdefault(key, []).append(row.id)
    elif part.setdefault(key, row.id) != row.id:
        raise build_unsupported_error(item, f"{row.verb} several companies at once")


def _add_element(item: BatchItem, kind: str, row: LinkRow, body: MutableRow) -> None:
    key = ELEMENT_KEYS.get(kind)
    if key is None or row.verb == "unlink":
        raise build_unsupported_error(item, "unlink elements of lists" if key else f"link elements of lists to {kind}")
    _validate_meta(item, kind, row)
    if row.meta.get("price_id") is not None:
        raise build_unsupported_error(item, "say which price of an element a link uses")
    catalog = str(row.meta.get("catalog_id"))
    body.setdefault(key, {}).setdefault(catalog, {})[str(row.id)] = row.meta.get("quantity", 1)


def group_links_by_owner(batch: Batch) -> list[tuple[BatchItem, MutableRow]]:
    """A batch of links as updates: one item for each owner, and the keys of its body."""
    groups: dict[int, list[BatchItem]] = {}
    for item in batch.items:
        groups.setdefault(item.id or 0, []).append(item)
    return [
        (items[0], build_links(items[0], batch.kind, [_build_link_row(item, batch) for item in items]))
        for items in groups.values()
    ]


def _build_link_row(item: BatchItem, batch: Batch) -> LinkRow:
    body: dict[str, Any] = item.body
    verb: Any = batch.verb
    return LinkRow(verb, body["to_entity_type"], body["to_entity_id"], body.get("metadata") or {})
