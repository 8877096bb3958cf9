"""How work grows with its size: an exponent, fitted to counted steps."""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import kommo_orm

PACKAGE = str(Path(kommo_orm.__file__).parent)
SANDBOX = str(Path(PACKAGE) / "sandbox")


def count_steps(action: Callable[[], object]) -> int:
    """Run an action and count the lines of the library that run: each turn of a loop or comprehension counts.

    A count is the same on every machine. The sandbox is not part of the library.
    """
    steps = 0

    def note_line(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal steps
        if event == "line":
            steps += 1
        return note_line

    def note_call(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal steps
        path = frame.f_code.co_filename
        if not path.startswith(PACKAGE) or path.startswith(SANDBOX):
            return None
        steps += 1
        return note_line

    before = sys.gettrace()
    gc.collect()
    sys.settrace(note_call)
    try:
        action()
    finally:
        sys.settrace(before)
    return steps


def fit_exponent(sizes: Sequence[int], counts: Sequence[float]) -> float:
    """Return the slope of a line through the logarithms: 1 where the work is linear, 2 where it is quadratic."""
    xs, ys = [math.log(size) for size in sizes], [math.log(count) for count in counts]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    above = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return above / sum((x - middle_x) ** 2 for x in xs)
