from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, LEADS, ApiClient


def test_an_unknown_path_is_404_and_named(api: ApiClient) -> None:
    response = api.get("/api/v4/lead")
    assert (response.status, response.json()["detail"]) == (404, "Cannot GET /api/v4/lead")
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/ajax/v3/leads", "/private/deals/list"])
def test_a_path_that_is_not_served_is_501_and_named(api: ApiClient, path: str) -> None:
    response = api.get(path)
    assert response.status == 501
    assert path in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", LEADS), ("POST", "/api/v4/contacts/5"), ("DELETE", "/api/v4/catalogs/1002/elements/7")],
)
def test_a_wrong_method_is_405(api: ApiClient, method: str, path: str) -> None:
    assert api.request(method, path).status == 405


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"{LEADS}?filter[prise]=1", "filter[prise]"),
        (f"{LEADS}?with=contacts,tags", "with=tags"),
        (f"{LEADS}?per_page=5", "per_page"),
        ("/api/v4/contacts?filter[price]=1", "filter[price]"),
        ("/api/v4/account?with=users", "with=users"),
        (f"{LEADS}/1?filter[id]=1", "filter[id]"),
    ],
)
def test_an_undocumented_query_is_refused_by_name(api: ApiClient, url: str, name: str) -> None:
    response = api.get(url)
    assert response.status == 400
    assert name in response.json()["detail"]


def test_a_lenient_sandbox_ignores_unknown_names() -> None:
    api = ApiClient(Sandbox(strict_queries=False))
    lead = api.create(LEADS, {"price": 5})
    assert api.ids(f"{LEADS}?filter[prise]=1&with=tags&per_page=1&filter[id][]=x") == [lead]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("leads?order[naem]=desc", "order[naem]=desc"),
        ("leads?order[id]=down", "order[id]=down"),
        ("leads?order=created_at", "order=created_at"),
        ("contacts?order[price]=asc", "order[price]=asc"),
        ("leads/tags?order[name]=asc", "order[name]=asc"),
    ],
)
def test_an_unknown_order_is_refused_by_name(api: ApiClient, query: str, name: str) -> None:
    response = api.get(f"/api/v4/{query}")
    assert response.status == 400
    assert name in response.json()["detail"]


def test_a_lenient_sandbox_ignores_an_unknown_order() -> None:
    api = ApiClient(Sandbox(strict_queries=False))
    first, second = api.create(LEADS, {}), api.create(LEADS, {})
    assert api.ids(f"{LEADS}?order[name]=desc") == [first, second]
    assert api.ids(f"{LEADS}?order=created_at") == [first, second]


def test_a_documented_order_that_the_service_ignores_is_accepted(api: ApiClient) -> None:
    first, second = api.create(CONTACTS, {"created_at": 9}), api.create(CONTACTS, {"created_at": 5})
    assert api.ids(f"{CONTACTS}?order[created_at]=asc") == [first, second]
