"""Pace: how well slow answers are filled with requests, at the rate that Kommo allows. Seconds by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from bench.figure import Figure
from bench.models import Deal
from bench.server import configure_server
from bench.setting import Setting
from bench.timing import Work
from bench.writes import make_deals
from kommo_orm import Kommo, Session

GROUP = "Slow answers"
BATCHES = 28


def measure_pace(setting: Setting) -> Iterator[Figure]:
    """10,000 leads at 0.4 s and 1.5 s an answer, and 28 batches at 1 s, with the usual seven requests a second."""
    pages = -(-setting.leads // 250)
    counts: dict[str, int] = {}
    for delay, limit in ((0.4, None), (1.5, 8.5)):
        spent, counts = time_slow_answers(setting, delay, lambda kommo: lambda: count_deals(kommo))
        note = f"{counts['requests']} requests for {pages} pages, {counts['empty']} beyond the end"
        name = f"{setting.leads:,} leads, {delay} s an answer"
        yield Figure(GROUP, name, spent, "s", None if setting.is_quick else limit, note)
    yield Figure(GROUP, "requests beyond the end", counts["empty"], "requests", 1.0, "of the reading before")
    spent, counts = time_slow_answers(setting, 1.0, lambda kommo: lambda: flush_batches(kommo))
    yield Figure(GROUP, f"{BATCHES} batches, 1 s an answer", spent, "s", 6.0, f"{counts['requests']} requests")


def time_slow_answers(setting: Setting, delay: float, prepare: Callable[[Kommo], Work]) -> tuple[float, dict[str, int]]:
    """Seconds of a work while the server delays its answers, and what the server counted."""
    with Kommo("acme", token="x", base_url=setting.url, timezone="Europe/Berlin") as kommo:
        work = prepare(kommo)
        configure_server(setting.url, delay)
        try:
            began = time.perf_counter()
            work()
            return time.perf_counter() - began, configure_server(setting.url, 0)
        finally:
            configure_server(setting.url, 0)


def count_deals(kommo: Kommo) -> int:
    return sum(1 for _ in Deal.objects.using(kommo).iterate())


def flush_batches(kommo: Kommo) -> None:
    session = Session(kommo)
    session.add(*make_deals(BATCHES * 250))
    session.flush()
