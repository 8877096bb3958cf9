"""The common routes of leads, contacts, companies and customers: list, get, create and update.

Kommo API v4, Leads / Contacts / Companies. A new card needs no key at all. The API cannot delete a card. The server
sets `updated_at` and `updated_by` when a write changes something, and `group_id` follows the responsible user. A stored
row has `tags`, `values` and `trashed` beside the keys that the API shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kommo_orm.sandbox import event_feed, filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall, require_path_row
from kommo_orm.sandbox.custom_field_values import merge_values, render_values, validate_values
from kommo_orm.sandbox.filters import FilterParser, RowFilter
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, build_self_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, NOT_SUPPORTED_CHOICE
from kommo_orm.sandbox.resources import tags
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    AUTHORSHIP,
    Schema,
    ValidationContext,
    validate_integer,
    validate_object,
    validate_text,
    validate_user_id,
)
from kommo_orm.sandbox.webhooks import outbox

ONLY_DELETED = "only_deleted"


@dataclass(frozen=True, slots=True)
class CardKind:
    """One kind of card: its write schemas and its own rules.

    `resolve_keys` validates keys that depend on each other; it gets the stored row if there is one. `fill_row` stores
    the keys that only this kind has. `render_row` renders a row.
    """

    kind: str
    create_schema: Schema
    update_schema: Schema
    resolve_keys: Callable[[ValidationContext, Row, Row | None], None]
    fill_row: Callable[[Account, Row, Row], None]
    render_row: Callable[[Account, Row, frozenset[str]], Row]
    render_created: Callable[[Row], Row]
    changed_keys: tuple[str, ...]
    withs: frozenset[str]
    orders: tuple[str, ...]
    filters: dict[str, FilterParser]


def build_common_schema(kind: str, most_values: int | None = None) -> Schema:
    return {
        "name": validate_text,
        "responsible_user_id": validate_user_id,
        **AUTHORSHIP,
        "custom_fields_values": validate_values(kind, most_values),
        "tags_to_add": tags.build_tags_validator(kind),
    }


def build_common_filters(kind: str) -> dict[str, FilterParser]:
    """Build the filters that all kinds of cards have (Kommo API v4, Filtering)."""
    single = {name: filters.filter_by_ids(name) for name in ("created_by", "updated_by", "responsible_user_id")}
    spans = {name: filters.filter_by_range(name) for name in ("created_at", "updated_at", "closest_task_at")}
    own: dict[str, FilterParser] = {"id": filters.filter_by_ids("id"), "name": filters.filter_by_texts("name")}
    return {**own, **single, **spans, "custom_fields_values": filters.filter_by_custom_fields(kind)}


def build_card_routes(card: CardKind) -> tuple[Route, ...]:
    base, one = f"/api/v4/{card.kind}", f"/api/v4/{card.kind}/{{id}}"
    single = card.withs - {ONLY_DELETED}
    return (
        Route(
            "GET",
            base,
            lambda call: list_cards(card, call),
            card.kind,
            withs=card.withs,
            params=frozenset({"query"}),
            filters=card.filters,
            orders=(*card.orders, "created_at"),  # contacts and companies ignore it, though a document has it
        ),
        Route("GET", one, lambda call: get_card(card, call), card.kind, withs=single),
        Route("POST", base, lambda call: create_cards(card, call), card.kind),
        Route("PATCH", base, lambda call: update_cards(card, call), card.kind),
        Route("PATCH", one, lambda call: update_card(card, call), card.kind),
    )


# Reading


def list_cards(card: CardKind, call: ApiCall) -> SandboxResponse:
    question = (card.kind, call.query.replace_values({"page": "", "limit": ""}))
    chosen = call.store.get_selection(question, lambda: _select_cards(card, call))
    return call.build_page_response(
        card.kind, chosen, lambda number: encode_card(card, call.account, number, call.withs)
    )


def _select_cards(card: CardKind, call: ApiCall) -> list[int]:
    row_filters = _build_card_filters(card, call)
    deleted = ONLY_DELETED in call.withs
    rows = [
        row
        for row in call.store.iter_rows(card.kind)
        if row["trashed"] == deleted and all(row_filter(row) for row_filter in row_filters)
    ]
    rows = [row for row in rows if not row.get("hidden")]  # cards of an incoming lead, until it is accepted
    column, descending = filters.parse_order(call.query.tree.get("order"), card.orders, "updated_at")
    rows.sort(key=lambda row: (row[column] or 0 if column != "name" else row[column], row["id"]), reverse=descending)
    return [row["id"] for row in rows]


def _build_card_filters(card: CardKind, call: ApiCall) -> list[RowFilter]:
    """Build the row filters of a list. If the account's plan has no filters, they are ignored; `query` always works."""
    row_filters = call.build_row_filters() if call.account.filters_enabled else []
    wanted = call.query.get_text("query")
    return [*row_filters, filters.filter_by_text(call.account, card.kind, wanted)] if wanted else row_filters


