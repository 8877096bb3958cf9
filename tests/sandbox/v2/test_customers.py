from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, Clock
from tests.sandbox.v2.asking import COMPANIES, CONFLICT, CONTACTS, Old, code, complaint

CUSTOMERS = "/api/v2/customers"
PURCHASES = "/api/v2/transactions"
PERIODS = "/api/v2/customers_periods"
DAY = 24 * 3600


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock, customers_mode="segments")


def test_a_customer_of_v2_is_seen_over_v4(old: Old) -> None:
    ann, firm = old.add(CONTACTS, name="Ann"), old.add(COMPANIES, name="Fern")
    number = old.add(
        CUSTOMERS, name="Shop", next_price="500", next_date=NOW + DAY, contacts_id=[ann], company_id=firm, tags="a"
    )
    shown = old.item(f"{CUSTOMERS}?id={number}")
    assert (shown["next_price"], shown["next_date"], shown["periodicity"], shown["period_id"]) == (500, NOW + DAY, 0, 0)
    assert (shown["main_contact"]["id"], shown["contacts"]["id"], shown["company"]["id"]) == (ann, [ann], firm)
    assert (shown["is_deleted"], [tag["name"] for tag in shown["tags"]]) == (False, ["a"])
    assert old.get(f"/api/v4/customers/{number}").json()["next_price"] == 500
    assert old.item(f"{CONTACTS}?id={ann}")["customers"]["id"] == [number]


def test_customers_kept_by_periods_have_a_next_day(old: Old, sandbox: Sandbox) -> None:
    sandbox.account.customers_mode = "periodicity"
    answer = old.write(CUSTOMERS, add=[{"name": "Shop"}, {"name": "Stall", "next_date": NOW}])
    assert (len(answer["items"]), answer["errors"]["add"][0]["request_id"]) == (1, 0)


def test_customers_are_updated_when_newer(old: Old) -> None:
    ann = old.add(CONTACTS, name="Ann")
    number = old.add(CUSTOMERS, name="Shop", contacts_id=ann)
    change = {"id": number, "updated_at": NOW, "periodicity": 30, "unlink": {"contacts_id": ann}}
    assert old.write(CUSTOMERS, update=[change])["errors"] == {"update": {str(number): CONFLICT}}
    old.write(CUSTOMERS, update=[{**change, "updated_at": NOW + 1}])
    shown = old.item(f"{CUSTOMERS}?id={number}")
    assert (shown["periodicity"], shown["contacts"], shown["main_contact"]) == (30, {}, {})


def test_contacts_link_customers_too(old: Old) -> None:
    shop, stall = old.add(CUSTOMERS, name="Shop"), old.add(CUSTOMERS, name="Stall")
    ann = old.add(CONTACTS, name="Ann", customers_id=f"{shop},{stall}")
    assert old.item(f"{CONTACTS}?id={ann}")["customers"]["id"] == [shop, stall]
    old.write(CONTACTS, update=[{"id": ann, "updated_at": NOW + 1, "unlink": {"customers_id": [stall]}}])
    assert old.item(f"{CONTACTS}?id={ann}")["customers"]["id"] == [shop]


def test_deleted_customers_are_named(old: Old) -> None:
    number = old.add(CUSTOMERS, name="Shop")
    old.add(PURCHASES, customer_id=number, price=5)
    answer = old.write(CUSTOMERS, delete=[number, 7])
    assert answer["items"] == {"deleted": [{"id": number, "name": "Shop"}]}
    assert answer["errors"]["delete"]["7"]["code"] == 282
    assert old.get(CUSTOMERS).status == old.get(PURCHASES).status == 204
    answer = old.write(CUSTOMERS, add=[{"name": "New"}], delete=[7])
    assert [row["request_id"] for row in answer["items"]] == [0]


