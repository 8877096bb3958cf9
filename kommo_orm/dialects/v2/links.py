"""Links are made and undone by the updates of their owners: `contacts_id`, `company_id`, `unlink`.

A list of ids links those rows and leaves others linked. Elements of lists cannot be unlinked.
Source: Kommo API v2, "Leads", "Contacts", "Companies", "Customers".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kommo_orm.dialects.v2.endpoint import unable
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.link_row import LinkRow
from kommo_orm.interface.row import Row
from kommo_orm.unit.report import describe

KEYS = {
    "leads": {"contacts": "contacts_id", "companies": "company_id"},
    "contacts": {"leads": "leads_id", "companies": "company_id", "customers": "customers_id"},
    "companies": {"leads": "leads_id", "contacts": "contacts_id", "customers": "customers_id"},
    "customers": {"contacts": "contacts_id", "companies": "company_id"},
}
ELEMENTS = {"leads": "catalog_elements_id", "customers": "catalog_elements_id"}


def linked(item: BatchItem, kind: str, rows: Iterable[LinkRow]) -> Row:
    """The keys of an owner's body for links to make and to undo. Raises `ConfigurationError` for what v2 cannot."""
    made: Row = {}
    for row in rows:
        if row.kind == "catalog_elements":
            _element(item, kind, row, made)
            continue
        key = KEYS.get(kind, {}).get(row.kind)
        if key is None:
            raise ConfigurationError(f"{describe(item.object)}: {unable(f'{row.verb} {kind} and {row.kind}')}")
        _refuse_words(item, kind, row)
        _put(item, made if row.verb == "link" else made.setdefault("unlink", {}), key, row)
        if row.verb == "link" and row.meta.get("is_main"):
            made["main_contact_id"] = row.id
    return made


def _refuse_words(item: BatchItem, kind: str, row: LinkRow) -> None:
    """What a link says of itself: here only which contact of a card is the main one."""
    if row.meta.get("updated_by") is not None:
        raise ConfigurationError(f"{describe(item.object)}: {unable('say who makes a link')}")
    if row.meta.get("is_main") and (kind != "leads" or row.kind != "contacts"):
        told = unable(f"make one of the {kind} the main one of {row.kind}")
        raise ConfigurationError(f"{describe(item.object)}: {told}; change the contacts of those instead")


def _put(item: BatchItem, place: Row, key: str, row: LinkRow) -> None:
    if key != "company_id":
        place.setdefault(key, []).append(row.id)
    elif place.setdefault(key, row.id) != row.id:
        raise ConfigurationError(f"{describe(item.object)}: {unable(f'{row.verb} several companies at once')}")


def _element(item: BatchItem, kind: str, row: LinkRow, made: Row) -> None:
    key = ELEMENTS.get(kind)
    if key is None or row.verb == "unlink":
        what = "unlink elements of lists" if key else f"link elements of lists to {kind}"
        raise ConfigurationError(f"{describe(item.object)}: {unable(what)}")
    _refuse_words(item, kind, row)
    if row.meta.get("price_id") is not None:
        raise ConfigurationError(f"{describe(item.object)}: {unable('say which price of an element a link uses')}")
    catalog = str(row.meta.get("catalog_id"))
    made.setdefault(key, {}).setdefault(catalog, {})[str(row.id)] = row.meta.get("quantity", 1)


def owners(batch: Batch) -> list[tuple[BatchItem, Row]]:
    """A batch of links as updates: one item an owner, and its keys."""
    grouped: dict[int, list[BatchItem]] = {}
    for item in batch.items:
        grouped.setdefault(item.id or 0, []).append(item)
    return [
        (items[0], linked(items[0], batch.kind, map(row_of, items, [batch] * len(items)))) for items in grouped.values()
    ]


def row_of(item: BatchItem, batch: Batch) -> LinkRow:
    body: dict[str, Any] = item.body
    verb: Any = batch.verb
    return LinkRow(verb, body["to_entity_type"], body["to_entity_id"], body.get("metadata") or {})
