"""Leads, contacts and companies: their canonical rows and their bodies. Customers use the same parts.

Source: Kommo API v2, "Leads", "Contacts", "Companies", "Customers".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.v2.custom_field_values import decode_fields
from kommo_orm.dialects.v2.endpoint import (
    BATCH_SIZE,
    CLOSED_STATUSES,
    MAX_PAGE_SIZE,
    Endpoint,
    Filter,
    IncludeRules,
    ListRules,
)
from kommo_orm.dialects.v2.links import build_links
from kommo_orm.dialects.v2.write_body import build_body
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.lazy_row import FREE_VALUES
from kommo_orm.model.parent import Parent
from kommo_orm.unit.report import describe

CARD = Capabilities(
    page_size=MAX_PAGE_SIZE,
    create_size=BATCH_SIZE,
    update_size=BATCH_SIZE,
    saves_links=True,
    saves_together=True,
    replaces_tags=True,
    needs_stored_row=True,
    is_ordered=False,
)
ID_RELATIONS = ("contacts", "leads", "customers")  # rows have them as `{"id": [1, 2]}`
V2_KEYS = {
    *ID_RELATIONS,
    *("company", "main_contact", "tags", "custom_fields", "_links", "_embedded", "catalog_elements_links"),
}


# ---- reading
def decode_card(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of a card."""
    card = {key: value for key, value in row.items() if key not in V2_KEYS}
    if "custom_fields" in row:
        card[FREE_VALUES] = decode_fields(row["custom_fields"])
    embedded: MutableRow = {}
    if "tags" in row:
        embedded["tags"] = list(iterate_items(_get_collection(row["tags"])))
    for name in ID_RELATIONS:
        if name in row:
            embedded[name] = [{"id": pk} for pk in list_ids(row[name])]
    if "company" in row:
        embedded["companies"] = [_decode_company(row["company"])] if list_ids(row["company"]) else []
    _decode_elements(row, read, embedded)
    return {**card, "_embedded": embedded} if embedded else card


def decode_contact(row: MutableRow, read: ReadRequest) -> MutableRow:
    """Old contacts have no parts of a name, and their rows no keys for them."""
    return {"first_name": "", "last_name": "", **decode_card(row, read)}


def decode_lead(row: MutableRow, read: ReadRequest) -> MutableRow:
    """`sale` is the price; the pipeline is an object."""
    own = ("sale", "pipeline", "loss_reason_name")
    lead = decode_card({key: value for key, value in row.items() if key not in own}, read)
    if "sale" in row:
        lead["price"] = row["sale"]
    pipeline = list_ids(row.get("pipeline"))
    if pipeline:
        lead.setdefault("pipeline_id", pipeline[0])
    _mark_main_contact(row, lead)
    if "loss_reason" in read.includes and "_embedded" in lead:
        name, reason = row.get("loss_reason_name"), parse_id(row.get("loss_reason_id"))
        lead["_embedded"]["loss_reason"] = [{"id": reason, "name": name}] if name and reason else []
    return lead


def decode_customer(row: MutableRow, read: ReadRequest) -> MutableRow:
    """A card with a main contact."""
    customer = decode_card(row, read)
    _mark_main_contact(row, customer)
    return customer


def _mark_main_contact(row: MutableRow, card: MutableRow) -> None:
    main = list_ids(row.get("main_contact"))
    contacts = card.get("_embedded", {}).get("contacts")
    if contacts is not None and main:
        for contact in contacts:
            contact["is_main"] = contact["id"] == main[0]
        if main[0] not in [contact["id"] for contact in contacts]:
            contacts.append({"id": main[0], "is_main": True})


def _decode_company(raw: Any) -> MutableRow:
    return {"id": list_ids(raw)[0], **({"name": raw["name"]} if isinstance(raw, dict) and "name" in raw else {})}


def _decode_elements(row: MutableRow, read: ReadRequest, embedded: MutableRow) -> None:
    """Linked elements of lists, which come on request."""
    inner: Any = row.get("_embedded")
    links = inner.get("catalog_elements_links") if isinstance(inner, dict) else None
    links = row.get("catalog_elements_links") if links is None else links
    if links is not None or "catalog_elements" in read.includes:
        embedded["catalog_elements"] = [
            {"id": link.get("id"), "metadata": {key: link[key] for key in ("catalog_id", "quantity") if key in link}}
            for link in iterate_items(_get_collection(links))
        ]


