"""Loading costs less than plain dicts, held by ratios within one run and by counts, never by milliseconds.

The limits are those of the benchmarks, with a margin for shared machines.
"""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from bench.models import Deal
from bench.setting import Setting
from bench.timing import measure_costs
from kommo_orm import Kommo, Lead
from kommo_orm.model.field_spec import CoreSpec, CustomSpec
from tests.perf.pages import SIZE, Pages
from tests.perf.ratios import MARGIN, check_limits, untraced

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(10)


def read(pages: Pages, *names: str) -> Callable[[], int]:
    def work() -> int:
        count = 0
        with pages.connected():
            for deal in Deal.objects.all():
                for name in names:
                    getattr(deal, name)
                count += 1
        return count

    return work


@pytest.mark.parametrize("name", ["iterate", "in_bulk"])
def test_typed_models_cost_less_than_plain_dicts(name: str, setting: Setting):
    check_limits(name, setting)


def test_the_price_does_not_grow_with_fields_that_nobody_reads():
    """A class with mapped fields loads as quickly as one without."""
    pages = Pages(4)

    def bare() -> int:
        with pages.connected():
            return sum(1 for _ in Lead.objects.all())

    with untraced():
        costs = measure_costs({"bare": bare, "mapped": read(pages)}, 7)
    assert costs["mapped"].cpu <= MARGIN * costs["bare"].cpu


def test_each_page_is_asked_once_and_hydrated_once(pages: Pages, monkeypatch: pytest.MonkeyPatch):
    calls: list[int] = []
    hydrate = Deal.hydrate.__func__  # type: ignore[attr-defined]

    def counted(cls: Any, rows: Any, *rest: Any, **named: Any) -> Any:
        calls.append(len(rows))
        return hydrate(cls, rows, *rest, **named)

    monkeypatch.setattr(Deal, "hydrate", classmethod(counted))
    pages.asked = 0
    assert read(pages)() == 10 * SIZE
    assert pages.asked == 10
    assert calls == [SIZE] * 10


def test_loading_decodes_no_field_and_reading_decodes_each_once(pages: Pages, monkeypatch: pytest.MonkeyPatch):
    decoded: list[str] = []
    for kind in (CoreSpec, CustomSpec):
        real = kind.read

        def counted(spec: Any, state: Any, real: Any = real) -> Any:
            decoded.append(spec.name)
            return real(spec, state)

        monkeypatch.setattr(kind, "read", counted)
    read(pages)()
    assert decoded == []
    read(pages, "budget", "name", "name", "budget")()
    assert decoded == ["budget", "name"] * 10 * SIZE


def test_an_untouched_object_is_checked_for_changes_without_decoding_it(pages: Pages, monkeypatch: pytest.MonkeyPatch):
    with pages.connected():
        deals = Deal.objects.limit(SIZE).list()
    monkeypatch.setattr(CoreSpec, "read", None)
    monkeypatch.setattr(CustomSpec, "read", None)
    assert not any(deal.has_changes for deal in deals)


def test_memory_is_flat_in_the_number_of_leads():
    """What is held are the pages under way and the ids: 80 pages take hardly more than 20."""

    def peak(count: int) -> int:
        pages = Pages(count, fields=2)
        with pages.connected():
            tracemalloc.start()
            read_all = sum(1 for _ in Deal.objects.iterate())
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert read_all == count * SIZE
        return most

    peak(2)
    few, many = peak(20), peak(80)
    assert many <= 1.15 * few + 8 * 80 * SIZE * 2


def held_bytes(make: Callable[[], list[Any]]) -> float:
    """The bytes that one of the objects keeps in memory."""
    make()
    gc.collect()
    tracemalloc.start()
    try:
        objects = make()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / len(objects)
    finally:
        tracemalloc.stop()


def test_an_object_takes_a_third_of_the_memory_of_a_dict():
    """The promise is 4,000 bytes untouched and 6,000 after the core and three custom fields were read, for a dict of 12,000."""
    pages = Pages(4, fields=10)

    def hold(*names: str) -> list[Any]:
        with pages.connected():
            deals = Deal.objects.list()
        for deal in deals:
            for name in names:
                getattr(deal, name)
        return deals

    def hold_dicts() -> list[Any]:
        return [row for body in pages.bodies for row in json.loads(body)["_embedded"]["leads"]]

    core = [name for name, spec in Deal.__kommo_info__.fields.items() if spec.keys and spec.keys[0] in hold_dicts()[0]]
    plain = held_bytes(hold_dicts)
    assert len(core) > 12
    assert held_bytes(hold) <= 0.4 * plain
    assert held_bytes(lambda: hold(*core, "budget", "source", "remark")) <= 0.55 * plain


def test_asking_ahead_keeps_the_order(pages: Pages):
    with Kommo("acme", token="x", transport=pages.transport, rate=None, timezone="UTC", prefetch=8):
        ids = [deal.id for deal in Deal.objects.all()]
    assert ids == list(range(1, 10 * SIZE + 1))
