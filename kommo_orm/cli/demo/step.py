"""A step of the demo, and its result."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

from kommo_orm.cli.demo.cost import Cost
from kommo_orm.sandbox import LogEntry


@dataclass(frozen=True)
class Step:
    """A step: `code` is called with `arguments`; `check` returns a summary of the effect, or raises `CheckFailed`.

    `shows`: classes that are printed before the code. `total`: the length of the progress bar.
    `unchanged`: kind and id of objects that the code saves without a change.
    """

    title: str
    description: str
    code: Callable[..., Any]
    arguments: tuple[Any, ...]
    check: Callable[[Any, Sequence[LogEntry]], str]
    shows: tuple[type[Any], ...] = ()
    total: int | None = None
    unchanged: tuple[tuple[str, int], ...] = ()

    @property
    def source(self) -> str:
        """The source text of the code that runs."""
        shown: list[Callable[..., Any]] = [*self.shows, self.code]
        return "\n\n".join(dedent(inspect.getsource(each)).strip() for each in shown)


@dataclass
class StepResult:
    """The result of a step. Who runs the step sets `value` to what its code returned."""

    step: Step
    number: int
    value: Any = None
    requests: Sequence[LogEntry] = ()
    seconds: float = 0.0
    summary: str = ""
    cost: Cost = field(default_factory=Cost)
    naive: Cost = field(default_factory=Cost)
