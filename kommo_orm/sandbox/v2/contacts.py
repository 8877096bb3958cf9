"""Contacts (Kommo API v2, Contacts). A name alone is split into its parts; `company_name` makes a new company."""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.resources import cards as v4_cards
from kommo_orm.sandbox.resources import entity_links
from kommo_orm.sandbox.resources.companies import COMPANIES
from kommo_orm.sandbox.resources.contacts import CONTACTS
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, cards, lenient, listing, tags, writing
from kommo_orm.sandbox.v2.values import FieldCodes

_PARTS = ("first_name", "last_name")
_LINKS = ("leads_id", "company_id", "customers_id")
_OWN: lenient.Schema = {**dict.fromkeys(_PARTS, lenient.text), "company_name": lenient.filled}


def _translate(call: ApiCall, clean: Row, row: Row | None) -> Row:
    parts = {part: clean[part] for part in _PARTS if part in clean}
    if "name" in clean and not parts:
        first, _, last = clean["name"].partition(" ")
        return {"first_name": first, "last_name": last}
    return parts


def _after(call: ApiCall, row: Row, clean: Row) -> None:
    if "company_name" in clean:
        company = v4_cards.insert_card(COMPANIES, call.account, call.user["id"], {"name": clean["company_name"]})
        entity_links.link_rows(call.account, ("contacts", row["id"]), ("companies", company["id"]))


def show(account: Account, row: Row) -> Row:
    shown = cards.show_common(account, row)
    shown.update({part: row[part] for part in _PARTS}, updated_by=row["updated_by"], group_id=row["group_id"])
    shown["company"] = cards.show_company(account, "contacts", row)
    shown["leads"] = answers.related("leads", cards.linked(account, "contacts", row, "leads"))
    shown["closest_task_at"] = row["closest_task_at"] or 0
    shown["tags"] = tags.show(account, row) or {}  # an object when there are none
    shown["custom_fields"] = cards.show_values(account, "contacts", row)
    shown["customers"] = answers.related("customers", cards.linked(account, "contacts", row, "customers"))
    return {**shown, "_links": answers.row_link("contacts", row["id"])}


WRITER = cards.Writer(CONTACTS, _translate, _after)
NOUN = writing.Noun(
    name="contacts",
    kind="contacts",
    codes=writing.Codes(empty=206, no_add=201, no_update=208, no_id=209, missing=212),
    create={**cards.common_schema("contacts", FieldCodes(204, 238), *_LINKS, creating=True), **_OWN},
    change={**cards.common_schema("contacts", FieldCodes(211), *_LINKS, creating=False), **_OWN},
    required=("name",),
    add=WRITER.add,
    update=WRITER.update,
)
ROUTES = (
    listing.get("/api/v2/contacts", cards.lister(show), "contacts", params=cards.PARAMS),
    listing.post("/api/v2/contacts", writing.write(NOUN), "contacts"),
)
