"""docs/architecture.md is true: the files and names in it exist, and its layers are those of the linter."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.house.source_code import PACKAGE, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PATH = re.compile(r"(?<![\w./*])((?:\w+/)*\w+\.(?:py|toml|tsv|txt|md)|(?:\w+/)+)(?![\w*])")
NAME_IN_FILE = re.compile(r"((?:\w+/)+\w+\.py): (\w+)")


def find_place(name: str) -> Path | None:
    """The file or folder that a path on the page means: below the repository, the package or the tests."""
    places = (base / name for base in (ROOT, PACKAGE, ROOT / "tests"))
    return next((place for place in places if place.exists()), None)


def test_every_file_on_the_page_exists() -> None:
    code = "\n".join(re.findall(r"`[^`\n]+`|```text.*?```", PAGE, re.DOTALL))
    missing = {name for name in PATH.findall(code) if "/" in name.rstrip("/") or name.endswith("/")}
    missing = {name for name in missing if find_place(name) is None and not name.startswith("var/")}
    assert not missing, f"docs/architecture.md names files that do not exist: {sorted(missing)}"


def test_every_name_on_the_page_is_in_its_file() -> None:
    missing = []
    for path, name in NAME_IN_FILE.findall(PAGE):
        place = find_place(path)
        if place is None or not re.search(rf"\b{name}\b", place.read_text(encoding="utf-8")):
            missing.append(f"{path}: {name}")
    assert not missing, f"docs/architecture.md names what is not there: {missing}"


def test_the_page_shows_the_layers_of_the_linter() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in config["contracts"] if contract["id"] == "layers")
    block = re.search(r"```text\n(cli .*?)```", PAGE, re.DOTALL)
    assert block is not None
    shown = [re.findall(r"\w+", line) for line in block[1].splitlines()]
    assert shown == [re.findall(r"\w+", layer) for layer in layers], "docs/architecture.md: the layers have changed"
