"""The package: what it needs, and that its types are known."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import kommo_orm
from tests.parity.ledger import proves

PROJECT = tomllib.loads((Path(kommo_orm.__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


@proves(128)
def test_the_package_needs_no_tool_of_its_tests() -> None:
    assert PROJECT["requires-python"] == ">=3.11"
    needed = {re.split(r"[<>=!~\[; ]", line)[0] for line in PROJECT["dependencies"]}
    assert {"httpx", "pydantic", "tenacity"} <= needed
    assert not needed & {"pytest", "mypy", "vcrpy", "hypothesis"}


@proves(128)
def test_its_types_are_known_to_checkers() -> None:
    assert Path(kommo_orm.__file__).with_name("py.typed").is_file()
