"""Leads, contacts, companies and customers: what a row of them is here, and what its body.

Source: Kommo API v2, "Leads", "Contacts", "Companies", "Customers".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.v2.custom_field_values import entries
from kommo_orm.dialects.v2.endpoint import AT_ONCE, CLOSED, MOST, Endpoint, Filter
from kommo_orm.dialects.v2.links import linked
from kommo_orm.dialects.v2.write_body import body_of
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.field_spec import FREE_VALUES
from kommo_orm.model.parent import Parent
from kommo_orm.unit.report import describe

CARD = Capabilities(
    page_size=MOST,
    create_size=AT_ONCE,
    update_size=AT_ONCE,
    saves_links=True,
    saves_together=True,
    replaces_tags=True,
    needs_stored_row=True,
    is_ordered=False,
)
MANY = ("contacts", "leads", "customers")  # relations that a row tells as `{"id": [1, 2]}`
OWN = {*MANY, "company", "main_contact", "tags", "custom_fields", "_links", "_embedded", "catalog_elements_links"}


# ---- reading
def card(row: Row, read: ReadRequest) -> Row:
    """The canonical row of a card."""
    made = {key: told for key, told in row.items() if key not in OWN}
    if "custom_fields" in row:
        made[FREE_VALUES] = entries(row["custom_fields"])
    embedded: Row = {}
    if "tags" in row:
        embedded["tags"] = list(iterate_items(_none(row["tags"])))
    for name in MANY:
        if name in row:
            embedded[name] = [{"id": pk} for pk in ids_in(row[name])]
    if "company" in row:
        embedded["companies"] = [_company(row["company"])] if ids_in(row["company"]) else []
    _elements(row, read, embedded)
    if embedded:
        made["_embedded"] = embedded
    return made


def contact(row: Row, read: ReadRequest) -> Row:
    """Old contacts have no parts of a name, and their rows no keys for them."""
    return {"first_name": "", "last_name": "", **card(row, read)}


def lead(row: Row, read: ReadRequest) -> Row:
    made = card({key: told for key, told in row.items() if key not in ("sale", "pipeline", "loss_reason_name")}, read)
    if "sale" in row:
        made["price"] = row["sale"]
    pipeline = ids_in(row.get("pipeline"))
    if pipeline:
        made.setdefault("pipeline_id", pipeline[0])
    _main(row, made)
    if "loss_reason" in read.includes and "_embedded" in made:
        name, reason = row.get("loss_reason_name"), parse_id(row.get("loss_reason_id"))
        made["_embedded"]["loss_reason"] = [{"id": reason, "name": name}] if name and reason else []
    return made


def customer(row: Row, read: ReadRequest) -> Row:
    made = card(row, read)
    _main(row, made)
    return made


def _main(row: Row, made: Row) -> None:
    """Which of the contacts is the main one."""
    main = ids_in(row.get("main_contact"))
    contacts = made.get("_embedded", {}).get("contacts")
    if contacts is not None and main:
        for contact in contacts:
            contact["is_main"] = contact["id"] == main[0]
        if main[0] not in [contact["id"] for contact in contacts]:
            contacts.append({"id": main[0], "is_main": True})


def _company(told: Any) -> Row:
    return {"id": ids_in(told)[0], **({"name": told["name"]} if isinstance(told, dict) and "name" in told else {})}


def _elements(row: Row, read: ReadRequest, embedded: Row) -> None:
    """Linked elements, told on request."""
    inner: Any = row.get("_embedded")
    told = inner.get("catalog_elements_links") if isinstance(inner, dict) else None
    told = row.get("catalog_elements_links") if told is None else told
    if told is not None or "catalog_elements" in read.includes:
        embedded["catalog_elements"] = [
            {"id": one.get("id"), "metadata": {key: one[key] for key in ("catalog_id", "quantity") if key in one}}
            for one in iterate_items(_none(told))
        ]


def _none(told: Any) -> Any:
    return told if isinstance(told, dict | list) else None


def ids_in(told: Any) -> list[int]:
    """The ids of a relation: `{"id": [1, 2]}`, `{"id": 1}`, or an empty object or list."""
    inner: Any = cast("Row", told).get("id") if isinstance(told, dict) else told if isinstance(told, list) else None
    several = inner if isinstance(inner, list) else [inner]
    return [pk for one in several if (pk := parse_id(one)) is not None]


# ---- writing
COMMON = {key: key for key in ("name", "responsible_user_id", "created_by", "created_at")}
LEAD = {
    **COMMON,
    **{key: key for key in ("status_id", "pipeline_id", "updated_by", "closed_at", "loss_reason_id", "visitor_uid")},
    "price": "sale",
}
CONTACT = {**COMMON, "first_name": "first_name", "last_name": "last_name"}
CUSTOMER = {**COMMON, **{key: key for key in ("next_date", "next_price", "periodicity")}}


def encoder(kind: str, keys: Mapping[str, str]) -> Any:
    def encode(item: BatchItem, parent: Parent | None) -> Row:
        made = body_of(item, keys, kind)
        named(item, kind, made)
        closed(item, made)
        return made | linked(item, kind, item.links)

    return encode


def named(item: BatchItem, kind: str, made: Row) -> None:
    """A new card needs a name; a contact's is made of its parts."""
    if item.is_create and not made.get("name"):
        parts = " ".join(str(made[key]) for key in ("first_name", "last_name") if made.get(key))
        if not parts:
            raise ConfigurationError(f"{describe(item.object)}: Kommo's API v2 creates no {kind} without a name")
        made["name"] = parts


def closed(item: BatchItem, made: Row) -> None:
    """The stages of closed leads are in every pipeline, so which one is meant is said along with them."""
    pipeline = parse_id(item.stored_values.get("pipeline_id"))
    if pipeline is not None and parse_id(made.get("status_id")) in CLOSED:
        made.setdefault("pipeline_id", pipeline)


def tasks(wanted: Any) -> str:
    """With open tasks, or without any."""
    return "2" if wanted else "1"


IDS = {"id": Filter("id"), "responsible_user_id": Filter("responsible_user_id")}
SINCE = {"updated_at": Filter("If-Modified-Since", "since")}
SPANS = {
    "created_at": Filter("filter[date_create]", "span"),
    "updated_at": Filter("filter[date_modify]", "span"),
}

LEADS = Endpoint(
    "/api/v2/leads",
    CARD,
    lead,
    encoder("leads", LEAD),
    filters={
        **IDS,
        **SPANS,
        "status": Filter("status", "many", said=("status_id", "status__in")),
        "is_open": Filter("filter[active]", several=False),
        "has_open_tasks": Filter("filter[tasks]", several=False, write=tasks),
    },
    includes={
        **dict.fromkeys(("contacts", "companies")),
        "catalog_elements": "catalog_elements_links",
        "loss_reason": "loss_reason_name",
        "is_price_modified_by_robot": "is_price_modified_by_robot",
    },
    search="query",
    deleted=True,
)
CONTACTS = Endpoint(
    "/api/v2/contacts",
    CARD,
    contact,
    encoder("contacts", CONTACT),
    filters={**IDS, **SINCE},
    includes=dict.fromkeys(("leads", "companies", "customers")),
    search="query",
)
COMPANIES = Endpoint(
    "/api/v2/companies",
    CARD,
    card,
    encoder("companies", COMMON),
    filters={**IDS, **SINCE},
    includes=dict.fromkeys(("leads", "contacts", "customers")),
    search="query",
)
