"""Purchases and periods of customers (Kommo API v2, Transactions, Periods).

Of a purchase only the comment can be changed, and its id has another name there. Periods are always written whole.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import transactions as v4
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, bodies, cards, lenient, listing, writing
from kommo_orm.sandbox.v2.customers import switched_on
from kommo_orm.sandbox.v2.refusals import NOT_FOUND, Wrong, malformed

_NEW: lenient.Schema = {
    **dict.fromkeys(("customer_id", "date", "price", "next_date", "next_price"), lenient.whole),
    "comment": lenient.text,
    "elements": cards.elements_check,
}


def _add(call: ApiCall, clean: Row) -> Row:
    customer = call.store.get_row("customers", clean["customer_id"])
    if customer is None:
        raise writing.general(f"Customer {clean['customer_id']} not found")
    made: Row = {key: clean[key] for key in ("price", "comment", "next_date", "next_price") if key in clean}
    if "date" in clean:
        made["completed_at"] = clean["date"]
    elements = call.store.get_table("catalog_elements")
    bought = [
        {"id": number, "metadata": {"catalog_id": elements[number]["catalog_id"], "quantity": quantity}}
        for number, quantity in clean.get("elements", {}).items()
    ]
    return v4.insert_transaction(
        call.account, call.user["id"], customer, {**made, "_embedded": {"catalog_elements": bought}}
    )


def _comment(call: ApiCall, row: Row, clean: Row) -> None:
    row.update(comment=clean["comment"], updated_at=call.now, updated_by=call.user["id"])
    call.store.invalidate_row("transactions", row["id"])


def _delete(call: ApiCall, row: Row) -> None:
    call.store.delete_row("transactions", row["id"])
    call.store.invalidate_row("customers", row["customer_id"])


NOUN = writing.Noun(
    name="transactions",
    kind="transactions",
    codes=writing.Codes(empty=283, missing=NOT_FOUND),
    create=_NEW,
    change={"comment": lenient.text},
    required=("customer_id", "price"),
    needed=("comment",),
    add=_add,
    update=_comment,
    delete=_delete,
    is_timed=False,
    key="transaction_id",
)


def show(row: Row) -> Row:
    keys = ("id", "customer_id", "price", "created_by", "created_at", "updated_at")
    shown: Row = {**{key: row[key] for key in keys}, "date": row["completed_at"], "comment": row["comment"] or ""}
    return {**shown, "is_deleted": False, "_links": answers.row_link("transactions", row["id"])}


def _list(call: ApiCall) -> SandboxResponse:
    rows = listing.choose(call, lambda: listing.one_of(call, "customer_id", "customer_id"), only_ids=False)
    return listing.page(call, rows, show)


# Periods

_PERIOD: lenient.Schema = {"id": lenient.whole, "period": lenient.whole, "color": lenient.text, "sort": lenient.whole}
_KIND = "customers_periods"


def _periods(call: ApiCall) -> SandboxResponse:
    rows = sorted(call.store.iter_rows(_KIND), key=lambda row: (row["sort"], row["id"]))
    return answers.items(call, [{**row, "_links": answers.row_link(_KIND, row["id"])} for row in rows])


def _set_periods(call: ApiCall) -> SandboxResponse:
    """The whole list: what is left out goes."""
    given = bodies.fields(call)
    lenient.known_keys(call, given, ("update",), "body")
    if not given.get("update"):
        raise Wrong(103, "Parameters missing: update")
    items = lenient.array(call, given["update"], "update")
    wanted = [_checked(call, item, f"update/{at}") for at, item in enumerate(items)]
    kept = {clean["id"] for clean in wanted if "id" in clean}
    for number in [number for number in call.store.get_table(_KIND) if number not in kept]:
        call.store.delete_row(_KIND, number)
    made = [_settle(call, clean, at) for at, clean in enumerate(wanted)]
    return answers.written(call, [{"id": number, "_links": answers.row_link(_KIND, number)} for number in made])


def _checked(call: ApiCall, item: Any, where: str) -> Row:
    clean = lenient.examine(call, item, _PERIOD, where, ("period",))
    if "id" in clean and call.store.get_row(_KIND, clean["id"]) is None:
        raise malformed(f"{where}/id", "names no period")
    return clean


def _settle(call: ApiCall, clean: Row, position: int) -> int:
    number = clean.get("id") or call.store.allocate_id(_KIND)
    known = call.store.get_row(_KIND, number) or {"color": "", "sort": position}
    return int(call.store.insert_row(_KIND, {**known, **clean, "id": number})["id"])


ROUTES = (
    listing.get("/api/v2/transactions", switched_on(_list), "transactions", params=listing.WINDOW | {"customer_id"}),
    listing.post("/api/v2/transactions", switched_on(writing.write(NOUN)), "transactions"),
    listing.get("/api/v2/customers_periods", switched_on(_periods)),
    listing.post("/api/v2/customers_periods", switched_on(_set_periods)),
)
