"""Customers: cards of people who buy again (Kommo API v4, Customers).

`Account.customers_mode` says how the account keeps them. `disabled`: every request gives 422. `unavailable` (not in the
plan): every request gives 402. `periodicity`: a new customer needs a name and the date of the next purchase, and it has
a stage. `segments`: a customer is in segments. Sums and counts of purchases are computed from its transactions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_row_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, HttpError
from kommo_orm.sandbox.resources import cards, tags
from kommo_orm.sandbox.resources.cards import CardKind
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    split_words,
    validate_array,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_nested,
    validate_object,
    validate_row_id,
    validate_seconds,
)

PERIODICITY, SEGMENTS = "periodicity", "segments"
MODES = (SEGMENTS, PERIODICITY)
_BASE = "/api/v4/customers"


def require_customers_mode(call: ApiCall, *modes: str) -> None:
    """Refuse the request if the account is in none of these modes. Without modes, both active modes are accepted."""
    mode = call.account.customers_mode
    if mode == "unavailable":
        raise HttpError(402, "Customers are not in the plan of this account")
    if mode not in (modes or MODES):
        raise HttpError(422, "Customers are switched off" if mode == "disabled" else f"Customers are kept by {mode}")


def guard_route(route: Route, *modes: str) -> Route:
    """Return a route that refuses requests in other modes."""

    def handle_in_mode(call: ApiCall) -> SandboxResponse:
        require_customers_mode(call, *modes)
        return route.handler(call)

    return replace(route, handler=handle_in_mode)


def guard_customer_route(route: Route) -> Route:
    """Guard a route of customers: also their links, notes, tags and subscriptions. Definitions of fields are open."""
    open_paths = (f"{_BASE}/mode", f"{_BASE}/custom_fields", f"{_BASE}/segments/custom_fields")
    is_guarded = route.path.startswith(_BASE) and not route.path.startswith(open_paths)
    return guard_route(route) if is_guarded else route


def _build_customer_schema() -> Schema:
    common = {
        key: validate_mode
        for key, validate_mode in cards.build_common_schema("customers").items()
        if key != "updated_at"
    }
    nested = {
        "tags": tags.build_embedded_tags_validator("customers"),
        "segments": validate_array(validate_nested({"id": validate_row_id("segments")}, ("id",))),
    }
    own: Schema = {
        "next_price": validate_integer,
        "next_date": validate_seconds,
        "status_id": validate_row_id("customer_statuses"),
        "periodicity": validate_integer,
        "_embedded": validate_nested(nested),
    }
    return {**common, **own}


def require_periodicity_keys(context: ValidationContext, clean: Row, row: Row | None) -> None:
    """Require the keys that a new customer needs in the mode `periodicity`."""
    if row is None and "id" not in clean and context.account.customers_mode == PERIODICITY:
        for key in ("name", "next_date"):
            if key not in clean and not context.has_error(key):
                context.add_error(FIELD_MISSING, key)


def find_first_status_id(account: Account) -> int | None:
    rows = sorted(account.store.iter_rows("customer_statuses"), key=lambda row: (row["sort"], row["id"]))
    return int(rows[0]["id"]) if rows else None


def fill_customer(account: Account, row: Row, clean: Row) -> None:
    if "segments" not in row:
        status = find_first_status_id(account) if account.customers_mode == PERIODICITY else None
        row.update(next_price=0, next_date=None, status_id=status, periodicity=0, segments=[], bonus_points=0)
        row["name"] = row["name"] or f"Customer #{row['id']}"
    for key in ("next_price", "next_date", "status_id", "periodicity"):
        row[key] = clean.get(key, row[key])
    nested: Row = clean.get("_embedded") or {}
    if "segments" in nested:
        row["segments"] = list(dict.fromkeys(segment["id"] for segment in nested["segments"]))


_KEYS = split_words(
    "id name next_price next_date responsible_user_id status_id periodicity created_by updated_by created_at updated_at "
    "closest_task_at"
)


def render_customer(account: Account, row: Row, withs: frozenset[str]) -> Row:
    shown: Row = {key: row.get(key) for key in _KEYS}
    shown.update(is_deleted=False, custom_fields_values=cards.render_custom_values(account, "customers", row))
    shown.update(_render_purchase_sums(account, row), account_id=account.id)
    if "group_id" in withs:
        shown["group_id"] = row["group_id"]
    shown["_links"] = build_row_link(account.build_url(f"/api/v4/customers/{row['id']}"))
    return {**shown, "_embedded": _render_customer_embedded(account, row, withs)}


def _render_purchase_sums(account: Account, row: Row) -> Row:
    prices = [one["price"] for one in account.store.iter_rows("transactions") if one["customer_id"] == row["id"]]
    ltv, count = sum(prices), len(prices)
    return {"ltv": ltv, "purchases_count": count, "average_check": ltv // count if count else 0}


def _render_customer_embedded(account: Account, row: Row, withs: frozenset[str]) -> Row:
    base = account.build_url("/api/v4/customers/segments")
    known = [number for number in row["segments"] if account.store.get_row("segments", number) is not None]
    nested: Row = {
        "segments": [{"id": number, "_links": build_row_link(f"{base}/{number}")} for number in known],
        "tags": tags.render_card_tags(account, row),
    }
    for other in ("contacts", "companies"):
        if other in withs:
            nested[other] = cards.render_linked_cards(account, "customers", row, other)
    if "catalog_elements" in withs:
        nested["catalog_elements"] = cards.render_linked_elements(account, "customers", row)
    return nested


def _render_created_customer(row: Row) -> Row:
    return {
        key: row[key] for key in ("id", "name", "status_id", "created_by", "updated_by", "created_at", "updated_at")
    }


CUSTOMERS = CardKind(
    kind="customers",
    create_schema=_build_customer_schema(),
    update_schema={**_build_customer_schema(), "tags_to_delete": tags.build_tags_validator("customers")},
    resolve_keys=require_periodicity_keys,
    fill_row=fill_customer,
    render_row=render_customer,
    render_created=_render_created_customer,
    changed_keys=("id", "updated_at"),
    withs=frozenset({"contacts", "companies", "catalog_elements", "group_id"}),
    orders=("updated_at", "created_at", "id"),
    filters=cards.build_common_filters("customers"),
)


def create_customers(call: ApiCall) -> SandboxResponse:
    """Create customers. The response has only a part of each row: no plans, custom fields, tags or segments."""
    return cards.create_cards(
        replace(CUSTOMERS, render_created=lambda row: {**_render_created_customer(row), "account_id": call.account.id}),
        call,
    )


def _replace_create_handler(route: Route) -> Route:
    return replace(route, handler=create_customers) if route.method == "POST" else route


# The mode


def update_customers_mode(call: ApiCall) -> SandboxResponse:
    def validate_mode(context: ValidationContext, item: Any) -> Row:
        schema: Schema = {"mode": validate_choice(*MODES), "is_enabled": validate_boolean}
        return validate_object(context, item, schema, required=schema)

    if call.account.customers_mode == "unavailable":
        require_customers_mode(call)
    clean = call.validate_item(validate_mode)
    call.account.customers_mode = clean["mode"] if clean["is_enabled"] else "disabled"
    return call.build_row_response(clean)


ROUTES = (
    *(_replace_create_handler(route) for route in cards.build_card_routes(CUSTOMERS)),
    Route("PATCH", f"{_BASE}/mode", update_customers_mode, admin=True),
)
