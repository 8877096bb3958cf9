"""What the service stored for one item of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredRow:
    """The id of a stored row, and the values that the answer names."""

    id: int
    row: dict[str, Any] = field(default_factory=dict)
