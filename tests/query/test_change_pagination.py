"""An order by the time of change is complete though a colleague changes rows between the pages."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from kommo_orm import FilterIgnored, Lead
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.query.change_pagination import ChangePaginator, TimeRange, find_overlapping_page
from kommo_orm.query.seen_ids import SeenIds
from kommo_orm.sandbox import Sandbox
from kommo_orm.transport.flow import EmitValue, Flow
from tests.sandbox.api_client import Clock

ORDERS = ("updated_at", "-updated_at")


class Service:
    """Rows with a time of change, which a colleague changes or deletes before each page is read. Equal times have no order."""

    def __init__(self, times: dict[int, int], dice: random.Random, deed: Callable[[Service], None]) -> None:
        self.times, self.dice, self.deed, self.calls = times, dice, deed, 0
        self.now = max(times.values(), default=0)

    def fetch(self, request: ReadRequest, number: int, size: int) -> Flow[Page]:
        self.deed(self)
        self.calls += 1
        wanted = TimeRange()
        for term in request.terms:
            low, high = {"gte": (term.value, None), "lte": (None, term.value)}.get(term.op) or term.value
            wanted = TimeRange(low, high)
        found = [(pk, time) for pk, time in self.times.items() if wanted.contains(time)]
        self.dice.shuffle(found)
        assert request.order is not None
        name, descending = request.order
        found.sort(key=lambda one: one[0] if name == "id" else one[1], reverse=descending)
        part = found[(number - 1) * size : number * size]
        return Page([{"id": pk, "updated_at": time} for pk, time in part], last=number * size >= len(found))
        yield

    def change(self, most: int, *, deletes: bool) -> None:
        for pk in self.dice.sample(sorted(self.times), min(len(self.times), self.dice.randrange(most + 1))):
            if deletes and self.dice.random() < 0.3:
                del self.times[pk]
            else:
                self.times[pk] = self.now
        self.now += self.dice.randrange(2)


def read(service: Service, order: str, size: int, most: int | None = None) -> list[int]:
    request = ReadRequest("leads", order=(order.removeprefix("-"), order.startswith("-")))
    paginator = ChangePaginator(service.fetch, request, size=size, select_new=SeenIds().select_new, most=most)
    met: list[int] = []
    for effect in paginator.paginate():
        assert isinstance(effect, EmitValue)
        met += [row["id"] for row in effect.value]
    return met


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("seed", range(60))
def test_no_row_is_lost_under_changes_and_deletions_by_others(order: str, seed: int):
    dice = random.Random(seed)
    count, seconds, size = dice.randrange(400), dice.choice([1, 3, 400]), dice.choice([1, 2, 7, 25])
    times = {pk: dice.randrange(seconds) for pk in range(1, count + 1)}
    left = {"calls": 60}  # the colleague stops some time, else a short page never reaches the end

    def change(service: Service) -> None:
        left["calls"] -= 1
        if left["calls"] > 0:
            service.change(6, deletes=True)

    service = Service(times, dice, change)
    met = read(service, order, size)
    assert set(service.times) <= set(met)
    assert len(met) == len(set(met))


@pytest.mark.parametrize("order", ORDERS)
def test_without_changes_it_costs_about_one_request_a_page(order: str):
    calm = Service({pk: pk for pk in range(1, 2001)}, random.Random(1), lambda service: None)
    assert len(read(calm, order, 250)) == 2000
    assert calm.calls <= 10
    same = Service(dict.fromkeys(range(1, 2001), 5), random.Random(1), lambda service: None)
    assert sorted(read(same, order, 250)) == list(range(1, 2001))
    assert same.calls <= (13 if order == "updated_at" else 25)  # the newest second is read again at the end


@pytest.mark.parametrize("order", ORDERS)
def test_a_limit_and_a_single_page_cost_what_they_did(order: str):
    calm = Service({pk: pk for pk in range(1, 201)}, random.Random(1), lambda service: None)
    assert len(read(calm, order, 250)) == 200
    assert calm.calls == 1
    assert len(read(calm, order, 20, most=20)) == 20
    assert calm.calls == 2


def test_pages_overlap_by_a_row_wherever_they_begin():
    for end in range(1, 2000):
        place = find_overlapping_page(end, 7)
        assert place.start < end < place.start + place.size


@pytest.mark.parametrize("order", ORDERS)
def test_a_service_that_ignores_the_filter_is_noticed(order: str):
    def ignore(request: ReadRequest, number: int, size: int) -> Flow[Page]:
        return Page([{"id": pk, "updated_at": pk} for pk in range(10)][:: -1 if order[0] == "-" else 1], last=False)
        yield

    request = ReadRequest("leads", order=(order.removeprefix("-"), order.startswith("-")))
    paginator = ChangePaginator(ignore, request, size=10, select_new=SeenIds().select_new)
    with pytest.raises(FilterIgnored, match=r"Leave order_by\(\) out"):
        list(paginator.paginate())


@pytest.mark.parametrize("order", ORDERS)
def test_a_colleague_at_5000_rows_of_the_sandbox_makes_none_be_lost(order: Any):
    clock, dice = Clock(), random.Random(7)
    sandbox = Sandbox(clock=clock)
    for number in range(5000):
        sandbox.add("leads", name=f"Lead {number}")
        clock.now += number % 50 == 0
    ids = [row["id"] for row in sandbox.rows("leads")]
    met: list[int] = []
    with sandbox.connect(backoff=0) as kommo, sandbox.connect(backoff=0) as colleague:
        for leads in Lead.objects.using(kommo).order_by(order).pages():
            met += [lead.id for lead in leads]
            clock.now += 1
            changes = [{"id": pk, "name": "changed"} for pk in dice.sample(ids, 40)]
            if len(met) < 5000:
                colleague.request("PATCH", "/api/v4/leads", json=changes)
    assert sorted(met) == ids
