from __future__ import annotations

import pytest

from tests.sandbox.api_client import LEADS, ApiClient, Clock


@pytest.fixture
def three(api: ApiClient, clock: Clock) -> list[int]:
    """Three leads of prices 10, 20 and 30, a minute apart."""
    made: list[int] = []
    for price in (10, 20, 30):
        made.append(api.create(LEADS, {"name": f"N{price}", "price": price}))
        clock.now += 60
    return made


def test_a_page_shows_changes_since_its_last_request(api: ApiClient, three: list[int]) -> None:
    assert api.rows(f"{LEADS}?order[id]=asc")[0]["name"] == "N10"
    api.patch(f"{LEADS}/{three[0]}", {"name": "new"})
    assert api.rows(f"{LEADS}?order[id]=asc")[0]["name"] == "new"
