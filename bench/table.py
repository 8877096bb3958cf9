"""Prints tables: for a terminal, as Markdown, and figures as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from bench.figure import Figure

HEAD = ("What", "Measured", "At most", "Met", "How it was computed")

Row = Sequence[str]


def render_figures(figures: Iterable[Figure]) -> str:
    """One table, with a line above the figures of each group."""
    lines: list[Row] = [HEAD]
    for group, members in groupby(figures, key=lambda figure: figure.group):
        lines += [(group.upper(), "", "", "", ""), *map(make_row, members)]
    return align_columns(lines)


def render_figures_as_markdown(figures: Iterable[Figure]) -> str:
    """One table for each group, below a heading."""
    parts = [
        f"### {group}\n\n{render_markdown(HEAD, map(make_row, members))}"
        for group, members in groupby(figures, key=lambda figure: figure.group)
    ]
    return "\n\n".join(parts)


def render_figures_as_json(figures: Iterable[Figure]) -> str:
    return json.dumps([figure.dump() for figure in figures], indent=2)


def load_figures(files: Iterable[Path]) -> list[Figure]:
    """Figures that were saved as JSON before."""
    return [Figure.load(dumped) for file in files for dumped in json.loads(file.read_text(encoding="utf-8"))]


def make_row(figure: Figure) -> Row:
    limit = "" if figure.limit is None else format_value(figure.limit)
    met = {None: "", True: "yes", False: "no"}[figure.is_met]
    return figure.name, f"{format_value(figure.value)} {figure.unit}", limit, met, figure.note


def format_value(value: float) -> str:
    """Three digits that say something: 0.55, 12.3, 4,210."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def align_columns(rows: Sequence[Row]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def render_markdown(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)
