"""Lists and their elements (Kommo API v2, Lists): the only API that can delete them.

`delete` is a flat list of ids. Deleting lists answers no rows; deleting elements names them. A list of elements needs
`catalog_id`; how many rows one of its pages has is in no document.
"""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.filters import RowFilter
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import catalog_elements, catalogs
from kommo_orm.sandbox.resources.v2_deletions import delete_catalog, delete_element
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, bodies, lenient, listing, values, writing
from kommo_orm.sandbox.v2.refusals import NO_RIGHTS, NOT_FOUND, ItemError, Wrong

PAGE = 50
_CODES = writing.Codes(empty=222, no_add=284, no_update=284, no_id=285, missing=NOT_FOUND)


def may(call: ApiCall) -> None:
    """Lists are a right of their own."""
    if not (call.user["rights"]["is_admin"] or call.user["rights"]["catalog_access"]):
        raise Wrong(NO_RIGHTS, "No rights", status=403)


# Lists

_FLAGS = ("can_add_elements", "can_show_in_cards", "can_link_multiple")
_LIST: lenient.Schema = {"name": lenient.filled, **dict.fromkeys(_FLAGS, lenient.flag)}
_NEW_LIST: lenient.Schema = {**_LIST, "type": lenient.choice("regular", "invoices")}


def show_list(row: Row) -> Row:
    keys = ("id", "name", "created_by", "created_at", "sort", "type", *_FLAGS)
    return {**{key: row[key] for key in keys}, "_links": answers.row_link("catalogs", row["id"])}


def _lists(call: ApiCall) -> SandboxResponse:
    may(call)
    rows = listing.choose(call, list)
    return answers.items(call, [show_list(row) for row in rows])


def _add_list(call: ApiCall, clean: Row) -> Row:
    kinds = [row["type"] for row in call.store.iter_rows("catalogs")]
    if len(kinds) >= catalogs.MOST_LISTS:
        raise writing.general(f"An account has at most {catalogs.MOST_LISTS} lists")
    if clean.get("type") == "invoices" and "invoices" in kinds:
        raise writing.general("An account has at most one list of invoices")
    return catalogs.insert_catalog(call.account, call.user["id"], clean)


def _update_list(call: ApiCall, row: Row, clean: Row) -> None:
    row.update(clean, updated_at=call.now, updated_by=call.user["id"])
    call.store.invalidate_row("catalogs", row["id"])


LISTS = writing.Noun(
    name="catalogs",
    kind="catalogs",
    codes=_CODES,
    create=_NEW_LIST,
    change=_LIST,
    required=("name",),
    add=_add_list,
    update=_update_list,
    delete=lambda call, row: delete_catalog(call.account, row["id"]),
    is_timed=False,
    names_deleted=False,
)


# Elements


_ELEMENT: lenient.Schema = {
    "catalog_id": lenient.whole,
    "name": lenient.filled,
    "custom_fields": lenient.array,  # looked at when the list is known
    "updated_at": lenient.whole,
}
_NEW_ELEMENT: lenient.Schema = {key: _ELEMENT[key] for key in ("catalog_id", "name", "custom_fields")}


def show_element(account: Account, row: Row) -> Row:
    keys = ("id", "name", "created_by", "created_at", "updated_at", "updated_by", "is_deleted")
    shown = {key: row[key] for key in keys}
    shown["custom_fields"] = values.read_values(account, f"catalogs/{row['catalog_id']}", row["values"])
    shown["catalog_id"] = row["catalog_id"]
    return {**shown, "_links": answers.row_link("catalog_elements", row["id"])}


def _elements(call: ApiCall) -> SandboxResponse:
    may(call)
    if call.query.get_text("catalog_id") is None:
        raise Wrong(285, "catalog_id is missing")
    rows = listing.choose(call, lambda: _element_tests(call), only_ids=False)
    if call.query.get_text("limit_rows") is None:
        first = (max(1, listing.counter(call, "page", 1)) - 1) * PAGE
        return answers.items(call, [show_element(call.account, row) for row in rows[first : first + PAGE]])
    return listing.page(call, rows, lambda row: show_element(call.account, row))


def _element_tests(call: ApiCall) -> list[RowFilter]:
    found = listing.one_of(call, "catalog_id", "catalog_id")
    term = (call.query.get_text("term") or "").casefold()
    return [*found, lambda row: term in row["name"].casefold()]


def _look(call: ApiCall, clean: Row, where: str) -> None:
    """Values are checked against the fields of the element's list, if there is one."""
    stored = call.store.get_row("catalog_elements", clean.get("id")) or {}
    catalog = stored.get("catalog_id", clean.get("catalog_id"))
    if "custom_fields" in clean and call.store.get_row("catalogs", catalog) is not None:
        given, codes = clean["custom_fields"], values.FieldCodes(204)
        place = f"{where}/custom_fields"
        written = values.write_values(call, f"catalogs/{catalog}", given, place, codes, creating=False)
        clean["custom_fields_values"] = written


def _written(clean: Row) -> Row:
    return {key: clean[key] for key in ("name", "updated_at", "custom_fields_values") if key in clean}


def _add_element(call: ApiCall, clean: Row) -> Row:
    if call.store.get_row("catalogs", clean["catalog_id"]) is None:
        raise ItemError(NOT_FOUND, "Catalog not found")
    return catalog_elements.insert_element(call.account, clean["catalog_id"], call.user["id"], _written(clean))


def _update_element(call: ApiCall, row: Row, clean: Row) -> None:
    if clean.get("catalog_id", row["catalog_id"]) != row["catalog_id"]:
        raise ItemError(NOT_FOUND, "Element not found in this catalog")
    catalog_elements.change_element(call.account, call.user["id"], row, _written(clean))


ELEMENTS = writing.Noun(
    name="catalog_elements",
    kind="catalog_elements",
    codes=_CODES,
    create=_NEW_ELEMENT,
    change=_ELEMENT,
    required=("catalog_id", "name"),
    add=_add_element,
    update=_update_element,
    delete=lambda call, row: delete_element(call.account, row["id"]),
    look=_look,
)


def _allowed(noun: writing.Noun) -> listing.Handler:
    write = writing.write(noun)

    def handler(call: ApiCall) -> SandboxResponse:
        may(call)
        return write(call)

    return handler


# Products


def _settings(call: ApiCall) -> SandboxResponse:
    return answers.reply(call, catalogs.render_product_settings(call.account))


def _switch(call: ApiCall) -> SandboxResponse:
    schema: lenient.Schema = {"enabled": lenient.flag}
    clean = lenient.examine(call, bodies.fields(call), schema, "body", ("enabled",))
    catalogs.switch_products(call.account, call.user["id"], on=clean["enabled"])
    return _settings(call)


_WINDOW = listing.WINDOW | {"catalog_id", "term", "page"}
ROUTES = (
    listing.get("/api/v2/catalogs", _lists, "catalogs", params=frozenset({"id"})),
    listing.post("/api/v2/catalogs", _allowed(LISTS), "catalogs"),
    listing.get("/api/v2/catalog_elements", _elements, "catalog_elements", params=_WINDOW),
    listing.post("/api/v2/catalog_elements", _allowed(ELEMENTS), "catalog_elements"),
    listing.get("/api/v2/products_settings", _settings),
    listing.post("/api/v2/products_settings", _switch, admin=True),
)