def _get_collection(raw: Any) -> Any:
    return raw if isinstance(raw, dict | list) else None


def list_ids(raw: Any) -> list[int]:
    """The ids of a relation: `{"id": [1, 2]}`, `{"id": 1}`, or an empty object or list."""
    inner: Any = cast("MutableRow", raw).get("id") if isinstance(raw, dict) else raw if isinstance(raw, list) else None
    values = inner if isinstance(inner, list) else [inner]
    return [pk for value in values if (pk := parse_id(value)) is not None]


# ---- writing
COMMON_KEYS = {key: key for key in ("name", "responsible_user_id", "created_by", "created_at")}
LEAD_KEYS = {
    **COMMON_KEYS,
    **{key: key for key in ("status_id", "pipeline_id", "updated_by", "closed_at", "loss_reason_id", "visitor_uid")},
    "price": "sale",
}
CONTACT_KEYS = {**COMMON_KEYS, "first_name": "first_name", "last_name": "last_name"}
CUSTOMER_KEYS = {**COMMON_KEYS, **{key: key for key in ("next_date", "next_price", "periodicity")}}


def make_card_encoder(kind: str, keys: Mapping[str, str]) -> Callable[[BatchItem, Parent | None], MutableRow]:
    """The encoder of one kind of card."""

    def encode_card(item: BatchItem, parent: Parent | None) -> MutableRow:
        body = build_body(item, keys, kind)
        require_name(item, kind, body)
        _add_pipeline(item, body)
        return body | build_links(item, kind, item.links)

    return encode_card


def require_name(item: BatchItem, kind: str, body: MutableRow) -> None:
    """A new card needs a name; a contact's is made of its parts. Raises `ConfigurationError`."""
    if item.is_create and not body.get("name"):
        parts = " ".join(str(body[key]) for key in ("first_name", "last_name") if body.get(key))
        if not parts:
            raise ConfigurationError(f"{describe(item.object)}: Kommo's API v2 creates no {kind} without a name")
        body["name"] = parts


def _add_pipeline(item: BatchItem, body: MutableRow) -> None:
    """The stages of closed leads are in every pipeline, so the pipeline is sent with them."""
    pipeline = parse_id(item.stored_values.get("pipeline_id"))
    if pipeline is not None and parse_id(body.get("status_id")) in CLOSED_STATUSES:
        body.setdefault("pipeline_id", pipeline)


def format_open_tasks(value: Any) -> str:
    """With open tasks, or without any."""
    return "2" if value else "1"


CARD_FILTERS = {"id": Filter("id"), "responsible_user_id": Filter("responsible_user_id")}
SINCE_FILTERS = {**CARD_FILTERS, "updated_at": Filter("If-Modified-Since", "since")}

LEADS = Endpoint(
    "/api/v2/leads",
    CARD,
    decode_lead,
    make_card_encoder("leads", LEAD_KEYS),
    ListRules(
        filters={
            **CARD_FILTERS,
            "created_at": Filter("filter[date_create]", "span"),
            "updated_at": Filter("filter[date_modify]", "span"),
            "status": Filter("status", "many", lookup_names=("status_id", "status__in")),
            "is_open": Filter("filter[active]", takes_several=False),
            "has_open_tasks": Filter("filter[tasks]", takes_several=False, format=format_open_tasks),
        },
        search="query",
        has_trash=True,
    ),
    IncludeRules(
        {
            **dict.fromkeys(("contacts", "companies")),
            "catalog_elements": "catalog_elements_links",
            "loss_reason": "loss_reason_name",
            "is_price_modified_by_robot": "is_price_modified_by_robot",
        }
    ),
)
CONTACTS = Endpoint(
    "/api/v2/contacts",
    CARD,
    decode_contact,
    make_card_encoder("contacts", CONTACT_KEYS),
    ListRules(filters=SINCE_FILTERS, search="query"),
    IncludeRules(dict.fromkeys(("leads", "companies", "customers"))),
)
COMPANIES = Endpoint(
    "/api/v2/companies",
    CARD,
    decode_card,
    make_card_encoder("companies", COMMON_KEYS),
    ListRules(filters=SINCE_FILTERS, search="query"),
    IncludeRules(dict.fromkeys(("leads", "contacts", "customers"))),
)
