from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, Clock

CATALOGS = "/api/v4/catalogs"


@pytest.fixture
def catalog(sandbox: Sandbox) -> int:
    return int(sandbox.add("catalogs", name="Cars")["id"])


CUSTOMERS = "/api/v4/customers"


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock, customers_mode="segments")


@pytest.fixture
def shop(sandbox: Sandbox) -> int:
    return int(sandbox.add("customers", name="Shop")["id"])


def test_api_v2_deletes_elements_and_lists(api: ApiClient, sandbox: Sandbox, catalog: int) -> None:
    lamp = sandbox.add("elements", catalog_id=catalog, name="Lamp")["id"]
    table = sandbox.add("elements", catalog_id=catalog, name="Table")["id"]
    answer = api.post("/api/v2/catalog_elements", {"delete": [lamp, 5]}).json()["_embedded"]
    assert [row["id"] for row in answer["items"]] == [lamp]
    assert answer["errors"]["delete"]["5"]["code"] == 282
    assert api.ids(f"{CATALOGS}/{catalog}/elements") == [table]
    assert "errors" not in api.post("/api/v2/catalogs", {"delete": [catalog]}).json()["_embedded"]
    assert api.get(f"{CATALOGS}/{catalog}").status == 204
    assert sandbox.rows("elements") == []


def test_api_v2_deletes_customers(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    sandbox.add("transactions", customer_id=shop, price=5)
    body = api.post("/api/v2/customers", {"delete": [shop, 999]}).json()
    assert [row["id"] for row in body["_embedded"]["items"]["deleted"]] == [shop]
    assert list(body["_embedded"]["errors"]["delete"]) == ["999"]
    assert (sandbox.rows("customers"), sandbox.rows("transactions")) == ([], [])
    assert api.delete(f"{CUSTOMERS}/{shop}").status == 405
