"""The ledger of API coverage: every endpoint of Kommo's API, and where the library, the sandbox and the tests have it.

`endpoints.tsv` lists the endpoints; its ids never change. The `*.toml` files beside it have an entry for each endpoint:
where it is (`model`, `sync`, `async`, `test`), or the reason why the library has none.
"""

from __future__ import annotations

import ast
import csv
import inspect
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from kommo_orm.sandbox.dispatch import ROUTER
from kommo_orm.sandbox.problem_documents import HttpError

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SAMPLES = {"entity": "leads", "bot_id": "1", "continue_id": "1"}
SAME_ENDPOINT = re.compile(r"the same as (\w+)")
RAW_REQUEST = re.compile(r"reached by `Kommo\.(ajax|request)`")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A verb on a path. `{...}` in the path stands for anything within one segment."""

    section: str
    id: str
    method: str
    path: str
    evidence: str

    @property
    def local_path(self) -> str:
        """The path without its host: drive and chats have hosts of their own."""
        return re.sub(r"^(https://[^/]+|\{(amojo|drive|amomail)\})", "", self.path).partition("?")[0]

    @property
    def placeholders(self) -> int:
        return self.local_path.count("{")

    def fits(self, method: str, path: str) -> bool:
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.local_path))
        return method == self.method and re.fullmatch(f"{pattern}/?", path) is not None

    def is_reached_by(self, method: str, path: str) -> bool:
        """Whether this is the endpoint of a request: `/leads/pipelines` is not the lead whose id is "pipelines"."""
        return self in nearest(method, path)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says about one endpoint."""

    model: str = ""
    sync: str = ""
    asynchronous: str = ""
    test: str = ""
    reason: str = ""


@cache
def endpoints() -> tuple[Endpoint, ...]:
    with (HERE / "endpoints.tsv").open(encoding="utf-8", newline="") as file:
        return tuple(Endpoint(**row) for row in csv.DictReader(file, delimiter="\t"))


@cache
def nearest(method: str, path: str) -> tuple[Endpoint, ...]:
    """The endpoints that fit a request best: those with the fewest placeholders."""
    fitting = [endpoint for endpoint in endpoints() if endpoint.fits(method, path)]
    fewest = min((endpoint.placeholders for endpoint in fitting), default=0)
    return tuple(endpoint for endpoint in fitting if endpoint.placeholders == fewest)


@cache
def entries() -> dict[str, Entry]:
    """By endpoint. Raises `ValueError` for an endpoint with two entries, and for an unknown endpoint."""
    found: dict[str, Entry] = {}
    known = {endpoint.id for endpoint in endpoints()}
    for file in sorted(HERE.glob("*.toml")):
        for name, values in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if name in found or name not in known:
                raise ValueError(f"{file.name}: {name} is {'there twice' if name in found else 'no endpoint'}")
            found[name] = Entry(**{"asynchronous" if key == "async" else key: value for key, value in values.items()})
    return found


# ---- does the sandbox have it?
def is_served(endpoint: Endpoint) -> bool:
    """Whether the sandbox's table of routes has it; places are filled with a number, or with a text."""
    return any(_is_routed(endpoint, sample) for sample in ("1", "abc"))


def _is_routed(endpoint: Endpoint, sample: str) -> bool:
    path = endpoint.local_path
    for name in (part.partition("}")[0] for part in path.split("{")[1:]):
        path = path.replace(f"{{{name}}}", SAMPLES.get(name, sample))
    try:
        ROUTER.find_route(endpoint.method, path)
    except HttpError:
        return False
    return True


# ---- do the names exist?
def resolve_path(path: str) -> Any:
    """The object of a dotted path: a public name, or `module:path`. Raises `AttributeError`, `ImportError`."""
    place, _, inner = path.rpartition(":")
    found: Any = import_module(place or "kommo_orm")
    for name in inner.split("."):
        found = getattr(found, name)
    return found


def result_of(path: str) -> Any:
    """The return annotation of a function, without the wrappers of async code."""
    found = inspect.unwrap(resolve_path(path))
    result = inspect.signature(found).return_annotation
    return re.sub(r"^Async(Iterator|Generator|Iterable)\b", r"\1", result) if isinstance(result, str) else result


def functions_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def is_a_test(node: str) -> bool:
    file, _, name = node.partition("::")
    return (ROOT / file).is_file() and name.partition("[")[0].rpartition("::")[2] in set(functions_of(ROOT / file))
