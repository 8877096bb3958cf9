from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, ApiClient, Clock, validation_error

CUSTOMERS = "/api/v4/customers"


STATUSES, SEGMENTS = f"{CUSTOMERS}/statuses", f"{CUSTOMERS}/segments"


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock, customers_mode="segments")


@pytest.fixture
def shop(sandbox: Sandbox) -> int:
    return int(sandbox.add("customers", name="Shop")["id"])


def test_stages_exist_only_with_periodicity(api: ApiClient, sandbox: Sandbox) -> None:
    assert api.get(STATUSES).status == 422
    sandbox.account.customers_mode = "periodicity"
    assert api.get(SEGMENTS).status == 422
    own = api.rows(STATUSES)
    assert {row["is_default"] for row in own} == {True}
    assert api.delete(f"{STATUSES}/{own[0]['id']}").status == 422
    assert validation_error(api.post(STATUSES, [{"name": "x"}])) == ("FieldMissing", "sort")
    assert validation_error(api.post(STATUSES, [{"name": "x", "sort": 1, "color": "fffeb2"}])) == (
        "NotSupportedChoice",
        "color",
    )
    number = api.create(STATUSES, {"name": "x", "sort": 1})
    shop = sandbox.add("customers", name="Shop", next_date=NOW, status_id=number)
    assert api.delete(f"{STATUSES}/{number}").status == 204
    assert api.get(f"{CUSTOMERS}/{shop['id']}").json()["status_id"] == own[0]["id"]
    assert api.get(f"{STATUSES}/{number}").status == 404
    assert api.post(STATUSES, [{"name": str(one), "sort": one} for one in range(27)]).status == 422
