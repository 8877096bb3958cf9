"""Rooms import in one direction. Imports for type checkers count: what a file names, it depends on.

import-linter holds the same list of layers (`lint-imports`); these tests see circles of files, too.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from tests.house import limits
from tests.house.source_code import ROOT, Import, Module, read_imports, read_modules, room_of

# The package itself (`kommo_orm/__init__.py`) names everything, so a room that imports it points up.
MAY_NAME_THE_PACKAGE = {
    "cli": "stands above the package: it is a program that uses it",
    "client": "reads the version",
    "model": "names `Query` in the annotation of `Model.objects`, for type checkers",
}


@cache
def ranks() -> dict[str, int]:
    """The rank of each room in the list of layers: 0 is the top."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in config["contracts"] if contract["id"] == "layers")
    return {room: rank for rank, layer in enumerate(layers) for room in re.findall(r"\w+", layer)}


def points_up(found: Import) -> bool:
    upper, lower = room_of(found.importer), room_of(found.imported)
    known = upper in ranks() and lower in ranks()
    return known and ranks()[upper] > ranks()[lower]


def test_every_room_has_a_rank() -> None:
    rooms = {room_of(module) for module in read_modules()} - {"kommo_orm"}
    assert rooms <= ranks().keys(), "give the new room its place in the layers of pyproject.toml"


def test_no_import_points_up() -> None:
    up = [str(found) for found in read_imports() if points_up(found)]
    assert len(up) <= limits.ARROWS_UP, "imports from a lower room into a higher one:\n" + "\n".join(up)


def test_no_room_below_imports_the_package_itself() -> None:
    found = [one for one in read_imports() if room_of(one.imported) == "kommo_orm"]
    wrong = [str(one) for one in found if room_of(one.importer) not in {"kommo_orm", *MAY_NAME_THE_PACKAGE}]
    assert not wrong, "import the name from its own room:\n" + "\n".join(wrong)


def test_no_circle_of_files_reaches_over_two_rooms() -> None:
    circles = [circle for circle in find_circles(read_imports()) if len({room_of(file) for file in circle}) > 1]
    lines = ["circle of " + ", ".join(sorted(file.place for file in circle)) for circle in circles]
    files = sum(map(len, circles))
    assert files <= limits.FILES_IN_CIRCLES, "files of several rooms import each other:\n" + "\n".join(lines)


def find_circles(imports: Iterable[Import]) -> Iterator[list[Module]]:
    """The groups of files that reach each other by imports."""
    arrows: dict[Module, set[Module]] = defaultdict(set)
    for found in imports:
        if found.importer != found.imported and room_of(found.imported) != "kommo_orm":
            arrows[found.importer].add(found.imported)
    reached = {module: reach(module, arrows) for module in arrows}
    left = set(arrows)
    while left:
        first = left.pop()
        group = [other for other in reached[first] if first in reached.get(other, ())]
        left -= set(group)
        if len(group) > 1:
            yield group


def reach(start: Module, arrows: dict[Module, set[Module]]) -> set[Module]:
    """All files that a file imports, directly or by others."""
    seen: set[Module] = set()
    waiting = [start]
    while waiting:
        for module in arrows.get(waiting.pop(), ()):
            if module not in seen:
                seen.add(module)
                waiting.append(module)
    return seen
