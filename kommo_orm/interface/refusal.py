"""The refusal of one item of a batch whose other items were stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one item was not stored. `path` is the canonical path of the refused value, "" if the answer names none."""

    detail: str
    code: str | None = None
    path: str = ""
    is_stale: bool = False  # the stored row is newer than the one that was read
    is_absent: bool = False  # the row that is named does not exist: nobody has the number that was called
    stored_values: Mapping[str, Any] = field(
        default_factory=dict
    )  # what the stored row holds if an earlier try did arrive
