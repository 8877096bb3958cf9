"""Takes the time of works: the least of several runs, taken in turns, so that a busy machine disturbs all alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the processor (all threads of the process), and seconds by the clock."""

    cpu: float = inf
    clock: float = inf

    def __str__(self) -> str:
        return f"{self.cpu:.3f} s"


def measure_costs(works: Mapping[str, Work], runs: int) -> dict[str, Cost]:
    """The least cost of each work. Each runs once more before, to open and to render what is kept."""
    best = dict.fromkeys(works, Cost())
    for work in works.values():
        work()
    for _ in range(runs):
        for name, work in works.items():
            cost = measure_once(work)
            best[name] = Cost(min(best[name].cpu, cost.cpu), min(best[name].clock, cost.clock))
    return best


def measure_once(work: Work) -> Cost:
    gc.collect()
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - clock)


def measure_each(prepare: Callable[[int], list[Work]], count: int, runs: int) -> float:
    """Microseconds of one call. `prepare(count)` makes so many calls, each of which is made once and timed together."""
    best = inf
    for _ in range(runs):
        calls = prepare(count)
        gc.collect()
        gc.disable()
        try:
            began = time.process_time()
            for call in calls:
                call()
            best = min(best, time.process_time() - began)
        finally:
            gc.enable()
    return best / count * 1e6
