"""A long list needs no more memory than a short one, as the process itself counts it."""

from __future__ import annotations

import pytest

from bench.memory import run_apart
from bench.setting import Setting

pytestmark = pytest.mark.slow


def test_iterating_needs_a_few_pages_at_most(large_setting: Setting) -> None:
    few, many = (run_apart("growth", "iterate", large_setting.url, leads) for leads in (5_000, 10_000))
    assert many <= 60
    assert many <= 1.3 * few + 8
