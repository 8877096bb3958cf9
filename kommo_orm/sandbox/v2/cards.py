"""The parts that leads, contacts and companies share in API v2: lists, `add` and `update`, links, rights.

Rows are those of v4. Links are keys of the card: `contacts_id` and the like add links, `unlink` removes them. A lead has
at most 40 contacts, and a contact at most 40 leads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import RowFilter
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import cards, entity_links
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import custom_field_values, parsers, responses, row_lists, tags
from kommo_orm.sandbox.v2.batch_writes import build_item_error
from kommo_orm.sandbox.v2.errors import NO_RIGHTS, TOO_MANY_LINKS, ItemError, build_malformed_error
from kommo_orm.sandbox.v2.parsers import AUTHORSHIP, Schema, parse_keys

MOST_LINKS = 40
LINK_KEYS: Mapping[str, str] = {
    "contacts_id": "contacts",
    "company_id": "companies",
    "leads_id": "leads",
    "customers_id": "customers",
}
_CAPPED = (("leads", "contacts"), ("contacts", "leads"))


def build_common_schema(kind: str, codes: custom_field_values.FieldCodes, *link_keys: str, creating: bool) -> Schema:
    """The keys that all cards have. An update also has `unlink`."""

    def parse_custom_fields(call: ApiCall, value: Any, where: str) -> Any:
        return custom_field_values.parse_values(call, kind, value, where, codes, creating=creating)

    linked = {key: _get_link_parser(kind, key) for key in link_keys}
    known: Schema = {
        "name": parsers.parse_filled_text,
        "responsible_user_id": parsers.parse_user_id,
        **AUTHORSHIP,
        **linked,
    }
    known = {**known, "tags": tags.build_tags_parser(kind), "custom_fields": parse_custom_fields}
    return known if creating else {**known, "unlink": _build_unlink_parser(linked)}


def _get_link_parser(kind: str, key: str) -> parsers.Parser:
    """Links of companies, and customers of contacts, may be comma lists."""
    if key == "company_id":
        return parsers.parse_integer
    return parsers.parse_comma_ids if kind == "companies" or key == "customers_id" else parsers.parse_ids


def _build_unlink_parser(linked: Schema) -> parsers.Parser:
    def parse_unlink(call: ApiCall, value: Any, where: str) -> Row:
        return parse_keys(call, value, linked, where)

    return parse_unlink


# Writing


def translate_common_keys(clean: Row) -> Row:
    """Translate parsed keys that all cards have into those of v4."""
    kept = {key: clean[key] for key in ("name", "responsible_user_id", *AUTHORSHIP) if key in clean}
    if "custom_fields" in clean:
        kept["custom_fields_values"] = clean["custom_fields"]
    if "tags" in clean:
        kept["_embedded"] = {"tags": clean["tags"]}
    return kept


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes a parsed item of v2 as a card. `translate` returns keys that only this card has, `after` makes its links."""

    card: cards.CardKind
    translate: Callable[[ApiCall, Row, Row | None], Row]
    after: Callable[[ApiCall, Row, Row], None]

    def add_card(self, call: ApiCall, clean: Row) -> Row:
        require_card_right(call, self.card.kind, "add")
        refuse_missing_links(call, self.card.kind, None, clean)
        fresh = {**translate_common_keys(clean), **self.translate(call, clean, None)}
        row = cards.insert_card(self.card, call.account, call.user["id"], fresh)
        self.change_links(call, row, clean)
        return row

    def update_card(self, call: ApiCall, row: Row, clean: Row) -> None:
        require_card_right(call, self.card.kind, "edit", row)
        refuse_missing_links(call, self.card.kind, row, clean)
        changed = {**translate_common_keys(clean), **self.translate(call, clean, row)}
        cards.change_card(self.card, call.account, call.user["id"], row, changed)
        self.change_links(call, row, clean)

    def change_links(self, call: ApiCall, row: Row, clean: Row) -> None:
        end = (self.card.kind, row["id"])
        for key, kind in LINK_KEYS.items():
            for number in _to_list((clean.get("unlink") or {}).get(key)):
                entity_links.unlink_rows(call.account, end, (kind, number))
            for number in _to_list(clean.get(key)):
                entity_links.link_rows(call.account, end, (kind, number))
        self.after(call, row, clean)


def _to_list(value: Any) -> list[int]:
    return [] if value is None else value if isinstance(value, list) else [value]


