"""The command `python -m bench`: runs the benchmarks and prints one table, with the limits beside the figures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.benchmarks import BENCHMARKS, describe_benchmark, run_benchmark
from bench.document import describe_run, write_part
from bench.figure import Figure
from bench.server import ServerProcess
from bench.setting import Setting
from bench.table import load_figures, render_figures, render_figures_as_json, render_figures_as_markdown


def build_parser() -> argparse.ArgumentParser:
    names = "\n".join(f"  {name:10} {describe_benchmark(name)}" for name in BENCHMARKS)
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog=f"benchmarks:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run (all)")
    parser.add_argument("--quick", action="store_true", help="fewer leads and runs: figures are rough")
    parser.add_argument("--leads", type=int, help="leads of the account (10000)")
    parser.add_argument("--runs", type=int, help="how often each work runs; the best counts (7)")
    parser.add_argument("--strict", action="store_true", help="end with 1 if a limit is not met")
    parser.add_argument("--saved", type=Path, nargs="+", help="print the figures of these files (of --json)")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON")
    shape.add_argument("--markdown", action="store_true", help="print Markdown")
    shape.add_argument("--write", action="store_true", help="write the tables into docs/performance.md")
    return parser


def run_benchmarks(names: Sequence[str], options: argparse.Namespace) -> list[Figure]:
    leads = options.leads or (2_500 if options.quick else 10_000)
    runs = options.runs or (3 if options.quick else 7)
    figures: list[Figure] = []
    with ServerProcess(leads) as server:
        setting = Setting(server.url, leads, runs, options.quick)
        for name in names:
            sys.stderr.write(f"{name} ...\n")
            figures += run_benchmark(name, setting)
    return figures


def print_figures(figures: Sequence[Figure], options: argparse.Namespace) -> None:
    if options.json:
        print(render_figures_as_json(figures))
    elif options.write:
        write_part("figures", f"{describe_run()}\n\n{render_figures_as_markdown(figures)}")
    else:
        print(f"{describe_run()}\n")
        print(render_figures_as_markdown(figures) if options.markdown else render_figures(figures))


def main() -> int:
    parser = build_parser()
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"unknown benchmarks: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    figures = (
        load_figures(options.saved) if options.saved else run_benchmarks(options.names or list(BENCHMARKS), options)
    )
    print_figures(figures, options)
    return int(options.strict and any(figure.is_met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
