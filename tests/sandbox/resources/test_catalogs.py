from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_error

CATALOGS = "/api/v4/catalogs"


@pytest.fixture
def catalog(sandbox: Sandbox) -> int:
    return int(sandbox.add("catalogs", name="Cars")["id"])


def test_a_list_can_be_read_and_changed(api: ApiClient, sandbox: Sandbox, catalog: int) -> None:
    row = api.get(f"{CATALOGS}/{catalog}").json()
    assert row.items() >= {"name": "Cars", "type": "regular", "can_be_deleted": True, "sdk_widget_code": None}.items()
    assert api.patch(f"{CATALOGS}/{catalog}", {"name": "Vans"}).json()["name"] == "Vans"
    assert validation_error(api.patch(f"{CATALOGS}/{catalog}", {"type": "invoices"})) == ("FieldNotExpected", "type")
    assert api.ids(f"{CATALOGS}?type=regular") == [catalog]
    assert api.get(f"{CATALOGS}?type=invoices").status == 204


def test_an_account_has_at_most_ten_lists(api: ApiClient) -> None:
    assert api.post(CATALOGS, [{"name": str(n)} for n in range(10)]).status == 200
    assert api.post(CATALOGS, [{"name": "one more"}]).status == 422


def test_switching_products_on_creates_their_list(api: ApiClient) -> None:
    url = f"{CATALOGS}/products/settings"
    assert api.get(url).json()["is_enabled"] is False
    found = api.patch(url, {"is_enabled": True}).json()
    assert api.patch(url, {"is_enabled": True}).json() == found
    codes = [row["code"] for row in api.rows(f"{CATALOGS}/{found['catalog_id']}/custom_fields")]
    assert codes == ["SKU", "PRICE", "GROUP", "EXTERNAL_ID", "DESCRIPTION"]
    item = {"name": "Lamp", "custom_fields_values": [{"field_code": "PRICE", "values": [{"value": 49.5}]}]}
    [row] = api.post(f"{CATALOGS}/{found['catalog_id']}/elements", [item]).json()["_embedded"]["elements"]
    assert row["custom_fields_values"][0]["values"] == [{"value": "49.5"}]
