"""What one object costs: reading and writing an attribute, constructing, comparing, copying. Microseconds a call."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from bench.clients import read_dicts, read_models
from bench.figure import Figure
from bench.models import Deal, PlainLead, PlainPrice
from bench.reads import connect
from bench.setting import Setting
from bench.timing import measure_each

GROUP = "One object"
COUNT = 2_000

Act = Callable[[Any], object]

READS = ("budget", "source", "regions", "remark", "signed")
"""Custom fields: a number, an option, several options, text and a day."""

CORE_READS = ("id", "name", "price", "created_at")


class ObjectBench:
    """Fresh objects, models and dicts of the same rows, for each action."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.runs = setting, 3 if setting.is_quick else 10
        self.count = min(COUNT, setting.leads)

    def load_deals(self) -> Sequence[Deal]:
        with connect(self.setting):
            return Deal.objects.limit(self.count).list()

    def load_changed_deals(self) -> Sequence[Deal]:
        """Deals of which a core field and a custom field are changed."""
        deals = self.load_deals()
        for deal in deals:
            deal.price += 1
            deal.budget = 7
        return deals

    def load_read_deals(self) -> Sequence[Deal]:
        deals = self.load_deals()
        for deal in deals:
            for name in (*READS, *CORE_READS):
                getattr(deal, name)
        return deals

    def load_models(self) -> Sequence[PlainLead]:
        return list(read_models(self.setting.url, self.count))

    def load_dicts(self) -> Sequence[dict[str, Any]]:
        return list(read_dicts(self.setting.url, self.count))

    def count_up(self) -> Sequence[int]:
        return range(self.count)

    def time_action(self, make: Callable[[], Sequence[Any]], act: Act) -> float:
        return measure_each(make, act, self.runs)


def measure_objects(setting: Setting) -> Iterator[Figure]:
    """First reads, constructing, attribute writes, `has_changes`, `to_payload()`, `clone()`."""
    bench = ObjectBench(setting)
    yield from measure_reads(bench)
    yield from measure_construction(bench)
    yield from measure_attributes(bench)
    yield from measure_changes(bench)
    yield from measure_copies(bench)


def measure_reads(bench: ObjectBench) -> Iterator[Figure]:
    for name in READS:
        spent = bench.time_action(bench.load_deals, attrgetter(name))
        yield Figure(GROUP, f"first read of a custom field: `{name}`", spent, "us", 4.0)
    for name in CORE_READS:
        spent = bench.time_action(bench.load_deals, attrgetter(name))
        yield Figure(GROUP, f"first read of a core field: `{name}`", spent, "us")
    yield Figure(GROUP, "second read", bench.time_action(bench.load_read_deals, lambda deal: deal.budget), "us")


def compare_actions(name: str, spent: float, base: float, other: str, limit: float | None = None) -> Figure:
    """Microseconds, and how many times as much as the base."""
    return Figure(GROUP, name, spent, "us", limit, f"{other}: {base:.2f} us, so {spent / base:.1f} x")


def measure_construction(bench: ObjectBench) -> Iterator[Figure]:
    spent = bench.time_action(bench.count_up, lambda pk: Deal(name="Roof", price=pk))
    given: dict[str, Any] = bench.load_models()[0].model_dump(by_alias=True)
    whole = bench.time_action(bench.count_up, lambda pk: PlainLead(**given))
    base = bench.time_action(bench.count_up, lambda pk: PlainPrice(name="Roof", price=pk))
    yield compare_actions("constructing `Deal(name=..., price=...)`", spent, base, "pydantic, 2 fields", 6.0)
    spent = bench.time_action(bench.count_up, lambda pk: Deal(name="Roof", price=pk, budget=pk, source="Phone call"))
    yield compare_actions("constructing it with 2 custom fields", spent, whole, "pydantic, the whole row")


def measure_attributes(bench: ObjectBench) -> Iterator[Figure]:
    base = bench.time_action(bench.load_models, lambda model: setattr(model, "price", 7))
    core = bench.time_action(bench.load_deals, lambda deal: setattr(deal, "price", 7))
    custom = bench.time_action(bench.load_deals, lambda deal: setattr(deal, "budget", 7))
    yield compare_actions("writing a core field", core, base, "pydantic", 2.0)
    yield compare_actions("writing a custom field", custom, base, "pydantic", 2.0)


def measure_changes(bench: ObjectBench) -> Iterator[Figure]:
    untouched = bench.time_action(bench.load_deals, lambda deal: deal.has_changes)
    yield Figure(GROUP, "`has_changes`, untouched", untouched, "us")
    changed = bench.time_action(bench.load_changed_deals, lambda deal: deal.has_changes)
    yield Figure(GROUP, "`has_changes`, 2 fields changed", changed, "us")
    payload = bench.time_action(bench.load_changed_deals, lambda deal: deal.to_payload())
    yield Figure(GROUP, "`to_payload()`, 2 fields changed", payload, "us")


def measure_copies(bench: ObjectBench) -> Iterator[Figure]:
    raw = bench.time_action(bench.load_deals, lambda deal: deal.raw)
    base = bench.time_action(bench.load_dicts, copy.deepcopy)
    yield compare_actions("`raw` of a loaded object", raw, base, "deepcopy of a dict")
    clone = bench.time_action(bench.load_deals, lambda deal: deal.clone())
    yield compare_actions("`clone()`", clone, base, "deepcopy of a dict")
    dump = bench.time_action(bench.load_deals, lambda deal: deal.model_dump())
    plain = bench.time_action(bench.load_models, lambda model: model.model_dump())
    yield compare_actions("`model_dump()`", dump, plain, "pydantic")
