"""Finds the names that are nearly the one that was given, for "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable


def find_close_names(wanted: str, names: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> list[str]:
    """Return the nearest names, the best first. `cutoff` is how alike they must be, from 0 to 1."""
    from difflib import get_close_matches  # only a mistake needs it

    return get_close_matches(wanted, list(names), n=most, cutoff=cutoff)
