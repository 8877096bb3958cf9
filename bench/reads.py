"""Reading: typed objects against dicts and pydantic models of the same rows, over HTTP, in one run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator

from bench.clients import (
    open_client,
    parse_with_orjson,
    read_by_ids,
    read_dicts,
    read_dicts_with_contacts,
    read_models,
)
from bench.figure import Figure
from bench.models import CORE_FIELDS, Deal
from bench.setting import Setting
from bench.timing import Cost, Work, measure_costs
from kommo_orm import Kommo

BASE = "httpx and json"
GROUP = "Reading"


def connect(setting: Setting) -> Kommo:
    return Kommo("acme", token="x", base_url=setting.url, rate=None, timezone="Europe/Berlin")


def count_rows(rows: Iterable[object]) -> int:
    return sum(1 for _ in rows)


def check_count(setting: Setting, read: Callable[[], int], expected: int | None = None) -> Work:
    """A work that fails if it reads another number of rows than there are."""
    wanted = setting.leads if expected is None else expected

    def work() -> None:
        count = read()
        if count != wanted:
            raise RuntimeError(f"Measured {read.__name__}: it read {count} rows of {wanted}")

    return work


# ---- iterate
def measure_iterate(setting: Setting) -> Iterator[Figure]:
    """`iterate()` over all leads: nothing read, some values read, all core values read."""
    url, leads = setting.url, setting.leads
    works: dict[str, Callable[[], int]] = {
        BASE: lambda: count_rows(read_dicts(url, leads)),
        "httpx and orjson": lambda: count_rows(read_dicts(url, leads, parse_with_orjson)),
        "httpx and pydantic": lambda: count_rows(read_models(url, leads)),
        "nothing read": lambda: iterate_deals(setting),
        "2 custom and 2 core fields read": lambda: iterate_deals(setting, "budget", "source", "name", "price"),
        "all core fields read": lambda: iterate_deals(setting, *CORE_FIELDS),
        "async, nothing read": lambda: asyncio.run(count_deals(setting)),
    }
    costs = measure_costs({name: check_count(setting, work) for name, work in works.items()}, setting.runs)
    limits = {"nothing read": 0.55, "2 custom and 2 core fields read": 0.75, "all core fields read": 1.1}
    for name, cost in costs.items():
        if name != BASE:
            label = name if name.startswith("httpx") else f"`iterate()`, {name}"
            yield compare_costs(label, cost, costs[BASE], limits.get(name))


def iterate_deals(setting: Setting, *names: str) -> int:
    count = 0
    with connect(setting):
        for deal in Deal.objects.iterate():
            for name in names:
                getattr(deal, name)
            count += 1
    return count


async def count_deals(setting: Setting) -> int:
    count = 0
    async with connect(setting):
        async for _ in Deal.objects.aiterate():
            count += 1
    return count


def compare_costs(name: str, cost: Cost, base: Cost, limit: float | None = None, group: str = GROUP) -> Figure:
    """The processor time of a work as a multiple of the base; the note has the seconds and the ratio by the clock."""
    note = f"{cost.cpu:.3f} s against {base.cpu:.3f} s; by the clock {cost.clock / base.clock:.2f} x"
    return Figure(group, name, cost.cpu / base.cpu, "x dicts", limit, note)


# ---- include and in_bulk
def measure_include(setting: Setting) -> Iterator[Figure]:
    """`include("contacts")` over all leads, against a client of dicts that fetches the same rows."""
    works: dict[str, Callable[[], int]] = {
        BASE: lambda: sum(len(row["contacts"]) for row in read_dicts_with_contacts(setting.url, setting.leads)),
        "read": lambda: iterate_contacts(setting),
    }
    expected = works[BASE]()
    costs = measure_costs({name: check_count(setting, work, expected) for name, work in works.items()}, setting.runs)
    yield compare_costs('`include("contacts")`', costs["read"], costs[BASE], 0.8)


def iterate_contacts(setting: Setting) -> int:
    with connect(setting):
        return sum(1 for deal in Deal.objects.include("contacts").iterate() for _ in deal.contacts)


def measure_in_bulk(setting: Setting) -> Iterator[Figure]:
    """`in_bulk()` of every second lead, against a client of dicts that asks for 250 ids a request."""
    ids = list(range(1, setting.leads + 1, 2))

    def read_rows() -> int:
        with open_client(setting.url) as client:
            return len(read_by_ids(client, "leads", ids))

    def read_objects() -> int:
        with connect(setting):
            return len(Deal.objects.in_bulk(ids))

    works = {BASE: check_count(setting, read_rows, len(ids)), "read": check_count(setting, read_objects, len(ids))}
    costs = measure_costs(works, setting.runs)
    yield compare_costs(f"`in_bulk()` of {len(ids):,} ids", costs["read"], costs[BASE], 0.8)
