"""Lists and their elements (Kommo API v2, Lists): the only API that can delete them.

`delete` is an array of ids. The response to deleted lists has no rows; the one to deleted elements names them. A request
for elements needs `catalog_id`. The documents do not say how many rows one of its pages has.
"""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import RowFilter
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import catalog_elements, catalogs
from kommo_orm.sandbox.resources.v2_deletions import delete_catalog, delete_element
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import (
    batch_writes,
    custom_field_values,
    parsers,
    request_bodies,
    responses,
    routes,
    row_lists,
)
from kommo_orm.sandbox.v2.errors import NO_RIGHTS, NOT_FOUND, ItemError, RequestError

PAGE = 50
_CODES = batch_writes.ResourceCodes(empty=222, no_add=284, no_update=284, no_id=285, missing=NOT_FOUND)


def require_catalog_access(call: ApiCall) -> None:
    """Raise `RequestError` unless the user has the right to lists."""
    if not (call.user["rights"]["is_admin"] or call.user["rights"]["catalog_access"]):
        raise RequestError(NO_RIGHTS, "No rights", status=403)


# Lists

_FLAGS = ("can_add_elements", "can_show_in_cards", "can_link_multiple")
_LIST: parsers.Schema = {"name": parsers.parse_filled_text, **dict.fromkeys(_FLAGS, parsers.parse_flag)}
_NEW_LIST: parsers.Schema = {**_LIST, "type": parsers.build_choice_parser("regular", "invoices")}


def render_catalog(row: Row) -> Row:
    keys = ("id", "name", "created_by", "created_at", "sort", "type", *_FLAGS)
    return {**{key: row[key] for key in keys}, "_links": responses.build_row_link("catalogs", row["id"])}


def _list_catalogs(call: ApiCall) -> SandboxResponse:
    require_catalog_access(call)
    rows = row_lists.select_rows(call, list)
    return responses.build_items_reply(call, [render_catalog(row) for row in rows])


def _add_catalog(call: ApiCall, clean: Row) -> Row:
    kinds = [row["type"] for row in call.store.iter_rows("catalogs")]
    if len(kinds) >= catalogs.MOST_LISTS:
        raise batch_writes.build_item_error(f"An account has at most {catalogs.MOST_LISTS} lists")
    if clean.get("type") == "invoices" and "invoices" in kinds:
        raise batch_writes.build_item_error("An account has at most one list of invoices")
    return catalogs.insert_catalog(call.account, call.user["id"], clean)


def _update_catalog(call: ApiCall, row: Row, clean: Row) -> None:
    row.update(clean, updated_at=call.now, updated_by=call.user["id"])
    call.store.invalidate_row("catalogs", row["id"])


LISTS = batch_writes.WritableResource(
    name="catalogs",
    kind="catalogs",
    codes=_CODES,
    create=_NEW_LIST,
    change=_LIST,
    required=("name",),
    add=_add_catalog,
    update=_update_catalog,
    delete=lambda call, row: delete_catalog(call.account, row["id"]),
    is_timed=False,
    names_deleted=False,
)


# Elements


_ELEMENT: parsers.Schema = {
    "catalog_id": parsers.parse_integer,
    "name": parsers.parse_filled_text,
    "custom_fields": parsers.parse_array,  # validated when the list is known
    "updated_at": parsers.parse_integer,
}
_NEW_ELEMENT: parsers.Schema = {key: _ELEMENT[key] for key in ("catalog_id", "name", "custom_fields")}


def render_element(account: Account, row: Row) -> Row:
    keys = ("id", "name", "created_by", "created_at", "updated_at", "updated_by", "is_deleted")
    shown = {key: row[key] for key in keys}
    shown["custom_fields"] = custom_field_values.render_values(account, f"catalogs/{row['catalog_id']}", row["values"])
    shown["catalog_id"] = row["catalog_id"]
    return {**shown, "_links": responses.build_row_link("catalog_elements", row["id"])}


