"""What was measured: one figure, with the limit that it is held to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value. `limit` is the most that it may be; `note` says what it was computed from."""

    group: str
    name: str
    value: float
    unit: str
    limit: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        return None if self.limit is None else self.value <= self.limit

    def dump(self) -> dict[str, Any]:
        return asdict(self) | {"is_met": self.is_met}

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Figure:
        return cls(**{name: value for name, value in dumped.items() if name != "is_met"})
