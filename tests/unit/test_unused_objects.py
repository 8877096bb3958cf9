"""A loop in a session over objects whose lists are read keeps few of them, and never loses a change."""

from __future__ import annotations

import weakref
from typing import Any

import pytest

from kommo_orm import Kommo, Session
from kommo_orm.sandbox import Sandbox
from kommo_orm.unit import unit_of_work
from tests.account import Deal

COUNT = 60


@pytest.fixture(autouse=True)
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_of_work, "RELEASE_FROM", 10)


@pytest.fixture
def deals(kommo: Kommo, sandbox: Sandbox) -> None:
    Deal.objects.bulk_create([Deal(name=f"deal {number}", regions=["EU"]) for number in range(COUNT)])


@pytest.mark.usefixtures("kommo")
def test_a_loop_that_reads_lists_keeps_few_objects() -> None:
    """Few: those of two pages, which the loop itself still holds, and as many again until it is looked for them."""
    Deal.objects.bulk_create([Deal(name=f"deal {number}", regions=["EU"]) for number in range(6 * 250)])
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    most = 0
    with Session() as session:
        for deal in session.query(Deal).iterate():
            assert deal.regions == ["EU"]
            alive.add(deal)
            most = max(most, len(session.unit.touched))
        del deal
    assert most <= 3 * 250
    assert len(alive) == 0


@pytest.mark.usefixtures("deals")
def test_changed_lists_are_saved_though_nobody_holds_the_objects(sandbox: Sandbox) -> None:
    with Session() as session:
        for deal in session.query(Deal).iterate():
            deal.regions.append("US")
        del deal
        report = session.flush()
    assert len(report.updated) == COUNT


@pytest.mark.usefixtures("deals")
def test_a_list_that_somebody_holds_keeps_its_object() -> None:
    with Session() as session:
        held = [deal.regions for deal in session.query(Deal).iterate()]
        for regions in held:
            regions.append("US")
        report = session.flush()
    assert len(report.updated) == COUNT


@pytest.mark.usefixtures("deals")
def test_an_object_that_somebody_holds_stays_the_only_one_of_its_row() -> None:
    with Session() as session:
        held = {deal.id: deal for deal in session.query(Deal).iterate() if deal.regions}
        again = {deal.id: deal for deal in session.query(Deal).iterate()}
        assert all(again[pk] is deal for pk, deal in held.items())
        held[min(held)].regions.clear()
        assert session.dirty == [held[min(held)]]
        session.rollback()


@pytest.mark.usefixtures("deals")
def test_pending_tags_and_set_fields_are_kept() -> None:
    with Session() as session:
        for deal in session.query(Deal).iterate():
            if deal.regions:
                deal.tags.add("vip")
                deal.name += "!"
        del deal
        assert len(session.dirty) == COUNT
        session.rollback()
