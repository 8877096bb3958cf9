"""The list of benchmarks. Each runs in a process of its own, so that none pays for what another one left behind."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from bench.figure import Figure
from bench.setting import Setting

ROOT = Path(__file__).parent.parent

Measure = Callable[[Setting], Iterator[Figure]]

BENCHMARKS = {
    "iterate": "bench.reads:measure_iterate",
    "include": "bench.reads:measure_include",
    "in_bulk": "bench.reads:measure_in_bulk",
    "memory": "bench.memory:measure_memory",
    "objects": "bench.objects:measure_objects",
    "writes": "bench.writes:measure_writes",
    "links": "bench.writes:measure_links",
    "start": "bench.start:measure_start",
    "pace": "bench.pace:measure_pace",
    "scale": "bench.scale:measure_scale",
}
"""Where the function of each benchmark is."""


def find_benchmark(name: str) -> Measure:
    module, _, function = BENCHMARKS[name].partition(":")
    measure: Measure = getattr(importlib.import_module(module), function)
    return measure


def describe_benchmark(name: str) -> str:
    return (find_benchmark(name).__doc__ or "").partition("\n")[0]


def run_benchmark(name: str, setting: Setting) -> list[Figure]:
    """Run one benchmark in a process of its own."""
    command = [sys.executable, "-m", "bench.benchmarks", name, json.dumps(asdict(setting))]
    ran = subprocess.run(command, cwd=ROOT, env=build_environment(), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"The benchmark {name} failed:\n{ran.stderr}")
    return [Figure.load(dumped) for dumped in json.loads(ran.stdout)]


def build_environment() -> dict[str, str]:
    """Without the tracing of coverage, which would count as the work of what it traces."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST"))}


if __name__ == "__main__":
    figures = find_benchmark(sys.argv[1])(Setting(**json.loads(sys.argv[2])))
    sys.stdout.write(json.dumps([figure.dump() for figure in figures]))
