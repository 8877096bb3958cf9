"""Periods of customers: written all together, by the older API."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kommo_orm import BadRequest, Customer, CustomerPeriod, Kommo, NotFound, QueryError, UncertainWrite
from kommo_orm.sandbox import Sandbox
from tests.account import sent

PERIODS = "/api/v2/customers_periods"


@pytest.fixture(autouse=True)
def periodicity(kommo: Kommo, sandbox: Sandbox) -> None:
    Customer.objects.enable("periodicity")
    sandbox.log.clear()


def test_they_are_replaced_all_together(kommo: Kommo, sandbox: Sandbox):
    month, quarter = CustomerPeriod.objects.replace(
        [CustomerPeriod(period=30), CustomerPeriod(period=90, color="#98cbff")]
    )
    assert sent(sandbox) == [
        ("POST", PERIODS, {"update": [{"sort": 1, "period": 30}, {"sort": 2, "period": 90, "color": "#98cbff"}]})
    ]
    assert [one.period for one in CustomerPeriod.objects] == [30, 90]
    month.period = 45
    kept, week = CustomerPeriod.objects.replace([month, CustomerPeriod(period=7, sort=9)])
    assert (kept.id, kept.period, week.period) == (month.id, 45, 7)
    assert CustomerPeriod.objects.get(week.id).sort == 9
    with pytest.raises(NotFound):
        CustomerPeriod.objects.get(quarter.id)


async def test_async_does_the_same(kommo: Kommo, sandbox: Sandbox):
    (made,) = await CustomerPeriod.objects.areplace([CustomerPeriod(period=30)])
    assert [one.id async for one in CustomerPeriod.objects.aiterate()] == [made.id]


def test_bad_input_is_refused_before_anything_is_sent(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(QueryError, match="all periods together, at least one"):
        CustomerPeriod.objects.replace([])
    with pytest.raises(ValidationError, match="one day or more"):
        CustomerPeriod(period=0)
    with pytest.raises(QueryError, match="needs its period, in days"):
        CustomerPeriod.objects.replace([CustomerPeriod(color="#98cbff")])
    with pytest.raises(AttributeError, match=r"written all together, by CustomerPeriod.objects.replace"):
        CustomerPeriod(period=5).save()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(QueryError, match="are CustomerPeriod objects"):
        CustomerPeriod.objects.replace([30])  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    assert sent(sandbox) == []


def test_errors_inside_of_a_success_are_raised(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(path=PERIODS, body={"_embedded": {"items": [], "errors": {"update": {"0": "No such colour"}}}})
    with pytest.raises(BadRequest, match="No such colour"):
        CustomerPeriod.objects.replace([CustomerPeriod(period=30, color="pink")])


def test_both_ways_of_listing_are_read(kommo: Kommo, sandbox: Sandbox):
    row = {"id": "5", "period": "30", "color": "#fff", "sort": "1", "_links": {}}
    for items in ([row], {"5": row}):
        sandbox.faults.next(path=PERIODS, body={"_embedded": {"items": items}})
        (found,) = CustomerPeriod.objects.list()
        assert (found.id, found.period, found.color, found.sort) == (5, 30, "#fff", 1)


def test_new_periods_are_never_sent_again_after_a_lost_answer(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(path=PERIODS, status=502, applied=True, when=lambda request: request.method == "POST")
    with pytest.raises(UncertainWrite):
        CustomerPeriod.objects.replace([CustomerPeriod(period=30)])
    assert len(sent(sandbox)) == 1
    (stored,) = CustomerPeriod.objects.list()
    stored.period = 60
    sandbox.faults.next(path=PERIODS, status=502, applied=True, when=lambda request: request.method == "POST")
    (again,) = CustomerPeriod.objects.replace([stored])
    assert (again.id, again.period) == (stored.id, 60)
