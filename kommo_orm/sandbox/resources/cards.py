"""What leads, contacts, companies and customers have in common: list, get, create, update, and the answers to each.

Kommo API v4, Leads / Contacts / Companies. A card is created from nothing at all, changed key by key, and never
deleted. The server sets `updated_at` and `updated_by` whenever a write changes something, `group_id` follows the
responsible user. Rows hold `tags`, `values` and `trashed` beside the keys that the API shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kommo_orm.sandbox import event_feed, filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.custom_field_values import merge, read_values, write_values
from kommo_orm.sandbox.filters import Filter, Test
from kommo_orm.sandbox.hal_responses import encode, link, nothing, self_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, NOT_SUPPORTED_CHOICE
from kommo_orm.sandbox.resources import tags
from kommo_orm.sandbox.routing import Call, Route, required_place
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import AUTHORSHIP, Schema, Scope, examine, integer, text, user

ONLY_DELETED = "only_deleted"


@dataclass(frozen=True, slots=True)
class Card:
    """One kind of card: its write schemas and the rules that are its own.

    `settle` looks at several checked keys together, with the stored row when there is one; `fill` puts the checked
    keys of its own into a row; `show` renders one.
    """

    kind: str
    create: Schema
    update: Schema
    settle: Callable[[Scope, Row, Row | None], None]
    fill: Callable[[Account, Row, Row], None]
    show: Callable[[Account, Row, frozenset[str]], Row]
    created: Callable[[Row], Row]
    changed: tuple[str, ...]
    withs: frozenset[str]
    orders: tuple[str, ...]
    filters: dict[str, Filter]


def common_schema(kind: str, most_values: int | None = None) -> Schema:
    return {
        "name": text,
        "responsible_user_id": user,
        **AUTHORSHIP,
        "custom_fields_values": write_values(kind, most_values),
        "tags_to_add": tags.references(kind),
    }


def common_filters(kind: str) -> dict[str, Filter]:
    """The filters that all three lists have (Kommo API v4, Filtering)."""
    single = {name: filters.ids(name) for name in ("created_by", "updated_by", "responsible_user_id")}
    spans = {name: filters.span(name) for name in ("created_at", "updated_at", "closest_task_at")}
    own: dict[str, Filter] = {"id": filters.ids("id"), "name": filters.texts("name")}
    return {**own, **single, **spans, "custom_fields_values": filters.custom(kind)}


def routes(card: Card) -> tuple[Route, ...]:
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
        ),
        Route("GET", one, lambda call: get_card(card, call), card.kind, withs=single),
        Route("POST", base, lambda call: create_cards(card, call), card.kind),
        Route("PATCH", base, lambda call: update_cards(card, call), card.kind),
        Route("PATCH", one, lambda call: update_card(card, call), card.kind),
    )


# Reading


def list_cards(card: Card, call: Call) -> SandboxResponse:
    question = (card.kind, call.query.replaced({"page": "", "limit": ""}))
    chosen = call.store.selected(question, lambda: _choose(card, call))
    return call.page(card.kind, chosen, lambda number: render(card, call.account, number, call.withs))


def _choose(card: Card, call: Call) -> list[int]:
    tests = _tests(card, call)
    deleted = ONLY_DELETED in call.withs
    rows = [row for row in call.store.rows(card.kind) if row["trashed"] == deleted and all(test(row) for test in tests)]
    rows = [row for row in rows if not row.get("hidden")]  # of incoming leads, until they are accepted
    column, descending = filters.sorter(call.query.tree.get("order"), card.orders, "updated_at")
    rows.sort(key=lambda row: (row[column] or 0 if column != "name" else row[column], row["id"]), reverse=descending)
    return [row["id"] for row in rows]


def _tests(card: Card, call: Call) -> list[Test]:
    """Filters are a feature of the plan: without it they are accepted and ignored. `query` always works."""
    tests = call.tests() if call.account.filters_enabled else []
    wanted = call.query.text("query")
    return [*tests, filters.search(call.account, card.kind, wanted)] if wanted else tests


def get_card(card: Card, call: Call) -> SandboxResponse:
    """204, not 404, for an unknown or trashed id."""
    if call.store.get(card.kind, call.number()) is None:
        return nothing()
    return call.one(render(card, call.account, call.number(), call.withs))


def render(card: Card, account: Account, number: int, withs: frozenset[str]) -> bytes:
    row = account.store.table(card.kind)[number]
    return account.store.rendered(card.kind, number, withs, lambda: encode(card.show(account, row, withs)))


def show_trashed(account: Account, kind: str, row: Row, keys: tuple[str, ...]) -> Row:
    """`with=only_deleted`: nearly everything is null; contacts and companies do not even say that they are deleted."""
    shown: Row = dict.fromkeys(keys)
    shown.update(id=row["id"], updated_by=row["updated_by"], updated_at=row["updated_at"])
    shown.update(is_deleted=kind == "leads", custom_fields_values=None, account_id=account.id)
    return {**shown, "_links": link(account.url(f"/api/v4/{kind}/{row['id']}"))}


def show_values(account: Account, kind: str, row: Row) -> list[Row] | None:
    return read_values(account, kind, row["values"])


def embedded(account: Account, kind: str, row: Row, other: str) -> list[Row]:
    """Related cards: id and link only. `is_main` is told about the contacts of a lead or a customer, nowhere else."""
    shown: list[Row] = []
    for (_, number), metadata in account.store.links.of((kind, row["id"]), other):
        main = {"is_main": metadata["main_contact"]} if other == "contacts" and "main_contact" in metadata else {}
        shown.append({"id": number, **main, "_links": link(account.url(f"/api/v4/{other}/{number}"))})
    return shown


def embedded_elements(account: Account, kind: str, row: Row) -> list[Row]:
    linked = account.store.links.of((kind, row["id"]), "catalog_elements")
    return [{"id": number, "metadata": _quantity(metadata)} for (_, number), metadata in linked]


def _quantity(metadata: Row) -> Row:
    """Whole quantities are ints here, though floats in the list of links."""
    amount = metadata["quantity"]
    return {**metadata, "quantity": int(amount) if amount == int(amount) else amount}


# Creating


def check_create(card: Card) -> Callable[[Scope, Any], Row]:
    def check(scope: Scope, item: Any) -> Row:
        clean = examine(scope, item, card.create)
        card.settle(scope, clean, None)
        return clean

    return check


def create_cards(card: Card, call: Call) -> SandboxResponse:
    made: list[Row] = []
    for clean, request_id in call.checked_items(check_create(card)):
        row = create(card, call.account, call.user["id"], clean)
        path = call.url(f"/api/v4/{card.kind}/{row['id']}")
        made.append({**card.created(row), "request_id": request_id, "_links": self_link(path)})
    return call.written(card.kind, made)


def create(card: Card, account: Account, user_id: int, clean: Row) -> Row:
    row = blank(account, card.kind, user_id)
    apply(card, account, row, clean)
    account.store.insert(card.kind, row)
    event_feed.added(account, card.kind, row, row["created_by"])
    return row


def blank(account: Account, kind: str, user_id: int) -> Row:
    now = account.now()
    people: Row = {"responsible_user_id": user_id, "created_by": user_id, "updated_by": user_id}
    times: Row = {"created_at": now, "updated_at": now, "closest_task_at": None}
    hidden: Row = {"tags": [], "values": {}, "trashed": False}
    return {"id": account.store.new_id(kind), "name": "", **people, "group_id": 0, **times, **hidden}


def apply(card: Card, account: Account, row: Row, clean: Row) -> None:
    """Put checked keys into a row, without a look at what they change."""
    for key in ("name", "responsible_user_id", *AUTHORSHIP):
        if key in clean:
            row[key] = clean[key]
    row["group_id"] = account.group_of(row["responsible_user_id"])
    merge(row["values"], clean.get("custom_fields_values", {}))
    row["tags"] = tags.settle(account, card.kind, row["tags"], clean)
    card.fill(account, row, clean)


# Updating


def check_update(card: Card, call: Call, known: int | None = None) -> Callable[[Scope, Any], Row]:
    """`known` is the id of the path; in a batch each element names its own."""

    def check(scope: Scope, item: Any) -> Row:
        clean = examine(scope, item, {"id": integer, **card.update})
        number = clean.setdefault("id", known)
        row = call.store.get(card.kind, number)
        if number is None:
            scope.flaw(FIELD_MISSING, "id")
        elif row is None or known not in (None, number):
            scope.flaw(NOT_SUPPORTED_CHOICE, "id")
        card.settle(scope, clean, row)
        return clean

    return check


def update_cards(card: Card, call: Call) -> SandboxResponse:
    changes = [clean for clean, _ in call.checked_items(check_update(card, call))]
    return call.written(card.kind, [_updated(card, call, clean) for clean in changes])


def update_card(card: Card, call: Call) -> SandboxResponse:
    required_place(call, card.kind)
    clean = call.checked_item(check_update(card, call, call.number()))
    return call.one(_updated(card, call, clean))


def _updated(card: Card, call: Call, clean: Row) -> Row:
    row = call.store.table(card.kind)[clean["id"]]
    update(card, call.account, call.user["id"], row, clean)
    shown = {key: row[key] for key in card.changed}
    return {**shown, "_links": self_link(call.url(f"/api/v4/{card.kind}/{row['id']}"))}


def update(card: Card, account: Account, user_id: int, row: Row, clean: Row) -> None:
    before = {**row, "tags": list(row["tags"]), "values": dict(row["values"])}
    apply(card, account, row, clean)
    if row != before:
        row["updated_at"] = clean.get("updated_at", account.now())
        row["updated_by"] = clean.get("updated_by", user_id)
        event_feed.changed(account, card.kind, before, row, user_id)
    account.store.touch(card.kind, row["id"])
