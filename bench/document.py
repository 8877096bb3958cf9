"""Writes tables into docs/performance.md, between the comments that name the part: `<!-- figures -->`."""

from __future__ import annotations

from bench.machine import describe_day, describe_machine, describe_versions
from bench.server import ROOT

PAGE = ROOT / "docs" / "performance.md"


def describe_run() -> str:
    """On what was measured, as one paragraph."""
    return f"{describe_machine()}. {describe_versions()}. {describe_day()}."


def write_part(name: str, text: str) -> None:
    """Replace a part of the page."""
    PAGE.write_text(replace_part(PAGE.read_text(encoding="utf-8"), name, text), encoding="utf-8")


def replace_part(page: str, name: str, text: str) -> str:
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, found, rest = page.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"Writing the part {name} failed: the page lacks {start.strip()} or {end.strip()}")
    return f"{before}{start}\n{text.strip()}\n\n{end}{after}"
