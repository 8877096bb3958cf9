from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, Clock

CUSTOMERS = "/api/v4/customers"


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock, customers_mode="segments")


@pytest.fixture
def shop(sandbox: Sandbox) -> int:
    return int(sandbox.add("customers", name="Shop")["id"])


def test_the_responsible_user_and_others_are_subscribers(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    listed = api.get(f"{CUSTOMERS}/{shop}/subscriptions").json()
    assert listed["_page_count"] == 1
    assert listed["_embedded"]["subscriptions"] == [{"subscriber_id": sandbox.account.owner_id, "type": "user"}]
    assert api.get("/api/v4/leads/999/subscriptions").status == 204
    assert api.get("/api/v4/contacts/999/subscriptions").status == 404
