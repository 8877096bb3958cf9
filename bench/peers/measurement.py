"""Runs one adapter in its environment and prints what it measured. Needs nothing but Python and the adapter's client."""

from __future__ import annotations

import contextlib
import gc
import json
import sys
import time
from importlib import import_module

from bench.process_memory import MIB, read_peak, read_resident


def measure_peer(adapter: str, url: str, leads: int, runs: int) -> dict[str, float]:
    """Seconds by the clock and of the processor (the least of several runs), and MiB by which the process grows."""
    load = import_module(f"bench.peers.adapters.{adapter}").connect(url, leads)
    before = read_resident()
    counts: list[int] = []
    spent: list[tuple[float, float]] = []
    for _ in range(runs):
        gc.collect()
        clock, cpu = time.perf_counter(), time.process_time()
        counts.append(load())
        spent.append((time.perf_counter() - clock, time.process_time() - cpu))
    seconds, processor = (min(values) for values in zip(*spent, strict=True))
    return {"leads": min(counts), "seconds": seconds, "cpu": processor, "memory": (read_peak() - before) / MIB}


if __name__ == "__main__":
    name, url, leads, runs = sys.argv[1:]
    with contextlib.redirect_stdout(sys.stderr):  # some clients print
        measured = measure_peer(name, url, int(leads), int(runs))
    sys.stdout.write(json.dumps(measured))
