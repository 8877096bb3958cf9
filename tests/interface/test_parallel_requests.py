"""As many requests are under way as the rate can use."""

from __future__ import annotations

import pytest

from kommo_orm import Kommo
from kommo_orm.interface.parallel_requests import count_parallel_requests


@pytest.mark.parametrize(("rate", "expected"), [(None, 8), (0.1, 1), (1, 4), (7, 28), (1000, 32)])
def test_the_rate_decides_unless_the_user_does(rate: float | None, expected: int) -> None:
    with Kommo("acme", token="x", rate=rate) as kommo:
        assert count_parallel_requests(kommo) == expected
        assert count_parallel_requests(kommo, 3) == 3
