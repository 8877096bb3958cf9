"""Scale: how the cost grows with the number of objects. A work of n objects costs n to the power of the exponent."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence

import httpx

from bench.figure import Figure
from bench.models import Deal
from bench.reads import connect
from bench.server import ServerProcess
from bench.setting import Setting
from bench.timing import measure_once
from bench.writes import make_deals
from kommo_orm import Kommo, Session, load

GROUP = "Scale"
LIMIT = 1.1

Measure = Callable[[Setting, int], float]
"""Seconds of the processor that a work of so many objects takes."""


def measure_scale(setting: Setting) -> Iterator[Figure]:
    """The exponents by which reading, writing and waiting grow."""
    most = 8_000 if setting.is_quick else 100_000
    sizes = [most // 8, most // 4, most // 2, most]
    with ServerProcess(most) as server:
        account = Setting(server.url, most, 1 if setting.is_quick else 2, setting.is_quick)
        for name, measure in WORKS.items():
            yield measure_growth(name, measure, account, sizes)
    waiting = [size // 10 for size in sizes] if not setting.is_quick else [250, 500, 1_000, 2_000]
    yield measure_growth("tasks that wait for the rate limit", wait_for_rate, setting, waiting)


def measure_growth(name: str, measure: Measure, setting: Setting, sizes: Sequence[int]) -> Figure:
    measure(setting, sizes[0])
    spent = {size: min(measure(setting, size) for _ in range(setting.runs)) for size in sizes}
    notes = (f"{size:,}: {seconds:.2f} s" for size, seconds in spent.items())
    return Figure(GROUP, name, fit_exponent(spent), "exponent", LIMIT, "; ".join(notes))


def fit_exponent(costs: Mapping[int, float]) -> float:
    """The slope of the line through the logarithms, by least squares."""
    logarithms = [math.log(size) for size in costs], [math.log(cost) for cost in costs.values()]
    return statistics.linear_regression(*logarithms).slope


# ---- reading
def iterate_deals(setting: Setting, count: int) -> float:
    with connect(setting):
        return measure_once(lambda: sum(1 for _ in Deal.objects.limit(count).iterate())).cpu


def hold_deals(setting: Setting, count: int) -> float:
    with connect(setting):
        return measure_once(lambda: Deal.objects.limit(count).list()).cpu


def iterate_in_session(setting: Setting, count: int) -> float:
    with connect(setting) as kommo:
        return measure_once(lambda: sum(1 for _ in Session(kommo).query(Deal).limit(count).iterate())).cpu


def read_in_bulk(setting: Setting, count: int) -> float:
    with connect(setting):
        return measure_once(lambda: Deal.objects.in_bulk(range(1, count + 1))).cpu


def include_contacts(setting: Setting, count: int) -> float:
    with connect(setting):
        return measure_once(lambda: sum(1 for _ in Deal.objects.include("contacts").limit(count).iterate())).cpu


def load_contacts(setting: Setting, count: int) -> float:
    with connect(setting):
        deals = Deal.objects.limit(count).list()
        return measure_once(lambda: load(deals, "contacts")).cpu


# ---- writing
def add_to_session(setting: Setting, count: int) -> float:
    deals = make_deals(count)
    with connect(setting) as kommo:
        session = Session(kommo)
        spent = measure_once(lambda: session.add(*deals)).cpu
        session.expunge(*deals)
        return spent


def flush_new(setting: Setting, count: int) -> float:
    with connect(setting) as kommo:
        session = Session(kommo)
        session.add(*make_deals(count))
        return measure_once(session.flush).cpu


def flush_changed(setting: Setting, count: int) -> float:
    with connect(setting) as kommo:
        session = change_deals(kommo, count)
        return measure_once(session.flush).cpu


def roll_back(setting: Setting, count: int) -> float:
    with connect(setting) as kommo:
        return measure_once(change_deals(kommo, count).rollback).cpu


def change_deals(kommo: Kommo, count: int) -> Session:
    """A session in which so many leads are changed."""
    session = Session(kommo)
    for deal in session.query(Deal).limit(count).iterate():
        deal.price = 7
    return session


# ---- waiting
def wait_for_rate(_: Setting, count: int) -> float:
    """Many tasks at once, more than the rate lets through in a second."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"id": 90}))

    async def send_all() -> None:
        async with Kommo("acme", token="x", rate=max(count / 2, 500), transport=transport) as kommo:
            await asyncio.gather(*(kommo.arequest("GET", "/api/v4/account") for _ in range(count)))

    return measure_once(lambda: asyncio.run(send_all())).cpu


WORKS: dict[str, Measure] = {
    "`iterate()`": iterate_deals,
    "`list()`": hold_deals,
    "`iterate()` in a session": iterate_in_session,
    "`in_bulk()`": read_in_bulk,
    '`include("contacts")`': include_contacts,
    "`load()`": load_contacts,
    "adding to a session": add_to_session,
    "flush of new objects": flush_new,
    "flush of changed objects": flush_changed,
    "rollback": roll_back,
}
