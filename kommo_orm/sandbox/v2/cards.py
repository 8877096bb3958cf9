"""What leads, contacts and companies have in common in API v2: the list, `add` and `update`, links, rights.

Rows are the ones that v4 serves. Links are written inside the card: `contacts_id` and its like add, `unlink` takes away,
at most 40 contacts of a lead and 40 leads of a contact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.filters import RowFilter
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import cards, entity_links
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, lenient, listing, tags, values
from kommo_orm.sandbox.v2.lenient import AUTHORSHIP, Schema, examine
from kommo_orm.sandbox.v2.refusals import NO_RIGHTS, TOO_MANY_LINKS, ItemError, malformed
from kommo_orm.sandbox.v2.writing import general

MOST_LINKS = 40
LINK_KEYS: Mapping[str, str] = {
    "contacts_id": "contacts",
    "company_id": "companies",
    "leads_id": "leads",
    "customers_id": "customers",
}
_CAPPED = (("leads", "contacts"), ("contacts", "leads"))


def common_schema(kind: str, codes: values.FieldCodes, *link_keys: str, creating: bool) -> Schema:
    """The keys that all cards know. An update may also unlink."""

    def custom_fields(call: ApiCall, value: Any, where: str) -> Any:
        return values.write_values(call, kind, value, where, codes, creating=creating)

    linked = {key: _link_check(kind, key) for key in link_keys}
    known: Schema = {"name": lenient.filled, "responsible_user_id": lenient.user, **AUTHORSHIP, **linked}
    known = {**known, "tags": tags.check(kind), "custom_fields": custom_fields}
    return known if creating else {**known, "unlink": _unlink(linked)}


def _link_check(kind: str, key: str) -> lenient.Check:
    """Comma lists are known for all links of companies, and for the customers of contacts."""
    if key == "company_id":
        return lenient.whole
    return lenient.listed_ids if kind == "companies" or key == "customers_id" else lenient.ids


def _unlink(linked: Schema) -> lenient.Check:
    def check(call: ApiCall, value: Any, where: str) -> Row:
        return examine(call, value, linked, where)

    return check


# Writing


def as_v4(clean: Row) -> Row:
    """The keys that v4's cards take, of those that were checked here."""
    kept = {key: clean[key] for key in ("name", "responsible_user_id", *AUTHORSHIP) if key in clean}
    if "custom_fields" in clean:
        kept["custom_fields_values"] = clean["custom_fields"]
    if "tags" in clean:
        kept["_embedded"] = {"tags": clean["tags"]}
    return kept


@dataclass(frozen=True, slots=True)
class Writer:
    """How a checked item of v2 becomes a card: `translate` adds the keys of its own, `after` the links of its own."""

    card: cards.CardKind
    translate: Callable[[ApiCall, Row, Row | None], Row]
    after: Callable[[ApiCall, Row, Row], None]

    def add(self, call: ApiCall, clean: Row) -> Row:
        may(call, self.card.kind, "add")
        check_links(call, self.card.kind, None, clean)
        fresh = {**as_v4(clean), **self.translate(call, clean, None)}
        row = cards.insert_card(self.card, call.account, call.user["id"], fresh)
        self.linked(call, row, clean)
        return row

    def update(self, call: ApiCall, row: Row, clean: Row) -> None:
        may(call, self.card.kind, "edit", row)
        check_links(call, self.card.kind, row, clean)
        changed = {**as_v4(clean), **self.translate(call, clean, row)}
        cards.change_card(self.card, call.account, call.user["id"], row, changed)
        self.linked(call, row, clean)

    def linked(self, call: ApiCall, row: Row, clean: Row) -> None:
        end = (self.card.kind, row["id"])
        for key, kind in LINK_KEYS.items():
            for number in _as_list((clean.get("unlink") or {}).get(key)):
                entity_links.unlink_rows(call.account, end, (kind, number))
            for number in _as_list(clean.get(key)):
                entity_links.link_rows(call.account, end, (kind, number))
        self.after(call, row, clean)


def _as_list(value: Any) -> list[int]:
    return [] if value is None else value if isinstance(value, list) else [value]


