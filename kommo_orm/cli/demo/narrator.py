"""Tells of the demo on the screen: with colours and a moving bar on a terminal, as plain text where output is piped."""

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

from kommo_orm.cli.contents import contents
from kommo_orm.cli.demo.cost import PACE, Cost
from kommo_orm.cli.demo.naive import RULES
from kommo_orm.cli.demo.requests import Line, duration, lines, size
from kommo_orm.cli.demo.step import Act, Step

_PIPED_WIDTH = 118
_BESIDE = 46  # columns beside a path and a query


def console_of(stderr: bool = False) -> Console:
    """The screen; as wide as the lines need where it is none."""
    console = Console(highlight=False, stderr=stderr)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PIPED_WIDTH
    return console


class Narrator:
    """Prints what happens, and moves the bar."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or console_of()
        self._bar: Progress | None = None
        self._task = TaskID(0)

    # ---- the bar

    def tick(self) -> None:
        """One more of the total is done."""
        if self._bar is not None:
            self._bar.advance(self._task)

    def progress(self, done: int, total: int) -> None:
        """So many are done of so many."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)

    def _start_bar(self, total: int) -> None:
        if self._console.is_terminal:
            columns = (TextColumn("  "), BarColumn(), MofNCompleteColumn())
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task("", total=total)
            self._bar.start()

    def stop_bar(self) -> None:
        """Take the bar from the screen, if there is one."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    # ---- the story

    def open(self, url: str, counts: Mapping[str, int], *, asynchronous: bool) -> None:
        """Where it takes place."""
        way = "through the async twins" if asynchronous else "in plain sync code"
        self._say(Text(f"kommo_orm at work, {way}", style="bold"))
        self._say(
            f"An embedded Kommo account with {contents(counts)}, served over HTTP at {url}: no token of yours is "
            f"needed, and nothing leaves this machine. Kommo allows {PACE} requests a second, and the library keeps to "
            "that by itself; here it is told not to (rate=None), so that you need not wait."
        )

    def begin(self, number: int, step: Step) -> None:
        """What comes now: the code, before it is run."""
        self._show("", Rule(Text(f" {number}  {step.title} ", style="bold cyan"), align="left", style="cyan"))
        self._say(step.about)
        self._code(step.source)
        if step.total is not None:
            self._start_bar(step.total)

    def end(self, act: Act) -> None:
        """What it took and what came of it."""
        self.stop_bar()
        if act.requests:
            self._show(
                Padding(_requests(lines(act.requests), self._console.width - _BESIDE), (1, 0, 0, 2), expand=False)
            )
        self._say(Text(act.result, style="green"), top=1)

    def close(self, acts: Sequence[Act]) -> None:
        """The totals, and what a naive client would have sent."""
        self._show("", Rule(Text(" In all ", style="bold cyan"), align="left", style="cyan"))
        self._show(Padding(_totals(acts), (0, 0, 0, 2), expand=False))
        self._say("Counted for the naive client from the requests above, in its favour where in doubt:")
        for rule in RULES:
            self._say(f"- {rule}")
        seconds = sum(act.seconds for act in acts)
        self._say(
            Text(
                f"All {len(acts)} steps were checked in the account; the code ran {seconds:.1f} s.", style="bold green"
            ),
            top=1,
        )
        self._say("To try it yourself: kommo-orm sandbox serves an account like this one.")

    def fail(self, number: int, step: Step, error: Exception) -> None:
        """A step went wrong."""
        self.stop_bar()
        errors = console_of(stderr=True)
        errors.print(
            Text(f"Step {number}, {step.title!r}, failed. {type(error).__name__}: {error}", style="bold red"),
            soft_wrap=True,
        )

    def _show(self, *things: RenderableType) -> None:
        if self._console.is_terminal:
            self._console.print(*things, sep="\n")
            return
        with self._console.capture() as shown:
            self._console.print(*things, sep="\n")
        self._console.file.write("".join(f"{line.rstrip()}\n" for line in shown.get().splitlines()))
        self._console.file.flush()

    def _say(self, text: str | Text, top: int = 0) -> None:
        self._show(Padding(text if isinstance(text, Text) else Text(text), (top, 0, 0, 2)))

    def _code(self, source: str) -> None:
        if self._console.is_terminal:
            code = Syntax(source, "python", theme="ansi_dark", background_color="default", word_wrap=True)
            self._show(Padding(code, (1, 0, 0, 4)))
        else:
            self._show(Text(f"\n{indent(source, '    ')}"))


def _requests(found: Sequence[Line], room: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("", justify="right")
    table.add_column("request", overflow="fold")
    for name in ("objects", "sent", "received"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in found:
        times = f"{line.times} x" if line.times > 1 else ""
        sent = size(line.sent) if line.sent else "-"
        table.add_row(times, _request(line, room), str(line.objects or "-"), sent, size(line.received))
    return table


def _request(line: Line, room: int) -> RenderableType:
    head = Text.assemble((f"{line.method:6}", "bold"), line.path)
    below: list[Text] = []
    if len(line.path) + len(line.query) <= room:
        head.append(f"?{line.query}" if line.query else "", style="dim")
    else:
        below.append(Text("?" + " &".join(line.query.split("&")), style="dim"))
    if line.body:
        below.append(Text(line.body, style="yellow"))
    return Group(head, *(Padding(text, (0, 0, 0, 6)) for text in below))


def _totals(acts: Sequence[Act]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, header_style="dim")
    table.add_column("\nstep", overflow="fold")
    for name in ("\nrequests", "\nsent", "naive\nrequests", "naive\nsent"):
        table.add_column(name, justify="right", no_wrap=True)
    for act in acts:
        table.add_row(f"{act.number}  {act.step.title}", *_cells(act.cost), *_cells(act.naive))
    ours, naive = sum((act.cost for act in acts), Cost()), sum((act.naive for act in acts), Cost())
    table.add_section()
    table.add_row("In all", *_cells(ours), *_cells(naive), style="bold")
    table.add_row(
        f"Time at {PACE} requests a second, at least", duration(ours.seconds), "", duration(naive.seconds), ""
    )
    return table


def _cells(cost: Cost) -> tuple[str, str]:
    return f"{cost.requests:,}", size(cost.sent)
