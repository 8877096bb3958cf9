"""Takes the time of works: the least of several runs, taken in turns, so that a busy machine disturbs all alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeVar

Work = Callable[[], object]
T = TypeVar("T")


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


def measure_each(make: Callable[[], Sequence[T]], act: Callable[[T], object], runs: int) -> float:
    """Microseconds of one action. Each run makes new things and acts once on each; calling costs nothing."""
    best, base = inf, inf
    for _ in range(runs):
        best = min(best, time_actions(make(), act))
        base = min(base, time_actions(make(), do_nothing))
    return max(best - base, 0.0) * 1e6


def time_actions(things: Sequence[T], act: Callable[[T], object]) -> float:
    """Seconds of one action, the garbage collector left out."""
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        for thing in things:
            act(thing)
        return (time.process_time() - began) / len(things)
    finally:
        gc.enable()


def do_nothing(thing: object) -> None:
    """What calling alone costs."""
