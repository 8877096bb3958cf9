"""Contacts (Kommo API v2, Contacts). A `name` alone is split into its parts; `company_name` creates a company."""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.resources import cards as v4_cards
from kommo_orm.sandbox.resources import entity_links
from kommo_orm.sandbox.resources.companies import COMPANIES
from kommo_orm.sandbox.resources.contacts import CONTACTS
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import batch_writes, cards, parsers, responses, routes, tags
from kommo_orm.sandbox.v2.custom_field_values import FieldCodes

_PARTS = ("first_name", "last_name")
_LINKS = ("leads_id", "company_id", "customers_id")
_OWN: parsers.Schema = {**dict.fromkeys(_PARTS, parsers.parse_text), "company_name": parsers.parse_filled_text}


def _translate_contact(call: ApiCall, clean: Row, row: Row | None) -> Row:
    parts = {part: clean[part] for part in _PARTS if part in clean}
    if "name" in clean and not parts:
        first, _, last = clean["name"].partition(" ")
        return {"first_name": first, "last_name": last}
    return parts


def _create_company(call: ApiCall, row: Row, clean: Row) -> None:
    if "company_name" in clean:
        company = v4_cards.insert_card(COMPANIES, call.account, call.user["id"], {"name": clean["company_name"]})
        entity_links.link_rows(call.account, ("contacts", row["id"]), ("companies", company["id"]))


def render_contact(account: Account, row: Row) -> Row:
    shown = cards.render_common_keys(account, row)
    shown.update({part: row[part] for part in _PARTS}, updated_by=row["updated_by"], group_id=row["group_id"])
    shown["company"] = cards.render_company_link(account, "contacts", row)
    shown["leads"] = responses.render_related_ids("leads", cards.find_linked_ids(account, "contacts", row, "leads"))
    shown["closest_task_at"] = row["closest_task_at"] or 0
    shown["tags"] = tags.render_tags(account, row) or {}  # an empty object if there are none
    shown["custom_fields"] = cards.render_custom_fields(account, "contacts", row)
    shown["customers"] = responses.render_related_ids(
        "customers", cards.find_linked_ids(account, "contacts", row, "customers")
    )
    return {**shown, "_links": responses.build_row_link("contacts", row["id"])}


WRITER = cards.Writer(CONTACTS, _translate_contact, _create_company)
RESOURCE = batch_writes.WritableResource(
    name="contacts",
    kind="contacts",
    codes=batch_writes.ResourceCodes(empty=206, no_add=201, no_update=208, no_id=209, missing=212),
    create={**cards.build_common_schema("contacts", FieldCodes(204, 238), *_LINKS, creating=True), **_OWN},
    change={**cards.build_common_schema("contacts", FieldCodes(211), *_LINKS, creating=False), **_OWN},
    required=("name",),
    add=WRITER.add_card,
    update=WRITER.update_card,
)
ROUTES = (
    routes.build_get_route(
        "/api/v2/contacts", cards.build_list_handler(render_contact), "contacts", params=cards.PARAMS
    ),
    routes.build_post_route("/api/v2/contacts", batch_writes.build_write_handler(RESOURCE), "contacts"),
)