def _list_elements(call: ApiCall) -> SandboxResponse:
    require_catalog_access(call)
    if call.query.get_text("catalog_id") is None:
        raise RequestError(285, "catalog_id is missing")
    rows = row_lists.select_rows(call, lambda: _build_element_filters(call), only_ids=False)
    if call.query.get_text("limit_rows") is None:
        first = (max(1, row_lists.parse_counter(call, "page", 1)) - 1) * PAGE
        return responses.build_items_reply(
            call, [render_element(call.account, row) for row in rows[first : first + PAGE]]
        )
    return row_lists.build_page(call, rows, lambda row: render_element(call.account, row))


def _build_element_filters(call: ApiCall) -> list[RowFilter]:
    found = row_lists.filter_by_ids(call, "catalog_id", "catalog_id")
    term = (call.query.get_text("term") or "").casefold()
    return [*found, lambda row: term in row["name"].casefold()]


def _parse_element_values(call: ApiCall, clean: Row, where: str) -> None:
    """Parse the values by the fields of the element's list, if that exists."""
    stored = call.store.get_row("catalog_elements", clean.get("id")) or {}
    catalog = stored.get("catalog_id", clean.get("catalog_id"))
    if "custom_fields" in clean and call.store.get_row("catalogs", catalog) is not None:
        given, codes = clean["custom_fields"], custom_field_values.FieldCodes(204)
        place = f"{where}/custom_fields"
        parsed = custom_field_values.parse_values(call, f"catalogs/{catalog}", given, place, codes, creating=False)
        clean["custom_fields_values"] = parsed


def _select_written_keys(clean: Row) -> Row:
    return {key: clean[key] for key in ("name", "updated_at", "custom_fields_values") if key in clean}


def _add_element(call: ApiCall, clean: Row) -> Row:
    if call.store.get_row("catalogs", clean["catalog_id"]) is None:
        raise ItemError(NOT_FOUND, "Catalog not found")
    return catalog_elements.insert_element(
        call.account, clean["catalog_id"], call.user["id"], _select_written_keys(clean)
    )


def _update_element(call: ApiCall, row: Row, clean: Row) -> None:
    if clean.get("catalog_id", row["catalog_id"]) != row["catalog_id"]:
        raise ItemError(NOT_FOUND, "Element not found in this catalog")
    catalog_elements.change_element(call.account, call.user["id"], row, _select_written_keys(clean))


ELEMENTS = batch_writes.WritableResource(
    name="catalog_elements",
    kind="catalog_elements",
    codes=_CODES,
    create=_NEW_ELEMENT,
    change=_ELEMENT,
    required=("catalog_id", "name"),
    add=_add_element,
    update=_update_element,
    delete=lambda call, row: delete_element(call.account, row["id"]),
    inspect=_parse_element_values,
)


def _build_catalog_write_handler(resource: batch_writes.WritableResource) -> routes.Handler:
    write = batch_writes.build_write_handler(resource)

    def handle_write(call: ApiCall) -> SandboxResponse:
        require_catalog_access(call)
        return write(call)

    return handle_write


# Products


def _get_product_settings(call: ApiCall) -> SandboxResponse:
    return responses.build_reply(call, catalogs.render_product_settings(call.account))


def _switch_products(call: ApiCall) -> SandboxResponse:
    schema: parsers.Schema = {"enabled": parsers.parse_flag}
    clean = parsers.parse_keys(call, request_bodies.parse_body_object(call), schema, "body", ("enabled",))
    catalogs.switch_products(call.account, call.user["id"], on=clean["enabled"])
    return _get_product_settings(call)


_WINDOW = row_lists.WINDOW | {"catalog_id", "term", "page"}
ROUTES = (
    routes.build_get_route("/api/v2/catalogs", _list_catalogs, "catalogs", params=frozenset({"id"})),
    routes.build_post_route("/api/v2/catalogs", _build_catalog_write_handler(LISTS), "catalogs"),
    routes.build_get_route("/api/v2/catalog_elements", _list_elements, "catalog_elements", params=_WINDOW),
    routes.build_post_route("/api/v2/catalog_elements", _build_catalog_write_handler(ELEMENTS), "catalog_elements"),
    routes.build_get_route("/api/v2/products_settings", _get_product_settings),
    routes.build_post_route("/api/v2/products_settings", _switch_products, admin=True),
)
