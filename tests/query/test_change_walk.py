"""`changed_since`: what changed since a moment, with a watermark to go on from."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from kommo_orm import Lead, QueryError, Task
from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import Clock

BEGINNING = datetime(2001, 1, 1, tzinfo=UTC)


def make_account(count: int) -> tuple[Sandbox, Clock]:
    clock = Clock()
    sandbox = Sandbox(clock=clock)
    for number in range(count):
        sandbox.add("leads", name=f"Lead {number}")
        clock.now += number % 20 == 0
    return sandbox, clock


def test_a_copy_that_is_resumed_after_each_page_is_complete_under_changes_by_others():
    sandbox, clock = make_account(2000)
    dice, copy, stored = random.Random(3), dict[int, str](), BEGINNING
    ids = [row["id"] for row in sandbox.rows("leads")]
    with sandbox.connect(backoff=0, page_size=100) as kommo, sandbox.connect(backoff=0) as colleague:
        for turn in range(60):
            walk = Lead.objects.using(kommo).changed_since(stored)
            copy.update({lead.id: lead.name for lead in next(walk.pages(), [])})
            stored = walk.watermark
            if turn < 20:
                clock.now += 1
                changes = [{"id": pk, "name": f"turn {turn}"} for pk in dice.sample(ids, 30)]
                colleague.request("PATCH", "/api/v4/leads", json=changes)
    assert copy == {row["id"]: row["name"] for row in sandbox.rows("leads")}


def test_the_watermark_moves_when_the_objects_of_a_page_are_done():
    sandbox, _ = make_account(100)
    with sandbox.connect(backoff=0, page_size=50):
        walk = Lead.objects.changed_since(BEGINNING)
        loop = iter(walk)
        for _ in range(50):
            last = next(loop)
        assert walk.watermark == BEGINNING
        next(loop)
        assert walk.watermark == last.updated_at
        assert next(walk.pages())[-1].updated_at == walk.watermark


def test_a_row_comes_again_only_with_another_time():
    sandbox, clock = make_account(60)
    versions = []
    with sandbox.connect(backoff=0, page_size=10) as kommo:
        for number, lead in enumerate(Lead.objects.changed_since(BEGINNING)):
            versions.append((lead.id, lead.updated_at))
            if number in (5, 25):
                clock.now += 1
                kommo.request("PATCH", f"/api/v4/leads/{lead.id}", json={"name": "again"})
    assert len(versions) == len(set(versions)) == 62
    assert [time for _, time in versions] == sorted(time for _, time in versions)


def test_a_poll_that_finds_nothing_new_costs_one_request():
    sandbox, clock = make_account(60)
    with sandbox.connect(backoff=0) as kommo:
        walk = Lead.objects.changed_since(BEGINNING)
        assert len(list(walk)) == 60
        before = len(sandbox.log)
        again = list(walk)
        assert {lead.updated_at for lead in again} == {walk.watermark}
        assert len(sandbox.log) == before + 1
        clock.now += 5
        kommo.request("PATCH", f"/api/v4/leads/{again[0].id}", json={"name": "again"})
        assert again[0].id in [lead.id for lead in walk]


async def test_async_loops_do_the_same():
    sandbox, _ = make_account(60)
    async with sandbox.connect(backoff=0, page_size=25):
        walk = Lead.objects.changed_since(BEGINNING)
        assert len([lead async for lead in walk]) == 60
        assert walk.watermark > BEGINNING
        walk = Lead.objects.changed_since(BEGINNING)
        assert sum([len(leads) async for leads in walk.apages()]) == 60


def test_filters_apply_and_none_finds_nothing():
    sandbox, _ = make_account(3)
    with sandbox.connect(backoff=0):
        assert [lead.name for lead in Lead.objects.filter(name="Lead 1").changed_since(BEGINNING)] == ["Lead 1"]
        assert list(Lead.objects.none().changed_since(BEGINNING)) == []


def test_what_it_cannot_do_is_refused():
    sandbox, _ = make_account(1)
    with sandbox.connect(backoff=0):
        for wrong, message in (
            (lambda: Lead.objects.changed_since(datetime(2026, 1, 1)), "datetime with a time zone"),  # noqa: DTZ001
            (lambda: Lead.objects.order_by("-updated_at").changed_since(BEGINNING), "its own order"),
            (lambda: Lead.objects.limit(5).changed_since(BEGINNING), "no limit"),
            (lambda: Lead.objects.deleted().changed_since(BEGINNING), "does not order Lead"),
            (lambda: Task.objects.changed_since(BEGINNING), "does not order Task"),
            (lambda: Lead.objects.filter(updated_at__gte=BEGINNING).changed_since(BEGINNING), "filters by updated_at"),
        ):
            with pytest.raises(QueryError, match=message):
                wrong()
