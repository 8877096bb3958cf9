"""Companies (Kommo API v4, Companies)."""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import build_row_link
from kommo_orm.sandbox.resources import cards, tags
from kommo_orm.sandbox.resources.cards import ONLY_DELETED, CardKind
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, ValidationContext, split_words, validate_nested

_KEYS = split_words(
    "id name responsible_user_id group_id created_by updated_by created_at updated_at  closest_task_at is_deleted"
)


def build_company_schema(most_values: int | None = None) -> Schema:
    nested = validate_nested({"tags": tags.build_embedded_tags_validator("companies")})
    return {**cards.build_common_schema("companies", most_values), "_embedded": nested}


_UPDATE: Schema = {**build_company_schema(), "tags_to_delete": tags.build_tags_validator("companies")}


def resolve_company_keys(context: ValidationContext, clean: Row, row: Row | None) -> None:
    """Do nothing: no key of a company depends on another one."""


def fill_company(account: Account, row: Row, clean: Row) -> None:
    """Do nothing: a company has only the common keys."""


def render_company(account: Account, row: Row, withs: frozenset[str]) -> Row:
    if row["trashed"]:
        return cards.render_trashed_card(account, "companies", row, _KEYS)
    shown: Row = {key: row.get(key) for key in _KEYS}
    shown["is_deleted"] = False
    shown["custom_fields_values"] = cards.render_custom_values(account, "companies", row)
    shown["account_id"] = account.id
    shown["_links"] = build_row_link(account.build_url(f"/api/v4/companies/{row['id']}"))
    return {**shown, "_embedded": _render_company_embedded(account, row, withs)}


def _render_company_embedded(account: Account, row: Row, withs: frozenset[str]) -> Row:
    nested: Row = {"tags": tags.render_card_tags(account, row)}
    for other in ("contacts", "leads", "customers"):
        if other in withs:
            nested[other] = cards.render_linked_cards(account, "companies", row, other)
    if "catalog_elements" in withs:
        nested["catalog_elements"] = cards.render_linked_elements(account, "companies", row)
    return nested


COMPANIES = CardKind(
    kind="companies",
    create_schema=build_company_schema(),
    update_schema=_UPDATE,
    resolve_keys=resolve_company_keys,
    fill_row=fill_company,
    render_row=render_company,
    render_created=lambda row: {"id": row["id"]},
    changed_keys=("id", "name", "updated_at"),
    withs=frozenset({"contacts", "leads", "customers", "catalog_elements", ONLY_DELETED}),
    orders=("updated_at", "id", "name"),
    filters=cards.build_common_filters("companies"),
)

ROUTES = cards.build_card_routes(COMPANIES)
