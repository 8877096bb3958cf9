"""Runs a benchmark until its figures keep their limits: a busy machine only makes a work dearer, never cheaper."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from coverage import Coverage

from bench.benchmarks import run_benchmark
from bench.figure import Figure
from bench.setting import Setting

MARGIN = 1.25
"""Room for a shared machine."""

TRIES = 5


def measure_best(name: str, setting: Setting) -> dict[str, Figure]:
    """The least value of each figure that has a limit, of as many runs as are needed."""
    best: dict[str, Figure] = {}
    for _ in range(TRIES):
        for figure in run_benchmark(name, setting):
            known = best.get(figure.name, figure)
            best[figure.name] = min(known, figure, key=lambda one: one.value)
        if not find_exceeded(best):
            break
    return best


def find_exceeded(figures: dict[str, Figure]) -> list[Figure]:
    """Figures above their limit, with the margin."""
    return [one for one in figures.values() if one.limit is not None and one.value > MARGIN * one.limit]


def check_limits(name: str, setting: Setting) -> None:
    best = measure_best(name, setting)
    assert best
    assert not find_exceeded(best)


@contextmanager
def untraced() -> Iterator[None]:
    """Without tracing, which would count as the work of what it traces. There may be more than one tracer."""
    coverage = Coverage.current()
    if coverage is not None:
        coverage.stop()
    other = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(other)
        if coverage is not None:
            coverage.start()
