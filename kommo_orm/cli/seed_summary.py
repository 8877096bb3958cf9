"""Counts of a seeded account, in words."""

from __future__ import annotations

from collections.abc import Mapping

_KINDS = ("leads", "contacts", "companies", "notes", "tasks")


def summarize_counts(counts: Mapping[str, int]) -> str:
    """`1,000 leads, 800 contacts ...`, from the counts that `Sandbox.seed` returns."""
    return ", ".join(f"{counts.get(kind, 0):,} {kind}" for kind in _KINDS)
