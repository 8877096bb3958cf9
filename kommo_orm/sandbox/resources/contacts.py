"""Contacts (Kommo API v4, Contacts): a full name and its two parts.

The full name is composed when parts are sent; a contact that was given only a full name has empty parts.
"""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import link
from kommo_orm.sandbox.resources import cards, tags
from kommo_orm.sandbox.resources.cards import ONLY_DELETED, Card
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, shape, text, words

_PARTS = ("first_name", "last_name")
_KEYS = words(
    "id name first_name last_name responsible_user_id group_id created_by updated_by created_at "
    "updated_at closest_task_at is_deleted is_unsorted"
)


def create_schema(most_values: int | None = None) -> Schema:
    nested = shape({"tags": tags.embedded("contacts")})
    common = cards.common_schema("contacts", most_values)
    return {**common, **dict.fromkeys(_PARTS, text), "_embedded": nested}


_UPDATE: Schema = {**create_schema(), "tags_to_delete": tags.references("contacts")}


def settle(scope: Scope, clean: Row, row: Row | None) -> None:
    """Nothing here depends on two keys."""


def fill(account: Account, row: Row, clean: Row) -> None:
    if clean.keys() & set(_PARTS):
        row.update({part: clean.get(part, row.get(part, "")) for part in _PARTS})
        row["name"] = " ".join(filter(None, (row[part] for part in _PARTS)))
    elif "name" in clean or "first_name" not in row:
        row.update(dict.fromkeys(_PARTS, ""))


def show(account: Account, row: Row, withs: frozenset[str]) -> Row:
    if row["trashed"]:
        return cards.show_trashed(account, "contacts", row, _KEYS)
    shown: Row = {key: row.get(key) for key in _KEYS}
    shown.update(is_deleted=False, is_unsorted=row.get("is_unsorted", False))
    shown["custom_fields_values"] = cards.show_values(account, "contacts", row)
    shown["account_id"] = account.id
    shown["_links"] = link(account.url(f"/api/v4/contacts/{row['id']}"))
    return {**shown, "_embedded": _embedded(account, row, withs)}


def _embedded(account: Account, row: Row, withs: frozenset[str]) -> Row:
    nested: Row = {
        "tags": tags.show_attached(account, row),
        "companies": cards.embedded(account, "contacts", row, "companies"),
    }
    if "leads" in withs:
        nested["leads"] = cards.embedded(account, "contacts", row, "leads")
    if "catalog_elements" in withs:
        nested["catalog_elements"] = cards.embedded_elements(account, "contacts", row)
    if "customers" in withs:
        nested["customers"] = cards.embedded(account, "contacts", row, "customers")
    if "social_profiles" in withs:
        nested["social_profiles"] = []
    return nested


CONTACTS = Card(
    kind="contacts",
    create=create_schema(),
    update=_UPDATE,
    settle=settle,
    fill=fill,
    show=show,
    created=lambda row: {"id": row["id"], "is_deleted": False, "is_unsorted": row.get("is_unsorted", False)},
    changed=("id", "name", "updated_at"),
    withs=frozenset({"leads", "customers", "catalog_elements", "social_profiles", ONLY_DELETED}),
    orders=("updated_at", "id", "name"),
    filters=cards.common_filters("contacts"),
)

ROUTES = cards.routes(CONTACTS)
