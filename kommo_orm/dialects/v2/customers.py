"""Customers and their purchases. Source: Kommo API v2, "Customers", "Transactions"."""

from __future__ import annotations

from dataclasses import replace

from kommo_orm.dialects.dialect import Features
from kommo_orm.dialects.v2.body import body_of
from kommo_orm.dialects.v2.cards import CARD, CUSTOMER, customer, encoder
from kommo_orm.dialects.v2.route import AT_ONCE, MOST, Filter, Pair, Route, unable
from kommo_orm.errors import ConfigurationError
from kommo_orm.model.parent import Parent
from kommo_orm.query.read import Read, Row
from kommo_orm.unit.plan import Item
from kommo_orm.unit.report import describe

PURCHASE = {
    "price": "price",
    "comment": "comment",
    "completed_at": "date",
    "next_date": "next_date",
    "next_price": "next_price",
    "customer_id": "customer_id",
}


def purchase_row(row: Row, read: Read) -> Row:
    made = {"completed_at" if key == "date" else key: told for key, told in row.items() if key != "_links"}
    if made.get("customer_id") is None and read.parent is not None:
        made["customer_id"] = read.parent.id
    return made


def purchase(item: Item, parent: Parent | None) -> Row:
    if getattr(parent, "options", ()):
        raise ConfigurationError(f"{describe(item.object)}: {unable('say whether a purchase earns bonus points')}")
    customer_id = parent.id if parent is not None else getattr(item.object, "customer_id", None)
    return {"customer_id": customer_id, **body_of(item, PURCHASE, "transactions")}


def home(read: Read) -> list[Pair]:
    return [] if read.parent is None else [("customer_id", str(read.parent.id))]


CUSTOMERS = Route(
    "/api/v2/customers",
    replace(CARD, delete_size=AT_ONCE),
    customer,
    encoder("customers", CUSTOMER),
    filters={"id": Filter("id"), "responsible_user_id": Filter("filter[main_user]", "many")},
    includes={**dict.fromkeys(("contacts", "companies")), "catalog_elements": "catalog_elements_links"},
)
TRANSACTIONS = Route(
    "/api/v2/transactions",
    Features(page_size=MOST, create_size=AT_ONCE, update_size=0, delete_size=AT_ONCE, is_ordered=False),
    purchase_row,
    purchase,
    filters={"id": Filter("id")},
    home=home,
)
