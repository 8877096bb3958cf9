"""Numbers of API v2 for kinds of entities, and ids as they are written in answers."""

from __future__ import annotations

from typing import Any

ENTITY_TYPES = {"contacts": 1, "leads": 2, "companies": 3, "tasks": 4, "customers": 12}
ENTITY_NAMES = {number: name for name, number in ENTITY_TYPES.items()}


def parse_id(value: Any) -> int | None:
    """An id as a number: positive, written as text sometimes. None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value > 0 else None
    return (int(value) or None) if isinstance(value, str) and value.isdigit() else None