def test_filters_of_customers(old: Old, sandbox: Sandbox, clock: Clock) -> None:
    first = old.add(CUSTOMERS, name="A", next_date=NOW)
    clock.now = NOW + DAY
    second = old.add(CUSTOMERS, name="B", next_date=NOW + 2 * DAY)
    assert old.numbers(f"{CUSTOMERS}?filter[date][type]=create&filter[date][to]=15.01.2027") == [first]
    span = "filter[date][from]=16.01.2027&filter[date][to]=16.01.2027"
    assert old.numbers(f"{CUSTOMERS}?filter[date][type]=modify&{span}") == [second]
    assert old.numbers(f"{CUSTOMERS}?filter[next_date][from]=17.01.2027") == [second]
    assert old.numbers(f"{CUSTOMERS}?filter[main_user][]={sandbox.users[0]['id']}&limit_rows=1") == [first]
    assert "type" in complaint(old.get(f"{CUSTOMERS}?filter[date][from]=16.01.2027"))
    assert old.numbers(f"{CUSTOMERS}?filter[next_date][from]={NOW + 1}") == [second]
    assert "DD.MM.YYYY" in complaint(old.get(f"{CUSTOMERS}?filter[next_date][from]=2027-01-16"))


def test_purchases(old: Old, sandbox: Sandbox) -> None:
    stock = sandbox.add("catalogs", name="Stock")["id"]
    pen = sandbox.add("elements", catalog_id=stock, name="Pen")["id"]
    shop = old.add(CUSTOMERS, name="Shop")
    bought = {"elements": {str(stock): {str(pen): 2}}, "date": NOW - 9, "next_price": 70, "comment": "First"}
    number = old.add(PURCHASES, customer_id=shop, price=50, **bought)
    shown = old.item(f"{PURCHASES}?customer_id={shop}")
    assert (shown["id"], shown["price"], shown["date"], shown["comment"]) == (number, 50, NOW - 9, "First")
    assert old.item(CUSTOMERS)["next_price"] == 70
    old.write(PURCHASES, update=[{"transaction_id": number, "comment": "Paid"}])
    assert old.item(f"{PURCHASES}?id={number}")["comment"] == "Paid"
    v4 = old.get(f"/api/v4/customers/transactions/{number}").json()
    assert v4["_embedded"]["catalog_elements"][0]["metadata"]["quantity"] == 2
    assert old.write(PURCHASES, update=[{"transaction_id": 7, "comment": "x"}])["errors"]["update"]["7"]["code"] == 282
    assert old.write(PURCHASES, add=[{"customer_id": 7, "price": 1}])["errors"]["add"][0]["code"] == 400
    assert [row["id"] for row in old.write(PURCHASES, delete=[number])["items"]] == [number]
    assert old.get("/api/v4/customers/transactions").status == 204
    assert old.post(f"{PURCHASES}/comment", {}).status == 501


def test_periods_are_written_whole(old: Old) -> None:
    assert old.get(PERIODS).status == 204
    old.write(PERIODS, update=[{"period": 5, "color": "#fffeb2"}, {"period": "7"}])
    five, seven = old.items(PERIODS)
    assert (five["period"], five["color"], seven["period"]) == (5, "#fffeb2", 7)
    shop = old.add(CUSTOMERS, name="Shop", period_id=five["id"])
    assert old.item(f"{CUSTOMERS}?id={shop}")["period_id"] == five["id"]
    old.write(PERIODS, update=[{"id": seven["id"], "period": 9}])
    assert [(row["id"], row["period"]) for row in old.items(PERIODS)] == [(seven["id"], 9)]
    assert code(old.post(PERIODS, {"update": [{"id": 7, "period": 9}]})) == "400"
    assert code(old.post(CUSTOMERS, {"add": [{"name": "x", "period_id": five["id"]}]})) == "400"


@pytest.mark.parametrize(("mode", "status"), [("disabled", 426), ("unavailable", 402)])
@pytest.mark.parametrize("path", [CUSTOMERS, PURCHASES, PERIODS])
def test_without_customers(old: Old, sandbox: Sandbox, path: str, mode: Any, status: int) -> None:
    sandbox.account.customers_mode = mode
    assert code(old.get(path), status) == code(old.post(path, {"add": [{"name": "x"}]}), status) == str(status)
