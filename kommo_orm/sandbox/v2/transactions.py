"""Purchases and periods of customers (Kommo API v2, Transactions, Periods).

Only the comment of a purchase can be changed, and an update calls its id `transaction_id`. A write of periods always lists
all of them.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import transactions as v4
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import batch_writes, cards, parsers, request_bodies, responses, routes, row_lists
from kommo_orm.sandbox.v2.customers import require_customers
from kommo_orm.sandbox.v2.errors import NOT_FOUND, RequestError, build_malformed_error

_NEW: parsers.Schema = {
    **dict.fromkeys(("customer_id", "date", "price", "next_date", "next_price"), parsers.parse_integer),
    "comment": parsers.parse_text,
    "elements": cards.parse_element_quantities,
}


def _add_transaction(call: ApiCall, clean: Row) -> Row:
    customer = call.store.get_row("customers", clean["customer_id"])
    if customer is None:
        raise batch_writes.build_item_error(f"Customer {clean['customer_id']} not found")
    made: Row = {key: clean[key] for key in ("price", "comment", "next_date", "next_price") if key in clean}
    if "date" in clean:
        made["completed_at"] = clean["date"]
    elements = call.store.get_table("catalog_elements")
    linked_elements = [
        {"id": number, "metadata": {"catalog_id": elements[number]["catalog_id"], "quantity": quantity}}
        for number, quantity in clean.get("elements", {}).items()
    ]
    return v4.insert_transaction(
        call.account, call.user["id"], customer, {**made, "_embedded": {"catalog_elements": linked_elements}}
    )


def _change_comment(call: ApiCall, row: Row, clean: Row) -> None:
    row.update(comment=clean["comment"], updated_at=call.now, updated_by=call.user["id"])
    call.store.invalidate_row("transactions", row["id"])


def _delete_transaction(call: ApiCall, row: Row) -> None:
    call.store.delete_row("transactions", row["id"])
    call.store.invalidate_row("customers", row["customer_id"])


RESOURCE = batch_writes.WritableResource(
    name="transactions",
    kind="transactions",
    codes=batch_writes.ResourceCodes(empty=283, missing=NOT_FOUND),
    create=_NEW,
    change={"comment": parsers.parse_text},
    required=("customer_id", "price"),
    required_for_update=("comment",),
    add=_add_transaction,
    update=_change_comment,
    delete=_delete_transaction,
    is_timed=False,
    key="transaction_id",
)


def render_transaction(row: Row) -> Row:
    keys = ("id", "customer_id", "price", "created_by", "created_at", "updated_at")
    shown: Row = {**{key: row[key] for key in keys}, "date": row["completed_at"], "comment": row["comment"] or ""}
    return {**shown, "is_deleted": False, "_links": responses.build_row_link("transactions", row["id"])}


def _list_transactions(call: ApiCall) -> SandboxResponse:
    rows = row_lists.select_rows(
        call, lambda: row_lists.filter_by_ids(call, "customer_id", "customer_id"), only_ids=False
    )
    return row_lists.build_page(call, rows, render_transaction)


# Periods

_PERIOD: parsers.Schema = {
    "id": parsers.parse_integer,
    "period": parsers.parse_integer,
    "color": parsers.parse_text,
    "sort": parsers.parse_integer,
}
_KIND = "customers_periods"


def _list_periods(call: ApiCall) -> SandboxResponse:
    rows = sorted(call.store.iter_rows(_KIND), key=lambda row: (row["sort"], row["id"]))
    return responses.build_items_reply(
        call, [{**row, "_links": responses.build_row_link(_KIND, row["id"])} for row in rows]
    )


def _set_periods(call: ApiCall) -> SandboxResponse:
    """Replace all periods. Those that are not listed are deleted."""
    given = request_bodies.parse_body_object(call)
    parsers.refuse_unknown_keys(call, given, ("update",), "body")
    if not given.get("update"):
        raise RequestError(103, "Parameters missing: update")
    items = parsers.parse_array(call, given["update"], "update")
    wanted = [_parse_period(call, item, f"update/{at}") for at, item in enumerate(items)]
    kept = {clean["id"] for clean in wanted if "id" in clean}
    for number in [number for number in call.store.get_table(_KIND) if number not in kept]:
        call.store.delete_row(_KIND, number)
    made = [_save_period(call, clean, at) for at, clean in enumerate(wanted)]
    return responses.build_write_reply(
        call, [{"id": number, "_links": responses.build_row_link(_KIND, number)} for number in made]
    )


def _parse_period(call: ApiCall, item: Any, where: str) -> Row:
    clean = parsers.parse_keys(call, item, _PERIOD, where, ("period",))
    if "id" in clean and call.store.get_row(_KIND, clean["id"]) is None:
        raise build_malformed_error(f"{where}/id", "names no period")
    return clean


def _save_period(call: ApiCall, clean: Row, position: int) -> int:
    number = clean.get("id") or call.store.allocate_id(_KIND)
    known = call.store.get_row(_KIND, number) or {"color": "", "sort": position}
    return int(call.store.insert_row(_KIND, {**known, **clean, "id": number})["id"])


ROUTES = (
    routes.build_get_route(
        "/api/v2/transactions",
        require_customers(_list_transactions),
        "transactions",
        params=row_lists.WINDOW | {"customer_id"},
    ),
    routes.build_post_route(
        "/api/v2/transactions", require_customers(batch_writes.build_write_handler(RESOURCE)), "transactions"
    ),
    routes.build_get_route("/api/v2/customers_periods", require_customers(_list_periods)),
    routes.build_post_route("/api/v2/customers_periods", require_customers(_set_periods)),
)
