"""A step of the demo, and an act: a step that was taken."""

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
    """What is to be done: `code` is run with `arguments`; `check` says what came of it, or raises `CheckFailed`.

    `shows`: what is shown before the code, such as the classes that it uses. `total`: how often the bar moves.
    `unchanged`: kind and id of objects that the code saves without a change.
    """

    title: str
    about: str
    code: Callable[..., Any]
    arguments: tuple[Any, ...]
    check: Callable[[Any, Sequence[LogEntry]], str]
    shows: tuple[type[Any], ...] = ()
    total: int | None = None
    unchanged: tuple[tuple[str, int], ...] = ()

    @property
    def source(self) -> str:
        """The code as it stands in the files, so that what is shown is what is run."""
        shown: list[Callable[..., Any]] = [*self.shows, self.code]
        return "\n\n".join(dedent(inspect.getsource(each)).strip() for each in shown)


@dataclass
class Act:
    """What was done. Whoever takes the step puts in the `value` that its code returned."""

    step: Step
    number: int
    value: Any = None
    requests: Sequence[LogEntry] = ()
    seconds: float = 0.0
    result: str = ""
    cost: Cost = field(default_factory=Cost)
    naive: Cost = field(default_factory=Cost)
