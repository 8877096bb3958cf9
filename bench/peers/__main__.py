"""The command `python -m bench.peers`: 10,000 leads by every Kommo client, from one server in one run."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.document import describe_run, write_part
from bench.peers.environments import find_reason, make_environment, read_version
from bench.peers.registry import LEFT_OUT, OTHERS, OURS, find_adapter
from bench.server import ROOT, ServerProcess
from bench.table import align_columns, render_markdown

HEAD = ("Client", "Version", "Answers after", "Leads", "Seconds", "Processor", "Memory", "By hand", "Remark")
TIMEOUT = 180


@dataclass(frozen=True, slots=True)
class PeerResult:
    """What one client needed at one delay, or why it failed."""

    client: str
    version: str
    delay: float
    remark: str
    measured: dict[str, float] | None = None
    failure: str = ""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"adapters to run (all): {', '.join(OTHERS)}")
    parser.add_argument("--env-dir", type=Path, help="folder in which the environments are kept (a temporary one)")
    parser.add_argument("--delays", type=float, nargs="+", default=[0.0, 0.075, 0.4], help="seconds before an answer")
    parser.add_argument("--leads", type=int, default=10_000, help="leads of the account, a multiple of 250")
    parser.add_argument("--runs", type=int, default=3, help="runs without a delay; the best counts")
    parser.add_argument("--saved", type=Path, help="print the results of this file (of --json)")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON")
    shape.add_argument("--markdown", action="store_true", help="print Markdown")
    shape.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    return parser


def measure_all(options: argparse.Namespace) -> list[PeerResult]:
    """Prepare all environments first, so that no installation disturbs a measurement."""
    names = [*OURS, *(options.names or OTHERS)]
    with tempfile.TemporaryDirectory() as temporary, ServerProcess(options.leads) as server:
        ready = [prepare_peer(name, options.env_dir or Path(temporary)) for name in names]
        results: list[PeerResult] = []
        for delay in options.delays:
            server.configure(delay)
            for name, python, version in ready:
                sys.stderr.write(f"{name}, {delay} s\n")
                results.append(measure_one(name, python, version, delay, server.url, options))
        return results


def prepare_peer(name: str, folder: Path) -> tuple[str, Path | str, str]:
    """The adapter, its Python or why there is none, and the client's version."""
    if name in OURS:
        return name, Path(sys.executable), ""
    peer = find_adapter(name).PEER
    sys.stderr.write(f"installing {peer.package}\n")
    try:
        python = make_environment(peer, folder)
        return name, python, read_version(peer, python)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        return name, str(error), ""


def measure_one(
    name: str, python: Path | str, version: str, delay: float, url: str, options: argparse.Namespace
) -> PeerResult:
    peer = find_adapter(name).PEER
    remark = f"{peer.remark}; address: {peer.address}"
    if isinstance(python, str):
        return PeerResult(peer.package, version, delay, remark, failure=f"not installed: {python}")
    runs = 1 if delay else options.runs + 1
    command = [str(python), "-m", "bench.peers.measurement", name, url, str(options.leads), str(runs)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    try:
        ran = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return PeerResult(peer.package, version, delay, remark, failure=f"not done after {TIMEOUT} s")
    if ran.returncode:
        return PeerResult(peer.package, version, delay, remark, failure=find_reason(ran.stderr))
    return PeerResult(peer.package, version, delay, remark, json.loads(ran.stdout))


def load_results(file: Path) -> list[PeerResult]:
    """Results that were saved as JSON before."""
    return [PeerResult(**dumped) for dumped in json.loads(file.read_text(encoding="utf-8"))]


def make_rows(results: Sequence[PeerResult]) -> list[Sequence[str]]:
    """Rows by delay and seconds; those that failed stand last."""
    by_hand = {result.delay: result.measured for result in results if result.client == "httpx and json"}
    ordered = sorted(results, key=lambda one: (one.delay, one.measured["seconds"] if one.measured else TIMEOUT))
    return [make_row(result, by_hand.get(result.delay)) for result in ordered]


def make_row(result: PeerResult, base: dict[str, float] | None) -> Sequence[str]:
    delay = f"{result.delay * 1000:.0f} ms"
    measured = result.measured
    if measured is None:
        return (result.client, result.version, delay, "", "", "", "", "", f"failed: {result.failure}")
    return (
        result.client,
        result.version,
        delay,
        f"{measured['leads']:,.0f}",
        f"{measured['seconds']:.2f}",
        f"{measured['cpu']:.2f} s",
        f"{measured['memory']:.0f} MiB",
        f"{measured['seconds'] / base['seconds']:.2f} x" if base else "",
        result.remark,
    )


def print_results(results: Sequence[PeerResult], options: argparse.Namespace) -> None:
    rows = make_rows(results)
    if options.json:
        print(json.dumps([asdict(result) for result in results], indent=2))
    elif options.write:
        write_part("clients", f"{describe_run()}\n\n{render_markdown(HEAD, rows)}\n\n{describe_left_out()}")
    else:
        table = render_markdown(HEAD, rows) if options.markdown else align_columns([HEAD, *rows])
        print(f"{describe_run()}\n\n{table}\n\n{describe_left_out()}")


def describe_left_out() -> str:
    return "Not measured:\n\n" + "\n".join(f"- {package}: {reason}" for package, reason in LEFT_OUT.items())


def main() -> int:
    parser = build_parser()
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in OTHERS]
    if unknown:
        parser.error(f"unknown adapters: {', '.join(unknown)}; there are {', '.join(OTHERS)}")
    results = load_results(options.saved) if options.saved else measure_all(options)
    print_results(results, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
