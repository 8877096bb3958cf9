"""Purchases of customers. Of a stored one only the comment can be changed, and API v4 has no way for it: both ask here.

What is answered to a change is documented nowhere: what is not refused is stored.
Source: Kommo API v2, "Transactions".
"""

from __future__ import annotations

from kommo_orm.dialects.v2.answers import parsed
from kommo_orm.dialects.v2.body import body_of
from kommo_orm.dialects.v2.faults import refusals
from kommo_orm.dialects.v2.route import AT_ONCE, MOST, Filter, Pair, Route, unable
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import Row
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.parent import Parent
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.unit.report import describe

PATH = "/api/v2/transactions"
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


# ---- comments
def is_commenting(batch: Batch) -> bool:
    return batch.kind == "transactions" and batch.verb == "update"


def commenting(batch: Batch) -> HttpRequest:
    rows = [
        {"transaction_id": item.id, **body_of(item, {"comment": "comment"}, "transactions")} for item in batch.items
    ]
    return HttpRequest("POST", PATH, json={"update": rows}, purpose=str(batch))


def commented(batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
    refused = not_commented(batch, answer)
    return {item.request_id: StoredRow(item.id or 0, {}) for item in batch.items if item.request_id not in refused}


def not_commented(batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
    return {} if answer.empty else refusals(batch, parsed(answer), answer.request.json)


TRANSACTIONS = Route(
    PATH,
    Capabilities(page_size=MOST, create_size=AT_ONCE, update_size=AT_ONCE, delete_size=AT_ONCE, is_ordered=False),
    purchase_row,
    purchase,
    filters={"id": Filter("id")},
    home=home,
)
