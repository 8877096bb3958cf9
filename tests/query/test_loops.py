"""Rule 12 against the embedded account: a loop that saves, updates or commits as it goes misses nothing and meets nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kommo_orm import Lead, Session
from kommo_orm.model import connection
from kommo_orm.sandbox import Sandbox
from tests.query.test_offset_pagination import ORDERS
from tests.sandbox.api_client import Clock

WHAT = st.sampled_from(["nothing", "rename", "leave", "leave by session"])


def account(count: int) -> tuple[Sandbox, Clock]:
    """Leads of price 5, each changed a second after the one before."""
    clock = Clock()
    sandbox = Sandbox(clock=clock)
    for number in range(count):
        sandbox.add("leads", name=f"Lead {number}", price=5)
        clock.now += 1
    return sandbox, clock


@settings(max_examples=60)
@given(
    count=st.integers(0, 30),
    order=st.sampled_from(ORDERS),
    page_size=st.integers(1, 7),
    deeds=st.lists(WHAT, min_size=30, max_size=30),
    in_session=st.booleans(),
)
def test_every_row_that_matched_is_met_exactly_once(count, order, page_size, deeds, in_session):
    sandbox, clock = account(count)
    expected = [row["id"] for row in sandbox.rows("leads")]
    kommo = sandbox.connect(page_size=page_size, backoff=0)
    session = Session(kommo)
    query: Any = session.query(Lead) if in_session else Lead.objects.using(kommo)
    met = []
    for lead, deed in zip(query.filter(price=5).order_by(order), deeds, strict=False):
        clock.now += 1
        met.append(lead.id)
        changed(lead, deed, session)
    kommo.close()
    connection._open.clear()
    assert sorted(met) == expected


def changed(lead: Lead, deed: str, session: Session) -> None:
    if deed == "rename":
        lead.name = f"{lead.name} again"
        lead.save()
    elif deed == "leave":
        lead.price = 0
        lead.save()
    elif deed == "leave by session":
        lead.price = 0
        session.add(lead)
        session.flush()


@pytest.mark.parametrize("order", ORDERS)
async def test_so_in_async_code_with_pages_asked_ahead(order: str):
    sandbox, clock = account(60)
    expected = [row["id"] for row in sandbox.rows("leads")]
    sandbox.latency = 0.02  # pages are worth asking ahead
    met: list[int] = []
    async with sandbox.connect(page_size=5, backoff=0):
        async for lead in Lead.objects.filter(price=5).order_by(order):  # type: ignore[arg-type]
            met.append(lead.id)
            clock.now += 1
            if lead.id % 3 == 0:
                lead.price = 0
                await lead.asave()
            elif lead.id % 3 == 1:
                lead.name = "again"
                await lead.asave()
    assert sorted(met) == expected


@pytest.mark.parametrize("order", ORDERS)
def test_so_when_pages_are_written_as_they_come(order: str):
    sandbox, clock = account(100)
    expected = [row["id"] for row in sandbox.rows("leads")]
    met: list[int] = []
    with sandbox.connect(page_size=10, backoff=0):
        for leads in Lead.objects.filter(price=5).order_by(order).pages():  # type: ignore[arg-type]
            clock.now += 1
            for lead in leads:
                lead.price = 0
                met.append(lead.id)
            Lead.objects.bulk_update(leads)
    assert sorted(met) == expected
    assert len([entry for entry in sandbox.log if entry.method == "GET"]) <= 30


def test_a_walk_that_is_left_early_asks_for_no_more():
    sandbox, _ = account(100)
    with sandbox.connect(page_size=10, backoff=0):
        walk: Iterator[Lead] = Lead.objects.iterate()
        next(walk)
        del walk
        assert len(sandbox.log) <= 2


def test_rows_that_others_add_meanwhile_come_at_the_end():
    sandbox, _ = account(10)
    with sandbox.connect(page_size=4, backoff=0):
        met = []
        for lead in Lead.objects.all():
            met.append(lead.id)
            if len(met) == 5:
                new = sandbox.add("leads", name="New", price=5)["id"]
    assert met[-1] == new
    assert len(met) == 11


def test_reading_and_writing_in_one_loop_from_several_tasks():
    """Two walks over one list in one process, each saving: each meets all that matched when it began."""

    async def work() -> None:
        sandbox, _ = account(40)
        expected = [row["id"] for row in sandbox.rows("leads")]
        sandbox.latency = 0.005
        async with sandbox.connect(page_size=5, backoff=0):
            met = await asyncio.gather(*(renamed(number) for number in range(2)))
        assert [sorted(ids) for ids in met] == [expected, expected]

    async def renamed(number: int) -> list[int]:
        ids = []
        async for lead in Lead.objects.filter(price=5).order_by("id"):
            ids.append(lead.id)
            lead.name = f"by {number}"
            await lead.asave()
        return ids

    asyncio.run(work())
