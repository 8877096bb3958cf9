from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW
from tests.sandbox.v2.api_v2_client import CONFLICT, ApiV2Client, get_error_code, get_sandbox_detail

LISTS = "/api/v2/catalogs"
ELEMENTS = "/api/v2/catalog_elements"
SWITCH = "/api/v2/products_settings"


@pytest.fixture
def stock(api: ApiV2Client) -> int:
    return api.add(LISTS, name="Stock")


def test_lists_are_added_updated_and_deleted(api: ApiV2Client, stock: int, sandbox: Sandbox) -> None:
    shown = api.item(LISTS)
    assert (shown["id"], shown["name"], shown["type"], shown["can_add_elements"]) == (stock, "Stock", "regular", True)
    assert api.get(f"/api/v4/catalogs/{stock}").json()["name"] == "Stock"
    answer = api.write(LISTS, update=[{"id": stock, "name": "Store", "can_show_in_cards": False}])
    assert answer["items"][0]["request_id"] == stock
    assert (api.item(f"{LISTS}?id={stock}")["name"], api.item(LISTS)["can_show_in_cards"]) == ("Store", False)
    assert "limit_rows" in get_sandbox_detail(api.get(f"{LISTS}?limit_rows=1"))


def test_an_account_has_at_most_ten_lists_and_one_of_invoices(api: ApiV2Client) -> None:
    answer = api.write(LISTS, add=[{"name": "I", "type": "invoices"}, {"name": "J", "type": "invoices"}])
    assert (len(answer["items"]), len(answer["errors"]["add"])) == (1, 1)
    answer = api.write(LISTS, add=[{"name": f"L{at}"} for at in range(10)])
    assert (len(answer["items"]), len(answer["errors"]["add"])) == (9, 1)
    assert get_error_code(api.post(LISTS, {"add": [{"name": "P", "type": "products"}]})) == "400"


def test_the_response_to_deleted_lists_has_no_rows(api: ApiV2Client, stock: int) -> None:
    api.add(ELEMENTS, catalog_id=stock, name="Pen")
    answer = api.write(LISTS, delete=[str(stock), 5])
    assert answer["items"] == []
    assert answer["errors"] == {"delete": {"5": {"code": 282, "msg": "Entity not found"}}}
    assert api.get(LISTS).status == api.get(f"/api/v4/catalogs/{stock}").status == 204


def test_elements_are_added_updated_and_deleted(api: ApiV2Client, stock: int, sandbox: Sandbox) -> None:
    size = sandbox.add_field(stock, "Size", "numeric", code="SIZE")["id"]
    number = api.add(ELEMENTS, catalog_id=stock, name="Pen", custom_fields=[{"code": "SIZE", "values": [{"value": 5}]}])
    shown = api.item(f"{ELEMENTS}?catalog_id={stock}")
    assert (shown["id"], shown["catalog_id"], shown["is_deleted"]) == (number, stock, False)
    assert shown["custom_fields"][0]["values"] == [{"value": "5"}]
    change = {"id": number, "catalog_id": stock, "name": "Pencil", "updated_at": NOW}
    assert api.write(ELEMENTS, update=[change])["errors"] == {"update": {str(number): CONFLICT}}
    api.write(ELEMENTS, update=[{**change, "updated_at": NOW + 1}])
    assert api.item(f"{ELEMENTS}?catalog_id={stock}&id={number}")["name"] == "Pencil"
    wrong = [{"id": size, "values": [{"value": "much"}]}]
    body = {"add": [{"catalog_id": stock, "name": "A"}, {"catalog_id": stock, "name": "B", "custom_fields": wrong}]}
    assert get_error_code(api.post(ELEMENTS, body)) == "400"
    assert api.numbers(f"{ELEMENTS}?catalog_id={stock}") == [number]  # nothing of it was applied
    answer = api.write(ELEMENTS, delete=[number, 5])
    assert ([row["id"] for row in answer["items"]], answer["errors"]["delete"]["5"]["code"]) == ([number], 282)


def test_elements_are_listed_by_page_and_term(api: ApiV2Client, stock: int) -> None:
    other = api.add(LISTS, name="Other")
    api.write(ELEMENTS, add=[{"catalog_id": stock, "name": f"Pen {at}"} for at in range(60)])
    lamp = api.add(ELEMENTS, catalog_id=other, name="Lamp")
    url = f"{ELEMENTS}?catalog_id={stock}"
    assert [len(api.items(f"{url}&page={page}")) for page in (1, 2, 3)] == [50, 10, 0]
    assert len(api.items(f"{url}&term=pen 5")) == 11
    assert len(api.items(f"{url}&limit_rows=7&limit_offset=55")) == 5
    assert api.get(f"{url}&id={lamp}").status == 204
    assert get_error_code(api.get(ELEMENTS)) == "285"


def test_elements_of_unknown_lists_are_refused(api: ApiV2Client, stock: int) -> None:
    lamp = api.add(ELEMENTS, catalog_id=stock, name="Lamp")
    assert api.write(ELEMENTS, add=[{"catalog_id": 5, "name": "x"}])["errors"]["add"][0]["code"] == 282
    moved = [{"id": lamp, "updated_at": NOW + 1, "catalog_id": 5}]
    assert api.write(ELEMENTS, update=moved)["errors"]["update"][str(lamp)]["code"] == 282


def test_error_codes_of_lists(api: ApiV2Client) -> None:
    for path in (LISTS, ELEMENTS):
        assert get_error_code(api.post(path, {})) == "222"
        assert get_error_code(api.post(path, {"add": {"name": "x"}})) == "284"
        assert get_error_code(api.post(path, {"update": [{"name": "x"}]})) == "285"
        assert get_error_code(api.post(path, {"delete": [{"id": 5}]})) == "400"


def test_lists_need_their_own_right(api: ApiV2Client, sandbox: Sandbox) -> None:
    user = sandbox.add("users", name="Eve")["id"]
    headers = {"X_Context_User_ID": str(user)}
    assert (
        get_error_code(api.get(LISTS, **headers), 403)
        == get_error_code(api.post(ELEMENTS, {"delete": [1]}, **headers), 403)
        == "244"
    )


def test_products_are_switched_on_and_off(api: ApiV2Client, sandbox: Sandbox) -> None:
    assert api.get(SWITCH).json() == {"is_enabled": False, "catalog_id": None}
    shown = api.post(SWITCH, {"enabled": True}).json()
    assert shown == api.get(SWITCH).json()
    assert shown["is_enabled"] is True
    assert api.post(SWITCH, {"enabled": "0"}).json() == {**shown, "is_enabled": False}
    number = api.add(
        ELEMENTS, catalog_id=shown["catalog_id"], name="x", custom_fields=[{"code": "SKU", "values": [{"value": "1"}]}]
    )
    assert api.item(f"{ELEMENTS}?catalog_id={shown['catalog_id']}&id={number}")["custom_fields"][0]["code"] == "SKU"
