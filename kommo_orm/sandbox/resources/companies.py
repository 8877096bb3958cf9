"""Companies (Kommo API v4, Companies)."""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import link
from kommo_orm.sandbox.resources import cards, tags
from kommo_orm.sandbox.resources.cards import ONLY_DELETED, Card
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, shape, words

_KEYS = words(
    "id name responsible_user_id group_id created_by updated_by created_at updated_at  closest_task_at is_deleted"
)


def create_schema(most_values: int | None = None) -> Schema:
    nested = shape({"tags": tags.embedded("companies")})
    return {**cards.common_schema("companies", most_values), "_embedded": nested}


_UPDATE: Schema = {**create_schema(), "tags_to_delete": tags.references("companies")}


def settle(scope: Scope, clean: Row, row: Row | None) -> None:
    """Nothing here depends on two keys."""


def fill(account: Account, row: Row, clean: Row) -> None:
    """A company has no keys of its own."""


def show(account: Account, row: Row, withs: frozenset[str]) -> Row:
    if row["trashed"]:
        return cards.show_trashed(account, "companies", row, _KEYS)
    shown: Row = {key: row.get(key) for key in _KEYS}
    shown["is_deleted"] = False
    shown["custom_fields_values"] = cards.show_values(account, "companies", row)
    shown["account_id"] = account.id
    shown["_links"] = link(account.url(f"/api/v4/companies/{row['id']}"))
    return {**shown, "_embedded": _embedded(account, row, withs)}


def _embedded(account: Account, row: Row, withs: frozenset[str]) -> Row:
    nested: Row = {"tags": tags.show_attached(account, row)}
    for other in ("contacts", "leads", "customers"):
        if other in withs:
            nested[other] = cards.embedded(account, "companies", row, other)
    if "catalog_elements" in withs:
        nested["catalog_elements"] = cards.embedded_elements(account, "companies", row)
    return nested


COMPANIES = Card(
    kind="companies",
    create=create_schema(),
    update=_UPDATE,
    settle=settle,
    fill=fill,
    show=show,
    created=lambda row: {"id": row["id"]},
    changed=("id", "name", "updated_at"),
    withs=frozenset({"contacts", "leads", "customers", "catalog_elements", ONLY_DELETED}),
    orders=("updated_at", "id", "name"),
    filters=cards.common_filters("companies"),
)

ROUTES = cards.routes(COMPANIES)
