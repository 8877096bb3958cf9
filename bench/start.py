"""Starting: a model and the first query in a new process, against pydantic and httpx used once."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from math import inf

from bench.figure import Figure
from bench.server import ROOT
from bench.setting import Setting

GROUP = "Starting"

BASE = """
import httpx
from pydantic import BaseModel, Field

class Lead(BaseModel):
    id: int
    name: str
    price: int
    budget: float | None = None

class Rows(BaseModel):
    leads: list[Lead]

class Page(BaseModel):
    rows: Rows = Field(alias="_embedded")

with httpx.Client(base_url={url!r}, headers={{"authorization": "Bearer x"}}) as client:
    page = Page.model_validate_json(client.get("/api/v4/leads", params={{"limit": 1}}).content)
assert page.rows.leads[0].id == 1
"""

FIRST_QUERY = """
from kommo_orm import Kommo, Lead, Number, custom

class Deal(Lead):
    budget: Number = custom(9001)

with Kommo("acme", token="x", base_url={url!r}):
    deal = Deal.objects.limit(1).first()
assert deal.id == 1
"""

IMPORT = "from kommo_orm import Kommo, Lead"
BASE_IMPORT = "import httpx, pydantic"
COUNT_MODULES = f"{IMPORT}; import sys; print(sum(name.partition('.')[0] == 'kommo_orm' for name in sys.modules))"


def measure_start(setting: Setting) -> Iterator[Figure]:
    """Importing, the first query and the command's help, in new processes."""
    works: dict[str, Sequence[str]] = {
        "base": ["-c", BASE.format(url=setting.url)],
        "query": ["-c", FIRST_QUERY.format(url=setting.url)],
        "help": ["-m", "kommo_orm.cli", "--help"],
        "import": ["-c", IMPORT],
        "base import": ["-c", BASE_IMPORT],
    }
    spent = dict.fromkeys(works, inf)
    for _ in range(3 if setting.is_quick else 10):
        for name, arguments in works.items():
            spent[name] = min(spent[name], time_process(arguments))
    yield compare_starts("a model and the first query", spent["query"], spent["base"], "x base", 1.5)
    yield compare_starts("`kommo-orm --help`", spent["help"], spent["base"], "x base", 1.2)
    yield compare_starts("`from kommo_orm import Kommo, Lead`", spent["import"], spent["base import"], "x import")
    yield Figure(GROUP, "modules that this import loads", float(run_python(["-c", COUNT_MODULES])), "modules")


def compare_starts(name: str, spent: float, base: float, unit: str, limit: float | None = None) -> Figure:
    other = "importing httpx and pydantic" if unit == "x import" else "httpx and pydantic used once"
    return Figure(GROUP, name, spent / base, unit, limit, f"{spent:.3f} s against {base:.3f} s of {other}")


def time_process(arguments: Sequence[str]) -> float:
    """Seconds of the processor that a new Python takes for a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run_python(arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run_python(arguments: Sequence[str]) -> str:
    ran = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"Starting python {arguments[0]} failed:\n{ran.stderr}")
    return ran.stdout
