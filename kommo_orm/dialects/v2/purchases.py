"""Purchases of customers. Changes of their comments are in `common/purchase_comments`.

Source: Kommo API v2, "Transactions".
"""

from __future__ import annotations

from kommo_orm.dialects.common.purchase_comments import PURCHASES_PATH
from kommo_orm.dialects.v2.endpoint import BATCH_SIZE, MAX_PAGE_SIZE, Endpoint, Filter, ListRules, Pair, ParentRules
from kommo_orm.dialects.v2.unsupported import build_unsupported_error
from kommo_orm.dialects.v2.write_body import build_body
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.parent import Parent

KEYS = {
    "price": "price",
    "comment": "comment",
    "completed_at": "date",
    "next_date": "next_date",
    "next_price": "next_price",
    "customer_id": "customer_id",
}


def decode_purchase(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of a purchase."""
    purchase = {"completed_at" if key == "date" else key: value for key, value in row.items() if key != "_links"}
    if purchase.get("customer_id") is None and read.parent is not None:
        purchase["customer_id"] = read.parent.id
    return purchase


def encode_purchase(item: BatchItem, parent: Parent | None) -> MutableRow:
    """The body of a new purchase."""
    if getattr(parent, "options", ()):
        raise build_unsupported_error(item, "say whether a purchase earns bonus points")
    customer_id = parent.id if parent is not None else getattr(item.object, "customer_id", None)
    return {"customer_id": customer_id, **build_body(item, KEYS, "transactions")}


def build_customer_params(read: ReadRequest) -> list[Pair]:
    """The customer whose purchases are read."""
    return [] if read.parent is None else [("customer_id", str(read.parent.id))]


PURCHASES = Endpoint(
    PURCHASES_PATH,
    Capabilities(
        page_size=MAX_PAGE_SIZE,
        create_size=BATCH_SIZE,
        update_size=BATCH_SIZE,
        delete_size=BATCH_SIZE,
        is_ordered=False,
    ),
    decode_purchase,
    encode_purchase,
    ListRules(filters={"id": Filter("id")}),
    parent=ParentRules(build_customer_params),
)
