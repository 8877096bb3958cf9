"""Lists and their elements. Source: Kommo API v2, "Lists", "List elements"."""

from __future__ import annotations

from kommo_orm.dialects.v2.custom_field_values import decode_fields
from kommo_orm.dialects.v2.endpoint import (
    BATCH_SIZE,
    MAX_PAGE_SIZE,
    Endpoint,
    Filter,
    ListRules,
    Pair,
    ParentRules,
    drop_links,
)
from kommo_orm.dialects.v2.unsupported import build_not_loaded_error, build_unsupported_error, explain_unsupported
from kommo_orm.dialects.v2.write_body import build_body
from kommo_orm.errors import QueryError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.lazy_row import FREE_VALUES
from kommo_orm.model.parent import Parent

CATALOG_KEYS = {key: key for key in ("name", "type", "can_add_elements", "can_show_in_cards", "can_link_multiple")}
CREATABLE_TYPES = ("regular", "invoices")


def encode_catalog(item: BatchItem, parent: Parent | None) -> MutableRow:
    """The body of a list. Raises `ConfigurationError` for a type that v2 cannot create."""
    body = build_body(item, CATALOG_KEYS, "catalogs")
    if body.get("type", "regular") not in CREATABLE_TYPES:
        raise build_unsupported_error(item, f"create lists of type {body['type']}")
    return body


def decode_element(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of an element."""
    element = {key: value for key, value in row.items() if key not in ("_links", "custom_fields")}
    element[FREE_VALUES] = decode_fields(row.get("custom_fields"))
    if element.get("catalog_id") is None and read.parent is not None:
        element["catalog_id"] = read.parent.id
    return element


def encode_element(item: BatchItem, parent: Parent | None) -> MutableRow:
    """The body of an element. An update repeats the list and the name."""
    body = build_body(item, {"name": "name"}, "catalog_elements")
    catalog_id = parent.id if parent is not None else item.stored_values.get("catalog_id")
    if not item.is_create and body.setdefault("name", item.stored_values.get("name")) is None:
        raise build_not_loaded_error(item, "an element's name")
    return {"catalog_id": catalog_id, **body}


def build_catalog_params(read: ReadRequest) -> list[Pair]:
    """The list whose elements are read. Raises `QueryError` without one."""
    if read.parent is None or read.parent.id is None:
        raise QueryError(explain_unsupported("list elements of all lists at once"))
    return [("catalog_id", str(read.parent.id))]


CATALOGS = Endpoint(
    "/api/v2/catalogs",
    Capabilities(
        is_paged=False,
        create_size=BATCH_SIZE,
        update_size=BATCH_SIZE,
        delete_size=BATCH_SIZE,
        saves_together=True,
        is_ordered=False,
    ),
    drop_links,
    encode_catalog,
    ListRules(filters={"id": Filter("id"), "type": Filter("")}),
)
CATALOG_ELEMENTS = Endpoint(
    "/api/v2/catalog_elements",
    Capabilities(
        page_size=MAX_PAGE_SIZE,
        create_size=BATCH_SIZE,
        update_size=BATCH_SIZE,
        delete_size=BATCH_SIZE,
        saves_together=True,
        needs_stored_row=True,
        is_ordered=False,
        keeps_page_size=False,
    ),
    decode_element,
    encode_element,
    ListRules(filters={"id": Filter("id")}, search="term", paging="page"),
    parent=ParentRules(build_catalog_params),
)