def get_card(card: CardKind, call: ApiCall) -> SandboxResponse:
    """Return a card. An unknown or trashed id gives 204 and not 404."""
    if call.store.get_row(card.kind, call.get_path_id()) is None:
        return build_empty_response()
    return call.build_row_response(encode_card(card, call.account, call.get_path_id(), call.withs))


def encode_card(card: CardKind, account: Account, number: int, withs: frozenset[str]) -> bytes:
    row = account.store.get_table(card.kind)[number]
    return account.store.get_encoded(
        card.kind, number, (account.origin, withs), lambda: encode_json(card.render_row(account, row, withs))
    )


def render_trashed_card(account: Account, kind: str, row: Row, keys: tuple[str, ...]) -> Row:
    """Render a card for `with=only_deleted`: nearly every key is null, and only leads have a true `is_deleted`."""
    shown: Row = dict.fromkeys(keys)
    shown.update(id=row["id"], updated_by=row["updated_by"], updated_at=row["updated_at"])
    shown.update(is_deleted=kind == "leads", custom_fields_values=None, account_id=account.id)
    return {**shown, "_links": build_row_link(account.build_url(f"/api/v4/{kind}/{row['id']}"))}


def render_custom_values(account: Account, kind: str, row: Row) -> list[Row] | None:
    return render_values(account, kind, row["values"])


def render_linked_cards(account: Account, kind: str, row: Row, other: str) -> list[Row]:
    """Render linked cards with id and link. Only the contacts of a lead or a customer have `is_main`."""
    shown: list[Row] = []
    for (_, number), metadata in account.store.links.find_linked((kind, row["id"]), other):
        main = {"is_main": metadata["main_contact"]} if other == "contacts" and "main_contact" in metadata else {}
        shown.append({"id": number, **main, "_links": build_row_link(account.build_url(f"/api/v4/{other}/{number}"))})
    return shown


def render_linked_elements(account: Account, kind: str, row: Row) -> list[Row]:
    linked = account.store.links.find_linked((kind, row["id"]), "catalog_elements")
    return [{"id": number, "metadata": _render_link_metadata(metadata)} for (_, number), metadata in linked]


def _render_link_metadata(metadata: Row) -> Row:
    """Render a whole quantity as an int. The list of links shows it as a float."""
    amount = metadata["quantity"]
    return {**metadata, "quantity": int(amount) if amount == int(amount) else amount}


# Creating


def build_create_validator(card: CardKind) -> Callable[[ValidationContext, Any], Row]:
    def validate_new_card(context: ValidationContext, item: Any) -> Row:
        clean = validate_object(context, item, card.create_schema)
        card.resolve_keys(context, clean, None)
        return clean

    return validate_new_card


