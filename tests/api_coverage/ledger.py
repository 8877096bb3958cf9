"""The ledger of API coverage: every endpoint of Kommo's API, and where the library, the sandbox and the tests have it.

`endpoints.tsv` lists the endpoints; its ids never change. The `*.toml` files beside it say of each either where it is
(`model`, `sync`, `async`, `test`) or why it is nowhere (`reason`).
"""

from __future__ import annotations

import ast
import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SAMPLES = {"entity": "leads", "bot_id": "1", "continue_id": "1"}


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

    def is_reached_by(self, method: str, path: str) -> bool:
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.local_path))
        return method == self.method and re.fullmatch(f"{pattern}/?", path) is not None


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
def entries() -> dict[str, Entry]:
    """By endpoint. Raises `ValueError` for an endpoint that two files tell of, or that there is not."""
    found: dict[str, Entry] = {}
    known = {endpoint.id for endpoint in endpoints()}
    for file in sorted(HERE.glob("*.toml")):
        for name, told in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if name in found or name not in known:
                raise ValueError(f"{file.name}: {name} is {'told of twice' if name in found else 'no endpoint'}")
            found[name] = Entry(**{"asynchronous" if key == "async" else key: value for key, value in told.items()})
    return found


# ---- do the names exist?
def resolved(path: str) -> Any:
    """What a dotted path names: in the public face, or `module:path`. Raises `AttributeError`, `ImportError`."""
    place, _, inner = path.rpartition(":")
    found: Any = import_module(place or "kommo_orm")
    for name in inner.split("."):
        found = getattr(found, name)
    return found


def functions_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def is_a_test(node: str) -> bool:
    file, _, name = node.partition("::")
    return (ROOT / file).is_file() and name.partition("[")[0].rpartition("::")[2] in set(functions_of(ROOT / file))
