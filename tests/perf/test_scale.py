"""Costs grow as the number of objects does, held by fitted exponents."""

from __future__ import annotations

import pytest

from bench import scale
from bench.setting import Setting
from tests.perf.ratios import untraced

pytestmark = pytest.mark.slow

SIZES = [1_000, 2_000, 4_000, 8_000]
LIMIT = 1.2  # a few thousand objects say less than a hundred thousand


@pytest.mark.parametrize(
    "measure",
    [scale.iterate_in_session, scale.add_to_session, scale.flush_new, scale.flush_changed, scale.roll_back],
)
def test_costs_are_linear(measure: scale.Measure, large_setting: Setting) -> None:
    exponents: list[float] = []
    with untraced():
        while len(exponents) < 5 and min(exponents, default=9.0) > LIMIT:  # a busy machine: look again
            exponents.append(scale.measure_growth("", measure, large_setting, SIZES).value)
    assert min(exponents) <= LIMIT, exponents


def test_the_exponent_of_a_power_is_found() -> None:
    assert scale.fit_exponent({size: 3e-6 * size**1.5 for size in SIZES}) == pytest.approx(1.5)
