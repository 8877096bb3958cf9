"""Purchases of customers. Of a stored one only the comment can be changed, and API v4 has no way for it: both ask here.

What is answered to a change is documented nowhere: what is not refused is stored.
Source: Kommo API v2, "Transactions".
"""

from __future__ import annotations

from kommo_orm.dialects.common.purchase_comments import PURCHASES_PATH
from kommo_orm.dialects.v2.endpoint import AT_ONCE, MOST, Endpoint, Filter, Pair, unable
from kommo_orm.dialects.v2.write_body import body_of
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.model.parent import Parent
from kommo_orm.unit.report import describe

KEYS = {
    "price": "price",
    "comment": "comment",
    "completed_at": "date",
    "next_date": "next_date",
    "next_price": "next_price",
    "customer_id": "customer_id",
}


# ---- reading
def purchase_row(row: Row, read: ReadRequest) -> Row:
    made = {"completed_at" if key == "date" else key: told for key, told in row.items() if key != "_links"}
    if made.get("customer_id") is None and read.parent is not None:
        made["customer_id"] = read.parent.id
    return made


def home(read: ReadRequest) -> list[Pair]:
    return [] if read.parent is None else [("customer_id", str(read.parent.id))]


# ---- entering
def purchase(item: BatchItem, parent: Parent | None) -> Row:
    if getattr(parent, "options", ()):
        raise ConfigurationError(f"{describe(item.object)}: {unable('say whether a purchase earns bonus points')}")
    customer_id = parent.id if parent is not None else getattr(item.object, "customer_id", None)
    return {"customer_id": customer_id, **body_of(item, KEYS, "transactions")}


TRANSACTIONS = Endpoint(
    PURCHASES_PATH,
    Capabilities(page_size=MOST, create_size=AT_ONCE, update_size=AT_ONCE, delete_size=AT_ONCE, is_ordered=False),
    purchase_row,
    purchase,
    filters={"id": Filter("id")},
    home=home,
)
