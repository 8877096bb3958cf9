"""What a seeded account holds, in words."""

from __future__ import annotations

from collections.abc import Mapping

_KINDS = ("leads", "contacts", "companies", "notes", "tasks")


def contents(counts: Mapping[str, int]) -> str:
    """`1,000 leads, 800 contacts ...`, from what `Sandbox.seed` answers."""
    return ", ".join(f"{counts.get(kind, 0):,} {kind}" for kind in _KINDS)
