"""Objects to write, a transport that answers at once, and a plain pydantic model of the same fields to compare with."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from types import FrameType
from typing import Any

import httpx
from pydantic import BaseModel

from bench.models import Deal
from bench.rows import make_lead
from kommo_orm import Kommo, Session


class PlainDeal(BaseModel):
    """The fields of `Deal`, as pydantic alone has them."""

    id: int | None = None
    name: str | None = None
    price: Decimal | None = None
    responsible_user_id: int | None = None
    group_id: int | None = None
    status_id: int | None = None
    pipeline_id: int | None = None
    loss_reason_id: int | None = None
    created_by: int | None = None
    updated_by: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    closest_task_at: datetime | None = None
    is_deleted: bool | None = None
    score: int | None = None
    account_id: int | None = None
    labor_cost: int | None = None
    is_price_computed: bool | None = None
    visitor_uid: str | None = None
    budget: Decimal | None = None
    source: str | None = None
    regions: list[str] | None = None
    remark: str | None = None
    signed: date | None = None


def answer_write(request: httpx.Request) -> httpx.Response:
    """Answer a creation or an update of leads as the service does: with ids and little more."""
    rows = json.loads(request.content)
    rows = rows if isinstance(rows, list) else [rows]
    stored = [
        {"id": row.get("id", 1_000_000 + place), "request_id": row.get("request_id"), "updated_at": 1_800_000_000}
        for place, row in enumerate(rows)
    ]
    body = json.dumps({"_links": {}, "_embedded": {"leads": stored}}).encode()
    return httpx.Response(200, headers={"content-type": "application/hal+json"}, content=body)


def connect() -> Kommo:
    return Kommo("acme", token="x", transport=httpx.MockTransport(answer_write), rate=None)


def add_new_deals(session: Session, count: int) -> list[Deal]:
    deals = [Deal(name=f"Lead {number}", price=number, budget=number, remark="new") for number in range(count)]
    session.add(*deals)
    return deals


def change_deals(session: Session, count: int) -> list[Deal]:
    rows = [make_lead(pk) for pk in range(1, count + 1)]
    deals: list[Deal] = session.unit.admit_rows(Deal, rows, session.connection, frozenset())
    for deal in deals:
        deal.price = 0
    return deals


def read_deals(session: Session, count: int) -> list[Deal]:
    rows = [make_lead(pk) for pk in range(1, count + 1)]
    deals: list[Deal] = session.unit.admit_rows(Deal, rows, session.connection, frozenset())
    for deal in deals:
        assert deal.name
    return deals


def count_calls(action: Callable[[], object]) -> int:
    """Count the functions of Python that an action enters, generators resumed included, in this thread."""
    calls = 0

    def note(_frame: FrameType, event: str, _: Any) -> None:
        nonlocal calls
        calls += event == "call"

    gc.collect()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return calls


def construct_deals(count: int) -> Callable[[], list[Deal]]:
    return lambda: [Deal(name="Roof", price=5, budget=7, remark="new") for _ in range(count)]


def construct_plain(count: int) -> Callable[[], list[PlainDeal]]:
    return lambda: [PlainDeal(name="Roof", price=Decimal(5), budget=Decimal(7), remark="new") for _ in range(count)]