def check_links(call: ApiCall, kind: str, row: Row | None, clean: Row) -> None:
    for key, other in LINK_KEYS.items():
        wanted = _as_list(clean.get(key))
        for number in wanted:
            if call.store.get_row(other, number) is None:
                raise general(f"{key}: {other} {number} not found")
        present = linked(call.account, kind, row, other) if row else []
        if (kind, other) in _CAPPED and len({*present, *wanted}) > MOST_LINKS:
            raise ItemError(TOO_MANY_LINKS, f"More than {MOST_LINKS} linked {other}")


def may(call: ApiCall, kind: str, action: str, row: Row | None = None) -> None:
    """Rights of the user: A all, G the group's, M the own ones, D none."""
    rights: Row = call.user["rights"]
    letter = "A" if rights["is_admin"] else rights.get(kind, {}).get(action, "A")
    if letter == "A" or (row and letter == "M" and row["responsible_user_id"] == call.user["id"]):
        return
    if row and letter == "G" and row["group_id"] == call.account.find_group_id(call.user["id"]):
        return
    raise ItemError(NO_RIGHTS, "No rights")


def elements_check(call: ApiCall, value: Any, where: str) -> dict[int, float]:
    """`{list: {element: quantity}}`; an empty value says nothing."""
    wanted: dict[int, float] = {}
    for catalog, inside in (lenient.thing(call, value, where) if value else {}).items():
        for element, quantity in lenient.thing(call, inside or {}, f"{where}/{catalog}").items():
            row = call.store.get_row("catalog_elements", lenient.as_whole(element))
            if row is None or row["catalog_id"] != lenient.as_whole(catalog):
                raise malformed(f"{where}/{catalog}/{element}", "names no element of that list")
            wanted[row["id"]] = lenient.amount(call, quantity, f"{where}/{catalog}/{element}")
    return wanted


def connect_elements(call: ApiCall, kind: str, row: Row, clean: Row) -> None:
    """Elements are added and get their quantity; API v2 cannot take one away."""
    for number, quantity in (clean.get("catalog_elements_id") or {}).items():
        entity_links.link_rows(call.account, (kind, row["id"]), ("catalog_elements", number), {"quantity": quantity})


# Reading


def linked(account: Account, kind: str, row: Row, other: str) -> list[int]:
    return [number for (_, number), _ in account.store.links.find_linked((kind, row["id"]), other)]


def show_company(account: Account, kind: str, row: Row) -> Row:
    """The one company with its name, or an empty object."""
    found = linked(account, kind, row, "companies")
    if not found:
        return {}
    name = account.store.get_table("companies")[found[0]]["name"]
    return {"id": found[0], "name": name or None, "_links": answers.row_link("companies", found[0])}


def show_main_contact(account: Account, kind: str, row: Row) -> Row:
    found = account.store.links.find_linked((kind, row["id"]), "contacts")
    main = [number for (_, number), metadata in found if metadata.get("main_contact")]
    return {"id": main[0], "_links": answers.row_link("contacts", main[0])} if main else {}


def show_common(account: Account, row: Row) -> Row:
    keys = ("id", "name", "responsible_user_id", "created_by", "created_at", "updated_at")
    return {**{key: row[key] for key in keys}, "account_id": account.id}


def show_values(account: Account, kind: str, row: Row) -> list[Row]:
    return values.read_values(account, kind, row["values"])


def show_elements(account: Account, kind: str, row: Row) -> Row:
    found = account.store.links.find_linked((kind, row["id"]), "catalog_elements")
    shown = [
        {"id": number, "catalog_id": metadata["catalog_id"], "quantity": _whole_if_can(metadata["quantity"])}
        for (_, number), metadata in found
    ]
    return {"_embedded": {"catalog_elements_links": shown}}


def _whole_if_can(quantity: float) -> int | float:
    return int(quantity) if quantity == int(quantity) else quantity


PARAMS = listing.WINDOW | {"query", "responsible_user_id"}


def tests(call: ApiCall) -> list[RowFilter]:
    found = [
        *listing.since(call),
        *listing.one_of(call, "responsible_user_id", "responsible_user_id"),
        *call.build_row_filters(),
    ]
    wanted = call.query.get_text("query")
    return [*found, filters.filter_by_text(call.account, call.kind, wanted)] if wanted else found


def lister(show: Callable[[Account, Row], Row]) -> Callable[[ApiCall], SandboxResponse]:
    def handler(call: ApiCall) -> SandboxResponse:
        rows = listing.choose(call, lambda: tests(call))
        return listing.page(call, rows, lambda row: show(call.account, row))

    return handler
