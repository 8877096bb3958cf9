"""Customers and their purchases (Kommo API v2, Customers, Transactions). The account must keep customers: else 402 or 426."""

from __future__ import annotations

from datetime import datetime, timedelta

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.filters import BadFilter, Filter, Test
from kommo_orm.sandbox.messages import SandboxResponse
from kommo_orm.sandbox.query import Node
from kommo_orm.sandbox.resources import customers as v4
from kommo_orm.sandbox.resources import transactions as v4_transactions
from kommo_orm.sandbox.resources.v2 import delete_customer
from kommo_orm.sandbox.routing import Call
from kommo_orm.sandbox.state import Account
from kommo_orm.sandbox.store import Row
from kommo_orm.sandbox.v2 import answers, cards, lenient, listing, tags, writing
from kommo_orm.sandbox.v2.refusals import Wrong
from kommo_orm.sandbox.v2.values import FieldCodes
from kommo_orm.sandbox.v2.writing import general

_LINKS = ("contacts_id", "company_id")
_PLAN: lenient.Schema = {"next_price": lenient.amount, "next_date": lenient.whole, "periodicity": lenient.whole}
_OWN: lenient.Schema = {**_PLAN, "period_id": lenient.dropped, "catalog_elements_id": cards.elements_check}


# Customers


def _translate(call: Call, clean: Row, row: Row | None) -> Row:
    if row is None and call.account.customers_mode == v4.PERIODICITY and "next_date" not in clean:
        raise general("next_date is needed")
    return {key: clean[key] for key in _PLAN if key in clean}


def _after(call: Call, row: Row, clean: Row) -> None:
    cards.connect_elements(call, "customers", row, clean)


def show(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    shown = cards.show_common(account, row)
    main = [number for (_, number), told in account.store.links.of(("customers", row["id"]), "contacts") if told]
    shown["main_contact"] = {"id": main[0], "_links": answers.row_link("contacts", main[0])} if main else {}
    shown["contacts"] = answers.related("contacts", cards.linked(account, "customers", row, "contacts"))
    shown["company"] = cards.show_company(account, "customers", row)
    shown.update(next_price=row["next_price"], next_date=row["next_date"] or 0, periodicity=row["periodicity"])
    shown.update(period_id=row["status_id"] or 0, is_deleted=False, tags=tags.show(account, row))
    shown.update(custom_fields=cards.show_values(account, "customers", row))
    shown["_links"] = answers.row_link("customers", row["id"])
    return {**shown, **(cards.show_elements(account, "customers", row) if withs else {})}


def _list(call: Call) -> SandboxResponse:
    rows = listing.choose(call, call.tests)
    return listing.page(call, rows, lambda row: show(call.account, row, call.withs))


def _dates(account: Account, node: str | Node) -> Test:
    """`[type]=create|modify` with days, both included."""
    if isinstance(node, str) or node.get("type") not in ("create", "modify"):
        raise BadFilter("takes a type, create or modify, and days")
    column = "created_at" if node["type"] == "create" else "updated_at"
    first = _midnight(account, node.get("from"), 0)
    last = _midnight(account, node.get("to"), 1)
    return lambda row: (first is None or row[column] >= first) and (last is None or row[column] < last)


def _midnight(account: Account, told: object, days: int) -> int | None:
    if told is None:
        return None
    try:
        day = datetime.strptime(str(told), "%d.%m.%Y").replace(tzinfo=account.zone)
    except ValueError:
        raise BadFilter("takes days as DD.MM.YYYY") from None
    return int((day + timedelta(days=days)).timestamp())


FILTERS: dict[str, Filter] = {
    "main_user": filters.ids("responsible_user_id"),
    "date": _dates,
    "next_date": filters.span("next_date"),
}
WRITER = cards.Writer(v4.CUSTOMERS, _translate, _after)
NOUN = writing.Noun(
    name="customers",
    kind="customers",
    codes=writing.Codes(empty=283),
    create={**cards.common_schema("customers", FieldCodes(204), *_LINKS, creating=True), **_OWN},
    change={**cards.common_schema("customers", FieldCodes(204), *_LINKS, creating=False), **_OWN},
    required=("name",),
    add=WRITER.add,
    update=WRITER.update,
    delete=lambda call, row: delete_customer(call.account, row["id"]),
    keys_deleted=True,
)


# Purchases


_PURCHASE: lenient.Schema = {
    "customer_id": lenient.whole,
    "date": lenient.whole,
    "price": lenient.amount,
    "comment": lenient.text,
    "next_date": lenient.whole,
    "next_price": lenient.amount,
}


def _bought(call: Call, clean: Row) -> Row:
    customer = call.store.get("customers", clean["customer_id"])
    if customer is None:
        raise general("customer_id names no customer")
    made = {("completed_at" if key == "date" else key): value for key, value in clean.items() if key != "customer_id"}
    made["price"] = int(made["price"])
    return v4_transactions.create(call.account, call.user["id"], customer, made)


def _given_back(call: Call, row: Row) -> None:
    call.store.remove("transactions", row["id"])


def show_purchase(row: Row) -> Row:
    keys = ("id", "customer_id", "price", "comment", "next_date", "created_by", "created_at", "updated_at")
    shown = {key: row.get(key) for key in keys}
    return {**shown, "date": row["completed_at"], "_links": answers.row_link("transactions", row["id"])}


def _purchases(call: Call) -> SandboxResponse:
    rows = listing.choose(call, lambda: listing.one_of(call, "customer_id", "customer_id"))
    return listing.page(call, rows, show_purchase)


PURCHASES = writing.Noun(
    name="transactions",
    kind="transactions",
    codes=writing.Codes(empty=283),
    create=_PURCHASE,
    required=("customer_id", "price"),
    add=_bought,
    delete=_given_back,
)


def _open(handler: listing.Handler) -> listing.Handler:
    """Only while the account keeps customers."""

    def guard(call: Call) -> SandboxResponse:
        mode = call.account.customers_mode
        if mode == "unavailable":
            raise Wrong(402, "Customers are not in the plan of this account", 402)
        if mode == "disabled" and call.request.method != "GET":
            raise Wrong(426, "Customers are switched off", 426)
        return handler(call)

    return guard


_BOUGHT = "/api/v2/transactions"
_WITHS = frozenset({"catalog_elements_links"})
ROUTES = (
    listing.get("/api/v2/customers", _open(_list), "customers", params=listing.WINDOW, withs=_WITHS, filters=FILTERS),
    listing.post("/api/v2/customers", _open(writing.write(NOUN)), "customers"),
    listing.get(_BOUGHT, _open(_purchases), "transactions", params=listing.WINDOW | {"customer_id"}),
    listing.post(_BOUGHT, _open(writing.write(PURCHASES)), "transactions"),
)
