"""Pages of leads as an account sends them, ready-made: what is measured is the reading."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import httpx
from coverage import Coverage

from kommo_orm import Kommo, Lead, MultiSelect, Number, Select, Text, custom

SIZE = 250
FIRST_FIELD = 9001


class Deal(Lead):
    budget: Number = custom(FIRST_FIELD)
    source: Select = custom(FIRST_FIELD + 1)
    regions: MultiSelect = custom(FIRST_FIELD + 2)
    remark: Text = custom(FIRST_FIELD + 3)


def custom_value(index: int, pk: int) -> dict[str, Any]:
    kind = ("numeric", "select", "multiselect", "text")[index % 4]
    chosen = {"value": "Web", "enum_id": 5, "enum_code": None}
    values = {
        "numeric": [{"value": str(pk)}],
        "select": [chosen],
        "multiselect": [chosen, {"value": "Call", "enum_id": 6}],
    }
    name = f"Field {index}"
    value = values.get(kind, [{"value": f"text of {pk}"}])
    head = {"field_id": FIRST_FIELD + index, "field_name": name, "field_code": None, "field_type": kind}
    return {**head, "values": value, "is_computed": False}


def lead(pk: int, fields: int) -> dict[str, Any]:
    href = f"https://acme.kommo.com/api/v4/leads/{pk}?page=1&limit=250"
    return {
        "id": pk,
        "name": f"Lead {pk}",
        "price": pk,
        "responsible_user_id": 51,
        "group_id": 0,
        "status_id": 142,
        "pipeline_id": 7,
        "loss_reason_id": None,
        "created_by": 51,
        "updated_by": 0,
        "created_at": 1_700_000_000 + pk,
        "updated_at": 1_700_000_000 + pk,
        "closed_at": 1_700_000_000 + pk,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": [custom_value(index, pk) for index in range(fields)],
        "score": None,
        "account_id": 90,
        "labor_cost": None,
        "is_price_computed": False,
        "_links": {"self": {"href": href}},
        "_embedded": {
            "tags": [{"id": 1, "name": "vip", "color": None}],
            "companies": [{"id": 5}],
            "contacts": [{"id": 6, "is_main": True}],
        },
    }


class Pages:
    """A transport that answers with pages made before. `asked` counts requests."""

    def __init__(self, pages: int, fields: int = 10) -> None:
        self.count, self.asked = pages, 0
        self.bodies = [self._body(number, fields) for number in range(1, pages + 1)]
        self.transport = httpx.MockTransport(self.answer)

    def _body(self, number: int, fields: int) -> bytes:
        links = {"next": {"href": "x"}} if number < self.count else {}
        rows = [lead((number - 1) * SIZE + index + 1, fields) for index in range(SIZE)]
        return json.dumps({"_page": number, "_links": links, "_embedded": {"leads": rows}}).encode()

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        number = int(parse_qs(request.url.query.decode())["page"][0])
        return httpx.Response(200, headers={"content-type": "application/hal+json"}, content=self.bodies[number - 1])

    def connected(self) -> Kommo:
        return Kommo("acme", token="x", transport=self.transport, rate=None)

    def plain(self) -> int:
        """What everybody can do by hand: httpx, and `json.loads` into dicts."""
        read = 0
        with httpx.Client(
            base_url="https://acme.kommo.com", headers={"authorization": "Bearer x"}, transport=self.transport
        ) as client:
            for number in range(1, self.count + 1):
                answer = client.get("/api/v4/leads", params={"page": number, "limit": SIZE, "with": "contacts"})
                read += len(json.loads(answer.content)["_embedded"]["leads"])
        return read


@contextmanager
def untraced() -> Iterator[None]:
    """Without coverage's tracing, which would count as the work of what it traces."""
    tracer = Coverage.current()
    if tracer is not None:
        tracer.stop()
    try:
        yield
    finally:
        if tracer is not None:
            tracer.start()


def cheapest(*works: Callable[[], object], runs: int = 7) -> list[float]:
    """Processor seconds of each, the least of several runs taken in turns."""
    best = [float("inf")] * len(works)
    with untraced():
        for _ in range(runs):
            for index, work in enumerate(works):
                gc.collect()
                began = time.process_time()
                work()
                best[index] = min(best[index], time.process_time() - began)
    return best