def refuse_missing_links(call: ApiCall, kind: str, row: Row | None, clean: Row) -> None:
    for key, other in LINK_KEYS.items():
        wanted = _to_list(clean.get(key))
        for number in wanted:
            if call.store.get_row(other, number) is None:
                raise build_item_error(f"{key}: {other} {number} not found")
        present = find_linked_ids(call.account, kind, row, other) if row else []
        if (kind, other) in _CAPPED and len({*present, *wanted}) > MOST_LINKS:
            raise ItemError(TOO_MANY_LINKS, f"More than {MOST_LINKS} linked {other}")


def require_card_right(call: ApiCall, kind: str, action: str, row: Row | None = None) -> None:
    """Raise `ItemError` if the user lacks the right: A allows all cards, G those of the group, M the own ones, D none."""
    rights: Row = call.user["rights"]
    letter = "A" if rights["is_admin"] else rights.get(kind, {}).get(action, "A")
    if letter == "A" or (row and letter == "M" and row["responsible_user_id"] == call.user["id"]):
        return
    if row and letter == "G" and row["group_id"] == call.account.find_group_id(call.user["id"]):
        return
    raise ItemError(NO_RIGHTS, "No rights")


def parse_element_quantities(call: ApiCall, value: Any, where: str) -> dict[int, float]:
    """Parse `{list: {element: quantity}}`. An empty value changes nothing."""
    wanted: dict[int, float] = {}
    for catalog, inside in (parsers.parse_object(call, value, where) if value else {}).items():
        for element, quantity in parsers.parse_object(call, inside or {}, f"{where}/{catalog}").items():
            row = call.store.get_row("catalog_elements", parsers.to_integer(element))
            if row is None or row["catalog_id"] != parsers.to_integer(catalog):
                raise build_malformed_error(f"{where}/{catalog}/{element}", "names no element of that list")
            wanted[row["id"]] = parsers.parse_number(call, quantity, f"{where}/{catalog}/{element}")
    return wanted


def link_elements(call: ApiCall, kind: str, row: Row, clean: Row) -> None:
    """Link elements with their quantity. API v2 cannot unlink one."""
    for number, quantity in (clean.get("catalog_elements_id") or {}).items():
        entity_links.link_rows(call.account, (kind, row["id"]), ("catalog_elements", number), {"quantity": quantity})


# Reading


def find_linked_ids(account: Account, kind: str, row: Row, other: str) -> list[int]:
    return [number for (_, number), _ in account.store.links.find_linked((kind, row["id"]), other)]


def render_company_link(account: Account, kind: str, row: Row) -> Row:
    """The company with its name, or an empty object."""
    found = find_linked_ids(account, kind, row, "companies")
    if not found:
        return {}
    name = account.store.get_table("companies")[found[0]]["name"]
    return {"id": found[0], "name": name or None, "_links": responses.build_row_link("companies", found[0])}


def render_main_contact(account: Account, kind: str, row: Row) -> Row:
    found = account.store.links.find_linked((kind, row["id"]), "contacts")
    main = [number for (_, number), metadata in found if metadata.get("main_contact")]
    return {"id": main[0], "_links": responses.build_row_link("contacts", main[0])} if main else {}


def render_common_keys(account: Account, row: Row) -> Row:
    keys = ("id", "name", "responsible_user_id", "created_by", "created_at", "updated_at")
    return {**{key: row[key] for key in keys}, "account_id": account.id}


def render_custom_fields(account: Account, kind: str, row: Row) -> list[Row]:
    return custom_field_values.render_values(account, kind, row["values"])


def render_linked_elements(account: Account, kind: str, row: Row) -> Row:
    found = account.store.links.find_linked((kind, row["id"]), "catalog_elements")
    shown = [
        {"id": number, "catalog_id": metadata["catalog_id"], "quantity": _render_quantity(metadata["quantity"])}
        for (_, number), metadata in found
    ]
    return {"_embedded": {"catalog_elements_links": shown}}


def _render_quantity(quantity: float) -> int | float:
    return int(quantity) if quantity == int(quantity) else quantity


PARAMS = row_lists.WINDOW | {"query", "responsible_user_id"}


def build_card_filters(call: ApiCall) -> list[RowFilter]:
    found = [
        *row_lists.filter_by_change(call),
        *row_lists.filter_by_ids(call, "responsible_user_id", "responsible_user_id"),
        *call.build_row_filters(),
    ]
    wanted = call.query.get_text("query")
    return [*found, filters.filter_by_text(call.account, call.kind, wanted)] if wanted else found


def build_list_handler(show: Callable[[Account, Row], Row]) -> Callable[[ApiCall], SandboxResponse]:
    def handle_list(call: ApiCall) -> SandboxResponse:
        rows = row_lists.select_rows(call, lambda: build_card_filters(call))
        return row_lists.build_page(call, rows, lambda row: show(call.account, row))

    return handle_list
