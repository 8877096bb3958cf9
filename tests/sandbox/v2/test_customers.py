from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.v2.asking import CONFLICT, Old, code, complaint

SHOPS, BOUGHT = "/api/v2/customers", "/api/v2/transactions"


@pytest.fixture
def shop(old: Old, sandbox: Sandbox) -> int:
    sandbox.account.customers_mode = "segments"
    return old.add(SHOPS, name="Olive", next_price=500, tags="vip")


def test_customers(old: Old, shop: int) -> None:
    shown = old.item(SHOPS)
    assert (shown["id"], shown["next_price"], shown["contacts"], shown["company"]) == (shop, 500, {}, {})
    assert [tag["name"] for tag in shown["tags"]] == ["vip"]
    answer = old.write(SHOPS, update=[{"id": shop, "updated_at": 5, "name": "x"}])
    assert answer["errors"]["update"][str(shop)] == CONFLICT
    old.write(SHOPS, update=[{"id": shop, "updated_at": shown["updated_at"] + 1, "next_price": 7}])
    assert old.item(f"{SHOPS}?id={shop}")["next_price"] == 7
    user = shown["responsible_user_id"]
    assert old.item(f"{SHOPS}?filter[main_user][]={user}")["id"] == shop
    assert old.get(f"{SHOPS}?filter[main_user][]=5").status == 204


def test_customers_are_found_by_days(old: Old, shop: int) -> None:
    day = f"{SHOPS}?filter[date][type]=create&filter[date]"
    assert old.item(f"{day}[from]=01.01.2020")["id"] == shop
    assert old.get(f"{day}[to]=01.01.2020").status == 204
    assert "DD.MM.YYYY" in complaint(old.get(f"{day}[to]=2020-01-01"))


def test_deleted_customers_are_named_under_a_key(old: Old, shop: int) -> None:
    answer = old.write(SHOPS, delete=[shop])
    assert answer["items"] == {"deleted": [{"id": shop, "name": "Olive"}]}
    assert old.get(SHOPS).status == 204


def test_purchases(old: Old, shop: int) -> None:
    number = old.add(BOUGHT, customer_id=shop, price=120, comment="Two lamps", date=9, next_price=3)
    shown = old.item(f"{BOUGHT}?customer_id={shop}")
    assert (shown["id"], shown["price"], shown["comment"], shown["date"]) == (number, 120, "Two lamps", 9)
    assert old.item(SHOPS)["next_price"] == 3
    assert len(old.write(BOUGHT, add=[{"customer_id": 5, "price": 1}])["errors"]["add"]) == 1
    old.write(BOUGHT, delete=[number])
    assert old.get(BOUGHT).status == 204


def test_accounts_without_customers(old: Old) -> None:
    assert code(old.post(SHOPS, {"add": [{"name": "x"}]}), 426) == "426"
