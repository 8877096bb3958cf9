"""Prints the demo: with colours and a progress bar on a terminal, as plain text where output is piped."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from textwrap import indent

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from kommo_orm.cli.demo.cost import MAX_RATE, Cost
from kommo_orm.cli.demo.naive_client import RULES
from kommo_orm.cli.demo.request_lines import RequestLine, format_duration, format_size, group_requests
from kommo_orm.cli.demo.step import Step, StepResult
from kommo_orm.cli.seed_summary import summarize_counts

_PIPED_WIDTH = 118
_OTHER_COLUMNS = 46  # characters beside the path and the query


def build_console(stderr: bool = False) -> Console:
    """The console. Piped output has a fixed width, unless `COLUMNS` names one."""
    console = Console(highlight=False, stderr=stderr)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PIPED_WIDTH
    return console


class DemoPrinter:
    """Prints the steps, and moves the progress bar."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or build_console()
        self._bar: Progress | None = None
        self._task = TaskID(0)

    # ---- the progress bar

    def tick(self) -> None:
        """Move the bar by one."""
        if self._bar is not None:
            self._bar.advance(self._task)

    def progress(self, done: int, total: int) -> None:
        """Move the bar to `done` of `total`."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)

    def _start_bar(self, total: int) -> None:
        if self._console.is_terminal:
            columns = (TextColumn("  "), BarColumn(), MofNCompleteColumn())
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task("", total=total)
            self._bar.start()

    def stop_bar(self) -> None:
        """Remove the bar from the screen, if there is one."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    # ---- the text

    def print_intro(self, url: str, counts: Mapping[str, int], *, asynchronous: bool) -> None:
        """Print what the demo runs on."""
        mode = "through the async methods" if asynchronous else "in plain sync code"
        self._print_text(Text(f"kommo_orm at work, {mode}", style="bold"))
        self._print_text(
            f"An embedded Kommo account with {summarize_counts(counts)}, served over HTTP at {url}: no token of yours is "
            f"needed, and nothing leaves this machine. Kommo allows {MAX_RATE} requests a second, and the library keeps to "
            "that limit by itself. Here it is switched off (rate=None), so that you need not wait."
        )

    def print_step(self, number: int, step: Step) -> None:
        """Print a step and its code, before it runs."""
        self._print("", Rule(Text(f" {number}  {step.title} ", style="bold cyan"), align="left", style="cyan"))
        self._print_text(step.description)
        self._print_code(step.source)
        if step.total is not None:
            self._start_bar(step.total)

    def print_result(self, result: StepResult) -> None:
        """Print the requests of a step, and its summary."""
        self.stop_bar()
        if result.requests:
            self._print(
                Padding(
                    _build_request_table(group_requests(result.requests), self._console.width - _OTHER_COLUMNS),
                    (1, 0, 0, 2),
                    expand=False,
                )
            )
        self._print_text(Text(result.summary, style="green"), top=1)

    def print_totals(self, results: Sequence[StepResult]) -> None:
        """Print the totals, and what a naive client would have sent."""
        self._print("", Rule(Text(" In all ", style="bold cyan"), align="left", style="cyan"))
        self._print(Padding(_build_totals_table(results), (0, 0, 0, 2), expand=False))
        self._print_text(
            "The naive client is counted from the requests above. Where a rule is open, it gets the lower count:"
        )
        for rule in RULES:
            self._print_text(f"- {rule}")
        seconds = sum(result.seconds for result in results)
        self._print_text(
            Text(
                f"All {len(results)} steps were checked in the account; the code ran {seconds:.1f} s.",
                style="bold green",
            ),
            top=1,
        )
        self._print_text("To try it yourself: kommo-orm sandbox serves an account like this one.")

    def print_failure(self, number: int, step: Step, error: Exception) -> None:
        """Print to stderr that a step failed."""
        self.stop_bar()
        errors = build_console(stderr=True)
        errors.print(
            Text(f"Step {number}, {step.title!r}, failed. {type(error).__name__}: {error}", style="bold red"),
            soft_wrap=True,
        )

    def _print(self, *things: RenderableType) -> None:
        if self._console.is_terminal:
            self._console.print(*things, sep="\n")
            return
        with self._console.capture() as shown:
            self._console.print(*things, sep="\n")
        self._console.file.write("".join(f"{line.rstrip()}\n" for line in shown.get().splitlines()))
        self._console.file.flush()

    def _print_text(self, text: str | Text, top: int = 0) -> None:
        self._print(Padding(text if isinstance(text, Text) else Text(text), (top, 0, 0, 2)))

    def _print_code(self, source: str) -> None:
        if self._console.is_terminal:
            code = Syntax(source, "python", theme="ansi_dark", background_color="default", word_wrap=True)
            self._print(Padding(code, (1, 0, 0, 4)))
        else:
            self._print(Text(f"\n{indent(source, '    ')}"))


def _build_request_table(found: Sequence[RequestLine], room: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("", justify="right")
    table.add_column("request", overflow="fold")
    for name in ("objects", "sent", "received"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in found:
        times = f"{line.times} x" if line.times > 1 else ""
        sent = format_size(line.sent) if line.sent else "-"
        table.add_row(
            times, _build_request_cell(line, room), str(line.objects or "-"), sent, format_size(line.received)
        )
    return table


def _build_request_cell(line: RequestLine, room: int) -> RenderableType:
    head = Text.assemble((f"{line.method:6}", "bold"), line.path)
    below: list[Text] = []
    if len(line.path) + len(line.query) <= room:
        head.append(f"?{line.query}" if line.query else "", style="dim")
    else:
        below.append(Text("?" + " &".join(line.query.split("&")), style="dim"))
    if line.body:
        below.append(Text(line.body, style="yellow"))
    return Group(head, *(Padding(text, (0, 0, 0, 6)) for text in below))


def _build_totals_table(results: Sequence[StepResult]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, header_style="dim")
    table.add_column("\nstep", overflow="fold")
    for name in ("\nrequests", "\nsent", "naive\nrequests", "naive\nsent"):
        table.add_column(name, justify="right", no_wrap=True)
    for result in results:
        table.add_row(f"{result.number}  {result.step.title}", *_format_cost(result.cost), *_format_cost(result.naive))
    ours, naive = sum((result.cost for result in results), Cost()), sum((result.naive for result in results), Cost())
    table.add_section()
    table.add_row("In all", *_format_cost(ours), *_format_cost(naive), style="bold")
    table.add_row(
        f"Time at {MAX_RATE} requests a second, at least",
        format_duration(ours.seconds),
        "",
        format_duration(naive.seconds),
        "",
    )
    return table


def _format_cost(cost: Cost) -> tuple[str, str]:
    return f"{cost.requests:,}", format_size(cost.sent)
