from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, Clock, validation_error

CUSTOMERS = "/api/v4/customers"


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock, customers_mode="segments")


@pytest.fixture
def shop(sandbox: Sandbox) -> int:
    return int(sandbox.add("customers", name="Shop")["id"])


def test_points_are_either_earned_or_redeemed(api: ApiClient, shop: int) -> None:
    url = f"{CUSTOMERS}/{shop}/bonus_points"
    assert api.post(url, {"earn": 5}).json() == {"bonus_points": 5}
    assert validation_error(api.post(url, {"earn": 1, "redeem": 1})) == ("FieldNotExpected", "redeem")
    assert validation_error(api.post(url, {"earn": 0})) == ("InvalidValue", "earn")
    assert validation_error(api.post(url, {"redeem": 6})) == ("InvalidValue", "redeem")
    assert validation_error(api.post(url, [{"earn": 1}])) == ("InvalidType", "")
    assert validation_error(api.post(f"{CUSTOMERS}/999/bonus_points", {"earn": 1})) == ("NotSupportedChoice", "id")
