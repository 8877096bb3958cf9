from __future__ import annotations

import pytest

from tests.sandbox.api_client import CONTACTS, LEADS, ApiClient, Clock


@pytest.fixture
def three(api: ApiClient, clock: Clock) -> list[int]:
    """Three leads of prices 10, 20 and 30, a minute apart."""
    made: list[int] = []
    for price in (10, 20, 30):
        made.append(api.create(LEADS, {"name": f"N{price}", "price": price}))
        clock.now += 60
    return made


def test_a_page_links_to_the_next_and_the_former_one(api: ApiClient, three: list[int]) -> None:
    page = api.get(f"{LEADS}?limit=1&page=2&with=contacts").json()
    base = "https://sandbox.kommo.com/api/v4/leads?with=contacts&page="
    assert page["_page"] == 2
    assert page["_links"] == {
        name: {"href": f"{base}{at}&limit=1"} for name, at in (("self", 2), ("next", 3), ("prev", 1))
    }
    assert "next" not in api.get(f"{LEADS}?limit=1&page=3").json()["_links"]
    assert not page.keys() & {"_total_items", "_page_count"}


def test_links_of_rows_contain_the_query_of_their_list(api: ApiClient, three: list[int]) -> None:
    [row] = api.rows(f"{LEADS}?limit=1")
    assert row["_links"]["self"]["href"] == f"https://sandbox.kommo.com/api/v4/leads/{three[0]}?page=1&limit=1"


def test_an_empty_page_is_204_without_a_body(api: ApiClient, three: list[int]) -> None:
    for url in (f"{LEADS}?page=9", f"{LEADS}?filter[id][]=5", f"{LEADS}/5", CONTACTS):
        response = api.get(url)
        assert (response.status, response.body) == (204, b"")


def test_a_limit_over_250_is_reduced_to_250(api: ApiClient) -> None:
    for _ in range(2):
        api.post(LEADS, [{}] * 150)
    assert len(api.rows(f"{LEADS}?limit=500")) == 250
    assert len(api.rows(LEADS)) == 50


def test_page_zero_is_the_first(api: ApiClient, three: list[int]) -> None:
    assert api.ids(f"{LEADS}?page=0&limit=1") == three[:1]