def create_cards(card: CardKind, call: ApiCall) -> SandboxResponse:
    made: list[Row] = []
    for clean, request_id in call.validate_items(build_create_validator(card)):
        row = insert_card(card, call.account, call.user["id"], clean)
        path = call.build_url(f"/api/v4/{card.kind}/{row['id']}")
        made.append({**card.render_created(row), "request_id": request_id, "_links": build_self_link(path)})
    return call.build_batch_response(card.kind, made)


def insert_card(card: CardKind, account: Account, user_id: int, clean: Row) -> Row:
    row = build_blank_card(account, card.kind, user_id)
    apply_card_values(card, account, row, clean)
    account.store.insert_row(card.kind, row)
    event_feed.record_card_added(account, card.kind, row, row["created_by"])
    outbox.record_card_added(account, card.kind, row)
    return row


def build_blank_card(account: Account, kind: str, user_id: int) -> Row:
    now = account.now()
    people: Row = {"responsible_user_id": user_id, "created_by": user_id, "updated_by": user_id}
    times: Row = {"created_at": now, "updated_at": now, "closest_task_at": None}
    hidden: Row = {"tags": [], "values": {}, "trashed": False}
    return {"id": account.store.allocate_id(kind), "name": "", **people, "group_id": 0, **times, **hidden}


def apply_card_values(card: CardKind, account: Account, row: Row, clean: Row) -> None:
    """Store validated keys in a row. The caller finds out what has changed."""
    for key in ("name", "responsible_user_id", *AUTHORSHIP):
        if key in clean:
            row[key] = clean[key]
    row["group_id"] = account.find_group_id(row["responsible_user_id"])
    merge_values(row["values"], clean.get("custom_fields_values", {}))
    row["tags"] = tags.resolve_card_tags(account, card.kind, row["tags"], clean)
    card.fill_row(account, row, clean)


# Updating


def build_update_validator(
    card: CardKind, call: ApiCall, known: int | None = None
) -> Callable[[ValidationContext, Any], Row]:
    """Build the validator of an update. `known` is the id of the path; in a batch each element has its own id."""

    def validate_card_update(context: ValidationContext, item: Any) -> Row:
        clean = validate_object(context, item, {"id": validate_integer, **card.update_schema})
        number = clean.setdefault("id", known)
        row = call.store.get_row(card.kind, number)
        if number is None:
            context.add_error(FIELD_MISSING, "id")
        elif row is None or known not in (None, number):
            context.add_error(NOT_SUPPORTED_CHOICE, "id")
        card.resolve_keys(context, clean, row)
        return clean

    return validate_card_update


def update_cards(card: CardKind, call: ApiCall) -> SandboxResponse:
    changes = [clean for clean, _ in call.validate_items(build_update_validator(card, call))]
    return call.build_batch_response(card.kind, [_update_and_render_card(card, call, clean) for clean in changes])


def update_card(card: CardKind, call: ApiCall) -> SandboxResponse:
    require_path_row(call, card.kind)
    clean = call.validate_item(build_update_validator(card, call, call.get_path_id()))
    return call.build_row_response(_update_and_render_card(card, call, clean))


def _update_and_render_card(card: CardKind, call: ApiCall, clean: Row) -> Row:
    row = call.store.get_table(card.kind)[clean["id"]]
    change_card(card, call.account, call.user["id"], row, clean)
    shown = {key: row[key] for key in card.changed_keys}
    return {**shown, "_links": build_self_link(call.build_url(f"/api/v4/{card.kind}/{row['id']}"))}


def change_card(card: CardKind, account: Account, user_id: int, row: Row, clean: Row) -> None:
    before = {**row, "tags": list(row["tags"]), "values": dict(row["values"])}
    apply_card_values(card, account, row, clean)
    if row != before:
        row["updated_at"] = clean.get("updated_at", account.now())
        row["updated_by"] = clean.get("updated_by", user_id)
        event_feed.record_card_changes(account, card.kind, before, row, user_id)
        outbox.record_card_changed(account, card.kind, before, row)
    account.store.invalidate_row(card.kind, row["id"])
