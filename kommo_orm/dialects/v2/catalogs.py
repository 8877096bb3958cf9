"""Lists and their elements. Source: Kommo API v2, "Lists", "List elements"."""

from __future__ import annotations

from kommo_orm.dialects.v2.custom_field_values import entries
from kommo_orm.dialects.v2.endpoint import AT_ONCE, MOST, Endpoint, Filter, Pair, unable
from kommo_orm.dialects.v2.write_body import body_of
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.model.field_spec import FREE_VALUES
from kommo_orm.model.parent import Parent
from kommo_orm.unit.report import describe

CATALOG_KEYS = {key: key for key in ("name", "type", "can_add_elements", "can_show_in_cards", "can_link_multiple")}
TYPES = ("regular", "invoices")


def catalog(item: BatchItem, parent: Parent | None) -> Row:
    made = body_of(item, CATALOG_KEYS, "catalogs")
    if made.get("type", "regular") not in TYPES:
        raise ConfigurationError(f"{describe(item.object)}: {unable('create lists of type ' + made['type'])}")
    return made


def element_row(row: Row, read: ReadRequest) -> Row:
    made = {key: told for key, told in row.items() if key not in ("_links", "custom_fields")}
    made[FREE_VALUES] = entries(row.get("custom_fields"))
    if made.get("catalog_id") is None and read.parent is not None:
        made["catalog_id"] = read.parent.id
    return made


def element(item: BatchItem, parent: Parent | None) -> Row:
    """An update names the list and the element again."""
    made = body_of(item, {"name": "name"}, "catalog_elements")
    catalog_id = parent.id if parent is not None else item.stored_values.get("catalog_id")
    if not item.is_create and made.setdefault("name", item.stored_values.get("name")) is None:
        raise ConfigurationError(
            f"{describe(item.object)}: Kommo's API v2 wants an element's name with every change, and it is not loaded. "
            "Call refresh() first."
        )
    return {"catalog_id": catalog_id, **made}


def home(read: ReadRequest) -> list[Pair]:
    if read.parent is None or read.parent.id is None:
        raise QueryError(unable("list elements of all lists at once"))
    return [("catalog_id", str(read.parent.id))]


def catalog_row(row: Row, read: ReadRequest) -> Row:
    return {key: told for key, told in row.items() if key != "_links"}


CATALOGS = Endpoint(
    "/api/v2/catalogs",
    Capabilities(
        is_paged=False,
        create_size=AT_ONCE,
        update_size=AT_ONCE,
        delete_size=AT_ONCE,
        saves_together=True,
        is_ordered=False,
    ),
    catalog_row,
    catalog,
    filters={"id": Filter("id"), "type": Filter("")},
)
ELEMENTS = Endpoint(
    "/api/v2/catalog_elements",
    Capabilities(
        page_size=MOST,
        create_size=AT_ONCE,
        update_size=AT_ONCE,
        delete_size=AT_ONCE,
        saves_together=True,
        needs_stored_row=True,
        is_ordered=False,
        keeps_page_size=False,
    ),
    element_row,
    element,
    filters={"id": Filter("id")},
    search="term",
    home=home,
    paging="page",
)
