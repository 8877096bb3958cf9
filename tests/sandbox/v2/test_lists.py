from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW
from tests.sandbox.v2.asking import CONFLICT, Old, code, complaint

LISTS = "/api/v2/catalogs"
ELEMENTS = "/api/v2/catalog_elements"
SWITCH = "/api/v2/products_settings"


@pytest.fixture
def stock(old: Old) -> int:
    return old.add(LISTS, name="Stock")


def test_lists(old: Old, stock: int, sandbox: Sandbox) -> None:
    shown = old.item(LISTS)
    assert (shown["id"], shown["name"], shown["type"], shown["can_add_elements"]) == (stock, "Stock", "regular", True)
    assert old.get(f"/api/v4/catalogs/{stock}").json()["name"] == "Stock"
    answer = old.write(LISTS, update=[{"id": stock, "name": "Store", "can_show_in_cards": False}])
    assert answer["items"][0]["request_id"] == stock
    assert (old.item(f"{LISTS}?id={stock}")["name"], old.item(LISTS)["can_show_in_cards"]) == ("Store", False)
    assert "limit_rows" in complaint(old.get(f"{LISTS}?limit_rows=1"))


def test_ten_lists_and_one_of_invoices(old: Old) -> None:
    answer = old.write(LISTS, add=[{"name": "I", "type": "invoices"}, {"name": "J", "type": "invoices"}])
    assert (len(answer["items"]), len(answer["errors"]["add"])) == (1, 1)
    answer = old.write(LISTS, add=[{"name": f"L{at}"} for at in range(10)])
    assert (len(answer["items"]), len(answer["errors"]["add"])) == (9, 1)
    assert code(old.post(LISTS, {"add": [{"name": "P", "type": "products"}]})) == "400"


def test_deleting_lists_answers_no_rows(old: Old, stock: int) -> None:
    old.add(ELEMENTS, catalog_id=stock, name="Pen")
    answer = old.write(LISTS, delete=[str(stock), 5])
    assert answer["items"] == []
    assert answer["errors"] == {"delete": {"5": {"code": 282, "msg": "Entity not found"}}}
    assert old.get(LISTS).status == old.get(f"/api/v4/catalogs/{stock}").status == 204


def test_elements(old: Old, stock: int, sandbox: Sandbox) -> None:
    size = sandbox.add_field(stock, "Size", "numeric", code="SIZE")["id"]
    number = old.add(ELEMENTS, catalog_id=stock, name="Pen", custom_fields=[{"code": "SIZE", "values": [{"value": 5}]}])
    shown = old.item(f"{ELEMENTS}?catalog_id={stock}")
    assert (shown["id"], shown["catalog_id"], shown["is_deleted"]) == (number, stock, False)
    assert shown["custom_fields"][0]["values"] == [{"value": "5"}]
    change = {"id": number, "catalog_id": stock, "name": "Pencil", "updated_at": NOW}
    assert old.write(ELEMENTS, update=[change])["errors"] == {"update": {str(number): CONFLICT}}
    old.write(ELEMENTS, update=[{**change, "updated_at": NOW + 1}])
    assert old.item(f"{ELEMENTS}?catalog_id={stock}&id={number}")["name"] == "Pencil"
    wrong = [{"id": size, "values": [{"value": "much"}]}]
    body = {"add": [{"catalog_id": stock, "name": "A"}, {"catalog_id": stock, "name": "B", "custom_fields": wrong}]}
    assert code(old.post(ELEMENTS, body)) == "400"
    assert old.numbers(f"{ELEMENTS}?catalog_id={stock}") == [number]  # nothing of it was applied
    answer = old.write(ELEMENTS, delete=[number, 5])
    assert ([row["id"] for row in answer["items"]], answer["errors"]["delete"]["5"]["code"]) == ([number], 282)


def test_pages_and_terms_of_elements(old: Old, stock: int) -> None:
    other = old.add(LISTS, name="Other")
    old.write(ELEMENTS, add=[{"catalog_id": stock, "name": f"Pen {at}"} for at in range(60)])
    lamp = old.add(ELEMENTS, catalog_id=other, name="Lamp")
    url = f"{ELEMENTS}?catalog_id={stock}"
    assert [len(old.items(f"{url}&page={page}")) for page in (1, 2, 3)] == [50, 10, 0]
    assert len(old.items(f"{url}&term=pen 5")) == 11
    assert len(old.items(f"{url}&limit_rows=7&limit_offset=55")) == 5
    assert old.get(f"{url}&id={lamp}").status == 204
    assert code(old.get(ELEMENTS)) == "285"


def test_elements_of_lists_that_are_not_there(old: Old, stock: int) -> None:
    lamp = old.add(ELEMENTS, catalog_id=stock, name="Lamp")
    assert old.write(ELEMENTS, add=[{"catalog_id": 5, "name": "x"}])["errors"]["add"][0]["code"] == 282
    moved = [{"id": lamp, "updated_at": NOW + 1, "catalog_id": 5}]
    assert old.write(ELEMENTS, update=moved)["errors"]["update"][str(lamp)]["code"] == 282


def test_the_codes_of_lists(old: Old) -> None:
    for path in (LISTS, ELEMENTS):
        assert code(old.post(path, {})) == "222"
        assert code(old.post(path, {"add": {"name": "x"}})) == "284"
        assert code(old.post(path, {"update": [{"name": "x"}]})) == "285"
        assert code(old.post(path, {"delete": [{"id": 5}]})) == "400"


def test_lists_are_a_right_of_their_own(old: Old, sandbox: Sandbox) -> None:
    user = sandbox.add("users", name="Eve")["id"]
    headers = {"X_Context_User_ID": str(user)}
    assert code(old.get(LISTS, **headers), 403) == code(old.post(ELEMENTS, {"delete": [1]}, **headers), 403) == "244"


def test_products(old: Old, sandbox: Sandbox) -> None:
    assert old.get(SWITCH).json() == {"is_enabled": False, "catalog_id": None}
    shown = old.post(SWITCH, {"enabled": True}).json()
    assert shown == old.get(SWITCH).json()
    assert shown["is_enabled"] is True
    assert old.post(SWITCH, {"enabled": "0"}).json() == {**shown, "is_enabled": False}
    number = old.add(
        ELEMENTS, catalog_id=shown["catalog_id"], name="x", custom_fields=[{"code": "SKU", "values": [{"value": "1"}]}]
    )
    assert old.item(f"{ELEMENTS}?catalog_id={shown['catalog_id']}&id={number}")["custom_fields"][0]["code"] == "SKU"
