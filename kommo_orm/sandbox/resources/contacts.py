"""Contacts (Kommo API v4, Contacts).

A contact has a full name and two parts. When parts are sent, the full name is made of them. When only the full name is
sent, the parts are empty.
"""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import build_row_link
from kommo_orm.sandbox.resources import cards, tags
from kommo_orm.sandbox.resources.cards import ONLY_DELETED, CardKind
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, ValidationContext, split_words, validate_nested, validate_text

_PARTS = ("first_name", "last_name")
_KEYS = split_words(
    "id name first_name last_name responsible_user_id group_id created_by updated_by created_at "
    "updated_at closest_task_at is_deleted is_unsorted"
)


def build_contact_schema(most_values: int | None = None) -> Schema:
    nested = validate_nested({"tags": tags.build_embedded_tags_validator("contacts")})
    common = cards.build_common_schema("contacts", most_values)
    return {**common, **dict.fromkeys(_PARTS, validate_text), "_embedded": nested}


_UPDATE: Schema = {**build_contact_schema(), "tags_to_delete": tags.build_tags_validator("contacts")}


def resolve_contact_keys(context: ValidationContext, clean: Row, row: Row | None) -> None:
    """Do nothing: no key of a contact depends on another one."""


def fill_contact(account: Account, row: Row, clean: Row) -> None:
    if clean.keys() & set(_PARTS):
        row.update({part: clean.get(part, row.get(part, "")) for part in _PARTS})
        row["name"] = " ".join(filter(None, (row[part] for part in _PARTS)))
    elif "name" in clean or "first_name" not in row:
        row.update(dict.fromkeys(_PARTS, ""))


def render_contact(account: Account, row: Row, withs: frozenset[str]) -> Row:
    if row["trashed"]:
        return cards.render_trashed_card(account, "contacts", row, _KEYS)
    shown: Row = {key: row.get(key) for key in _KEYS}
    shown.update(is_deleted=False, is_unsorted=row.get("is_unsorted", False))
    shown["custom_fields_values"] = cards.render_custom_values(account, "contacts", row)
    shown["account_id"] = account.id
    shown["_links"] = build_row_link(account.build_url(f"/api/v4/contacts/{row['id']}"))
    return {**shown, "_embedded": _render_contact_embedded(account, row, withs)}


def _render_contact_embedded(account: Account, row: Row, withs: frozenset[str]) -> Row:
    nested: Row = {
        "tags": tags.render_card_tags(account, row),
        "companies": cards.render_linked_cards(account, "contacts", row, "companies"),
    }
    if "leads" in withs:
        nested["leads"] = cards.render_linked_cards(account, "contacts", row, "leads")
    if "catalog_elements" in withs:
        nested["catalog_elements"] = cards.render_linked_elements(account, "contacts", row)
    if "customers" in withs:
        nested["customers"] = cards.render_linked_cards(account, "contacts", row, "customers")
    if "social_profiles" in withs:
        nested["social_profiles"] = []
    return nested


CONTACTS = CardKind(
    kind="contacts",
    create_schema=build_contact_schema(),
    update_schema=_UPDATE,
    resolve_keys=resolve_contact_keys,
    fill_row=fill_contact,
    render_row=render_contact,
    render_created=lambda row: {"id": row["id"], "is_deleted": False, "is_unsorted": row.get("is_unsorted", False)},
    changed_keys=("id", "name", "updated_at"),
    withs=frozenset({"leads", "customers", "catalog_elements", "social_profiles", ONLY_DELETED}),
    orders=("updated_at", "id", "name"),
    filters=cards.build_common_filters("contacts"),
)

ROUTES = cards.build_card_routes(CONTACTS)
