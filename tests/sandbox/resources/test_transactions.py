from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, ApiClient, Clock, validation_error

CUSTOMERS = "/api/v4/customers"


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock, customers_mode="segments")


@pytest.fixture
def shop(sandbox: Sandbox) -> int:
    return int(sandbox.add("customers", name="Shop")["id"])


def test_sums_of_a_customer_follow_its_purchases(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    url = f"{CUSTOMERS}/{shop}/transactions"
    response = api.post(f"{url}?accrue_bonus=true", [{"price": 100}, {"price": 51, "next_price": 7, "next_date": NOW}])
    assert response.json().keys() == {"_total_items", "_embedded"}
    first = response.json()["_embedded"]["transactions"][0]
    assert first.keys() == {"id", "customer_id", "request_id", "_links", "_embedded"}
    shown = api.get(f"{CUSTOMERS}/{shop}").json()
    assert (
        shown.items()
        >= {"ltv": 151, "purchases_count": 2, "average_check": 75, "next_price": 7, "next_date": NOW}.items()
    )
    assert api.post(f"{CUSTOMERS}/{shop}/bonus_points", {"earn": 1}).json() == {"bonus_points": 2}
    other = sandbox.add("customers", name="Other")["id"]
    assert api.delete(f"{CUSTOMERS}/{other}/transactions/{first['id']}").status == 404
    assert api.delete(f"{CUSTOMERS}/transactions/{first['id']}").status == 204
    assert api.get(f"{CUSTOMERS}/{shop}").json()["ltv"] == 51


def test_keys_of_a_purchase_are_validated(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    url = f"{CUSTOMERS}/{shop}/transactions"
    assert validation_error(api.post(url, [{}])) == ("FieldMissing", "price")
    assert validation_error(api.post(url, [{"price": 5.5}])) == ("InvalidType", "price")
    assert validation_error(api.post(url, [{"price": 5, "accrue_bonus": True}])) == ("FieldNotExpected", "accrue_bonus")
    assert validation_error(api.post(f"{CUSTOMERS}/999/transactions", [{"price": 5}])) == ("NotSupportedChoice", "id")
    assert api.post(f"{url}?accrue_bonus=1", [{"price": 5}]).status == 400
    one, two = (sandbox.add("catalogs", name=name)["id"] for name in ("One", "Two"))
    lamp = sandbox.add("elements", catalog_id=one, name="Lamp")["id"]
    bought = {"catalog_elements": [{"id": lamp, "metadata": {"catalog_id": two, "quantity": 1}}]}
    path = "_embedded.catalog_elements.0.metadata.catalog_id"
    assert validation_error(api.post(url, [{"price": 5, "_embedded": bought}])) == ("NotSupportedChoice", path)
    assert api.patch(f"{CUSTOMERS}/transactions/5", {"price": 1}).status == 405
