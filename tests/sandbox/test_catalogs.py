from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, ApiClient, Clock, validation_error

CATALOGS = "/api/v4/catalogs"


@pytest.fixture
def catalog(sandbox: Sandbox) -> int:
    return int(sandbox.add("catalogs", name="Cars")["id"])


def test_a_list_reads_and_changes(api: ApiClient, sandbox: Sandbox, catalog: int) -> None:
    row = api.get(f"{CATALOGS}/{catalog}").json()
    assert row.items() >= {"name": "Cars", "type": "regular", "can_be_deleted": True, "sdk_widget_code": None}.items()
    assert api.patch(f"{CATALOGS}/{catalog}", {"name": "Vans"}).json()["name"] == "Vans"
    assert validation_error(api.patch(f"{CATALOGS}/{catalog}", {"type": "invoices"})) == ("FieldNotExpected", "type")
    assert api.ids(f"{CATALOGS}?type=regular") == [catalog]
    assert api.get(f"{CATALOGS}?type=invoices").status == 204


def test_an_account_has_ten_lists(api: ApiClient) -> None:
    assert api.post(CATALOGS, [{"name": str(n)} for n in range(10)]).status == 200
    assert api.post(CATALOGS, [{"name": "one more"}]).status == 422


def test_an_element_is_answered_whole(api: ApiClient, catalog: int) -> None:
    url = f"{CATALOGS}/{catalog}/elements"
    [row] = api.post(url, [{"name": "Lamp", "request_id": "l"}]).json()["_embedded"]["elements"]
    assert row.items() >= {"name": "Lamp", "catalog_id": catalog, "is_deleted": None, "request_id": "l"}.items()
    assert row["custom_fields_values"] is None
    assert validation_error(api.post(url, [{}])) == ("FieldMissing", "name")


def test_is_deleted_is_taken_and_ignored(api: ApiClient, catalog: int, clock: Clock) -> None:
    url = f"{CATALOGS}/{catalog}/elements"
    number = api.create(url, {"name": "Lamp"})
    clock.now += 5
    row = api.patch(f"{url}/{number}", {"is_deleted": True}).json()
    assert (row["is_deleted"], row["updated_at"]) == (False, NOW)


def test_elements_are_found_by_id_and_text_in_their_list_only(api: ApiClient, sandbox: Sandbox, catalog: int) -> None:
    other = sandbox.add("catalogs", name="Vans")["id"]
    lamp = sandbox.add("elements", catalog_id=catalog, name="Blue lamp")["id"]
    table = sandbox.add("elements", catalog_id=catalog, name="Oak table")["id"]
    url = f"{CATALOGS}/{catalog}/elements"
    assert api.ids(f"{url}?query=lamp") == [lamp]
    assert api.ids(f"{url}?filter[id][]={table}") == [table]
    assert api.get(f"{CATALOGS}/{other}/elements").status == 204
    assert api.get(f"{CATALOGS}/{other}/elements/{lamp}").status == 204
    assert validation_error(api.patch(f"{CATALOGS}/{other}/elements/{lamp}", {"name": "x"})) == (
        "NotSupportedChoice",
        "id",
    )
    assert api.get(f"{CATALOGS}/5/elements").status == 404


def test_switching_products_on_makes_their_list(api: ApiClient) -> None:
    url = f"{CATALOGS}/products/settings"
    assert api.get(url).json()["is_enabled"] is False
    found = api.patch(url, {"is_enabled": True}).json()
    assert api.patch(url, {"is_enabled": True}).json() == found
    codes = [row["code"] for row in api.rows(f"{CATALOGS}/{found['catalog_id']}/custom_fields")]
    assert codes == ["SKU", "PRICE", "GROUP", "EXTERNAL_ID", "DESCRIPTION"]
    item = {"name": "Lamp", "custom_fields_values": [{"field_code": "PRICE", "values": [{"value": 49.5}]}]}
    [row] = api.post(f"{CATALOGS}/{found['catalog_id']}/elements", [item]).json()["_embedded"]["elements"]
    assert row["custom_fields_values"][0]["values"] == [{"value": "49.5"}]


def test_v2_deletes_elements_and_lists(api: ApiClient, sandbox: Sandbox, catalog: int) -> None:
    lamp = sandbox.add("elements", catalog_id=catalog, name="Lamp")["id"]
    table = sandbox.add("elements", catalog_id=catalog, name="Table")["id"]
    answer = api.post("/api/v2/catalog_elements", {"delete": [lamp, 5]}).json()["_embedded"]
    assert [row["id"] for row in answer["items"]] == [lamp]
    assert answer["errors"]["delete"]["5"]["code"] == 282
    assert api.ids(f"{CATALOGS}/{catalog}/elements") == [table]
    assert "errors" not in api.post("/api/v2/catalogs", {"delete": [catalog]}).json()["_embedded"]
    assert api.get(f"{CATALOGS}/{catalog}").status == 204
    assert sandbox.rows("elements") == []


def test_elements_are_updated_many_at_once(api: ApiClient, sandbox: Sandbox, catalog: int, clock: Clock) -> None:
    url = f"{CATALOGS}/{catalog}/elements"
    lamp, table = api.create(url, {"name": "Lamp"}), api.create(url, {"name": "Table"})
    clock.now += 5
    rows = api.patch(url, [{"id": lamp, "name": "Lamp 2"}, {"id": table}]).json()["_embedded"]["elements"]
    assert [(row["name"], row["updated_at"] - NOW) for row in rows] == [("Lamp 2", 5), ("Table", 0)]
    assert validation_error(api.patch(url, [{"name": "Lamp"}])) == ("FieldMissing", "id")
