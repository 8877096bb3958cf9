"""One page of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kommo_orm.interface.row import Row


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one answer.

    `last` is true when the service names no further page. `seconds` is how long the answer took.
    """

    rows: Sequence[Row]
    last: bool
    seconds: float = 0.0
