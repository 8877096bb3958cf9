"""Memory: bytes of a row that is held, and how much a process grows while it reads a long list.

Each number comes from a process of its own (this file, run as a program), which nothing else has filled before.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator

from bench.clients import parse_with_orjson, read_dicts, read_models
from bench.figure import Figure
from bench.models import CORE_FIELDS, THREE_CUSTOM_FIELDS, Deal
from bench.process_memory import MIB, read_peak, read_resident
from bench.reads import connect
from bench.server import ROOT, ServerProcess
from bench.setting import Setting

GROUP = "Memory"

Hold = Callable[[Setting], list[object]]


# ---- what is held
def hold_dicts(setting: Setting) -> list[object]:
    return list(read_dicts(setting.url, setting.leads))


def hold_orjson_dicts(setting: Setting) -> list[object]:
    return list(read_dicts(setting.url, setting.leads, parse_with_orjson))


def hold_models(setting: Setting) -> list[object]:
    return list(read_models(setting.url, setting.leads))


def hold_objects(setting: Setting) -> list[object]:
    with connect(setting):
        return list(Deal.objects.limit(setting.leads).iterate())


def hold_read_objects(setting: Setting) -> list[object]:
    """Objects of which all core fields and three custom fields are read."""
    objects = hold_objects(setting)
    for deal in objects:
        for name in (*CORE_FIELDS, *THREE_CUSTOM_FIELDS):
            getattr(deal, name)
    return objects


HOLDS: dict[str, Hold] = {
    "dicts": hold_dicts,
    "orjson dicts": hold_orjson_dicts,
    "pydantic models": hold_models,
    "untouched": hold_objects,
    "read": hold_read_objects,
}


def weigh_traced(hold: Hold, setting: Setting) -> float:
    """Bytes a row that Python has allocated and not freed."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    held = hold(setting)
    gc.collect()
    return (tracemalloc.get_traced_memory()[0] - before) / len(held)


def weigh_resident(hold: Hold, setting: Setting) -> float:
    """Bytes a row by which the process has grown."""
    before = read_resident()
    held = hold(setting)
    gc.collect()
    return (read_resident() - before) / len(held)


# ---- what reading needs
def iterate_rows(setting: Setting) -> None:
    for _ in read_dicts(setting.url, setting.leads):
        pass


def iterate_objects(setting: Setting) -> None:
    with connect(setting):
        for _ in Deal.objects.limit(setting.leads).iterate():
            pass


def iterate_included(setting: Setting) -> None:
    with connect(setting):
        for deal in Deal.objects.include("contacts").limit(setting.leads).iterate():
            for _ in deal.contacts:
                pass


READS: dict[str, Callable[[Setting], None]] = {
    "iterate dicts": iterate_rows,
    "iterate": iterate_objects,
    "include": iterate_included,
}


def measure_growth(read: Callable[[Setting], None], setting: Setting) -> float:
    """MiB by which the process grows at most."""
    before = read_resident()
    read(setting)
    return (read_peak() - before) / MIB


# ---- figures
def measure_memory(setting: Setting) -> Iterator[Figure]:
    """Bytes of an object that is held, and the growth of a process that reads a long list."""
    limits = {"untouched": 4_000, "read": 6_000}
    labels = {
        "untouched": "an object, untouched",
        "read": "an object, all core and 3 custom fields read",
        "dicts": "a dict (json)",
        "orjson dicts": "a dict (orjson)",
        "pydantic models": "a pydantic model",
    }
    for name in HOLDS:
        traced = run_apart("traced", name, setting.url, setting.leads)
        resident = run_apart("resident", name, setting.url, setting.leads)
        note = f"{setting.leads:,} held; the process grows by {resident:,.0f} a row"
        yield Figure(GROUP, labels[name], traced, "bytes", limits.get(name), note)
    yield from measure_growths(setting)


def measure_growths(setting: Setting) -> Iterator[Figure]:
    few, many = (2_500, 10_000) if setting.is_quick else (20_000, 100_000)
    limits = {"iterate": 60.0}
    labels = {"iterate": "`iterate()`", "include": '`iterate()` with `include("contacts")`', "iterate dicts": "dicts"}
    with ServerProcess(many) as server:
        for name in READS:
            grown = {leads: run_apart("growth", name, server.url, leads) for leads in (few, many)}
            note = f"growth of the process; {grown[few]:.1f} MiB over {few:,} leads"
            yield Figure(GROUP, f"{labels[name]} over {many:,} leads", grown[many], "MiB", limits.get(name), note)


def run_apart(measure: str, name: str, url: str, leads: int) -> float:
    command = [sys.executable, "-m", "bench.memory", measure, name, url, str(leads)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"Measuring the memory of {name} failed:\n{ran.stderr}")
    return float(json.loads(ran.stdout))


def print_measure(measure: str, name: str, url: str, leads: str) -> None:
    setting, small = Setting(url, int(leads)), Setting(url, 250)
    if measure == "growth":
        READS[name](small)
        measured = measure_growth(READS[name], setting)
    else:
        HOLDS[name](small)  # imports and caches are no part of a row
        measured = {"traced": weigh_traced, "resident": weigh_resident}[measure](HOLDS[name], setting)
    sys.stdout.write(json.dumps(measured))


if __name__ == "__main__":
    print_measure(*sys.argv[1:])
