"""Customers (Kommo API v4, Customers): cards of people who buy again, if the account keeps them at all.

While the feature is off (`customers_mode` is `disabled`) nothing of it can be written: 422; where the plan lacks it
(`unavailable`) everything is 402. In the mode `periodicity` a customer needs a name and a day of the next purchase and
stands in a stage; in the mode `segments` it is in segments. Sums and counts of purchases follow its transactions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, Refusal
from kommo_orm.sandbox.resources import cards, tags
from kommo_orm.sandbox.resources.cards import Card
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    Scope,
    array_of,
    boolean,
    choice,
    examine,
    existing,
    integer,
    shape,
    words,
)

PERIODICITY, SEGMENTS = "periodicity", "segments"
MODES = (SEGMENTS, PERIODICITY)


def must_be_on(call: Call, *modes: str) -> None:
    """Refuse what the account's mode of customers does not have."""
    mode = call.account.customers_mode
    if mode == "unavailable":
        raise Refusal(402, "Customers are not in the plan of this account")
    if mode not in (modes or MODES):
        raise Refusal(422, "Customers are switched off" if mode == "disabled" else f"Customers are kept by {mode}")


def guarded(route: Route, *modes: str, reads: bool = False) -> Route:
    """The route, closed while the mode does not fit; reading is closed too with `reads`."""

    def handler(call: Call) -> SandboxResponse:
        if reads or call.request.method != "GET" or call.account.customers_mode == "unavailable":
            must_be_on(call, *modes)
        return route.handler(call)

    return replace(route, handler=handler)


def _schema() -> Schema:
    common = {key: check for key, check in cards.common_schema("customers").items() if key != "updated_at"}
    nested = {"tags": tags.embedded("customers"), "segments": array_of(shape({"id": existing("segments")}, ("id",)))}
    own: Schema = {
        "next_price": integer,
        "next_date": integer,
        "status_id": existing("customer_statuses"),
        "periodicity": integer,
        "_embedded": shape(nested),
    }
    return {**common, **own}


def settle(scope: Scope, clean: Row, row: Row | None) -> None:
    """What the mode `periodicity` wants of a new customer."""
    if row is None and "id" not in clean and scope.account.customers_mode == PERIODICITY:
        for key in ("name", "next_date"):
            if key not in clean and not scope.bad(key):
                scope.flaw(FIELD_MISSING, key)


def first_status(account: Account) -> int | None:
    rows = sorted(account.store.rows("customer_statuses"), key=lambda row: (row["sort"], row["id"]))
    return int(rows[0]["id"]) if rows else None


def fill(account: Account, row: Row, clean: Row) -> None:
    if "segments" not in row:
        status = first_status(account) if account.customers_mode == PERIODICITY else None
        row.update(next_price=0, next_date=None, status_id=status, periodicity=0, segments=[], bonus_points=0)
        row["name"] = row["name"] or f"Customer #{row['id']}"
    for key in ("next_price", "next_date", "status_id", "periodicity"):
        row[key] = clean.get(key, row[key])
    nested: Row = clean.get("_embedded") or {}
    if "segments" in nested:
        row["segments"] = list(dict.fromkeys(segment["id"] for segment in nested["segments"]))


_KEYS = words(
    "id name next_price next_date responsible_user_id status_id periodicity created_by updated_by created_at updated_at "
    "closest_task_at"
)


def show(account: Account, row: Row, withs: frozenset[str]) -> Row:
    shown: Row = {key: row.get(key) for key in _KEYS}
    shown.update(is_deleted=False, custom_fields_values=cards.show_values(account, "customers", row))
    shown.update(_sums(account, row), account_id=account.id)
    if "group_id" in withs:
        shown["group_id"] = row["group_id"]
    shown["_links"] = link(account.url(f"/api/v4/customers/{row['id']}"))
    return {**shown, "_embedded": _embedded(account, row, withs)}


def _sums(account: Account, row: Row) -> Row:
    prices = [one["price"] for one in account.store.rows("transactions") if one["customer_id"] == row["id"]]
    ltv, count = sum(prices), len(prices)
    return {"ltv": ltv, "purchases_count": count, "average_check": ltv // count if count else 0}


def _embedded(account: Account, row: Row, withs: frozenset[str]) -> Row:
    base = account.url("/api/v4/customers/segments")
    known = [number for number in row["segments"] if account.store.get("segments", number) is not None]
    nested: Row = {
        "segments": [{"id": number, "_links": link(f"{base}/{number}")} for number in known],
        "tags": tags.show_attached(account, row),
    }
    for other in ("contacts", "companies"):
        if other in withs:
            nested[other] = cards.embedded(account, "customers", row, other)
    if "catalog_elements" in withs:
        nested["catalog_elements"] = cards.embedded_elements(account, "customers", row)
    return nested


def _created(row: Row) -> Row:
    return {
        key: row[key] for key in ("id", "name", "status_id", "created_by", "updated_by", "created_at", "updated_at")
    }


CUSTOMERS = Card(
    kind="customers",
    create=_schema(),
    update={**_schema(), "tags_to_delete": tags.references("customers")},
    settle=settle,
    fill=fill,
    show=show,
    created=_created,
    changed=("id", "updated_at"),
    withs=frozenset({"contacts", "companies", "catalog_elements", "group_id"}),
    orders=("updated_at", "created_at", "id"),
    filters=cards.common_filters("customers"),
)


def create(call: Call) -> SandboxResponse:
    """The answer is a part of the row: neither what is planned next nor custom fields, tags and segments."""
    return cards.create_cards(
        replace(CUSTOMERS, created=lambda row: {**_created(row), "account_id": call.account.id}), call
    )


def _own(route: Route) -> Route:
    return replace(route, handler=create) if route.method == "POST" else route


# The mode


def set_mode(call: Call) -> SandboxResponse:
    def check(scope: Scope, item: Any) -> Row:
        schema: Schema = {"mode": choice(*MODES), "is_enabled": boolean}
        return examine(scope, item, schema, required=schema)

    if call.account.customers_mode == "unavailable":
        must_be_on(call)
    clean = call.checked_item(check)
    call.account.customers_mode = clean["mode"] if clean["is_enabled"] else "disabled"
    return call.one(clean)


ROUTES = (
    *(guarded(_own(route)) for route in cards.routes(CUSTOMERS)),
    Route("PATCH", "/api/v4/customers/mode", set_mode, admin=True),
)
