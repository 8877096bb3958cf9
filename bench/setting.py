"""What a benchmark is given: the address of the server, and how much is measured how often."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """`leads`: how many the account has; `runs`: how often each work runs, of which the best counts."""

    url: str
    leads: int = 10_000
    runs: int = 7
    is_quick: bool = False
