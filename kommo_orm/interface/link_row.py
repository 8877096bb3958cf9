"""One link between two rows that is to be made or removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link to the row `id` of `kind`. `meta` holds the values of the link itself, such as a quantity."""

    verb: Literal["link", "unlink"]
    kind: str
    id: int | None
    meta: Mapping[str, Any] = field(default_factory=dict)
