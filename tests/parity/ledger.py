"""Which features of the PHP library (kommo-api-php) a test proves: the rows of docs/coming-from-php.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "coming-from-php.md"
FEATURES = tuple(str(number) for number in range(1, 130))
BUGS = tuple(f"B{number}" for number in range(1, 33))
FLOWS = tuple(f"R{number}" for number in range(1, 12))

F = TypeVar("F", bound=Callable[..., Any])


def proves(*rows: int | str) -> Callable[[F], F]:
    """Mark a test as the proof of rows: features by number, bugs as `B4`, flows of the old README as `R2`."""

    def mark(test: F) -> F:
        test.proves = tuple(map(str, rows))  # type: ignore[attr-defined]
        return test

    return mark


def proofs() -> dict[str, set[str]]:
    """Tests by row, as `test_oauth.py::test_name`."""
    found: dict[str, set[str]] = {}
    for file in sorted(HERE.glob("test_*.py")):
        module = import_module(f"tests.parity.{file.stem}")
        for name, value in vars(module).items():
            for row in getattr(value, "proves", ()):
                found.setdefault(row, set()).add(f"{file.name}::{name}")
    return found


def table() -> Iterator[tuple[str, list[str]]]:
    """The rows of the page: their numbers, and the tests that they name."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and re.fullmatch(r"[BR]?\d+", cells[0]):
            yield cells[0], re.findall(r"`([^`]+)`", cells[-1])
