"""Recorded answers of API v2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = Path(__file__).parent / "recorded"


@pytest.fixture
def recorded_v2() -> Callable[[int], Any]:
    return lambda number: json.loads((PLACE / f"{number}.json").read_text(encoding="utf-8"))
