from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, Clock
from tests.sandbox.v2.api_v2_client import (
    COMPANIES,
    CONFLICT,
    CONTACTS,
    ApiV2Client,
    get_error_code,
    get_sandbox_detail,
)

CUSTOMERS = "/api/v2/customers"
PURCHASES = "/api/v2/transactions"
PERIODS = "/api/v2/customers_periods"
DAY = 24 * 3600


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock, customers_mode="segments")


def test_a_customer_of_v2_is_seen_over_v4(api: ApiV2Client) -> None:
    ann, firm = api.add(CONTACTS, name="Ann"), api.add(COMPANIES, name="Fern")
    number = api.add(
        CUSTOMERS, name="Shop", next_price="500", next_date=NOW + DAY, contacts_id=[ann], company_id=firm, tags="a"
    )
    shown = api.item(f"{CUSTOMERS}?id={number}")
    assert (shown["next_price"], shown["next_date"], shown["periodicity"], shown["period_id"]) == (500, NOW + DAY, 0, 0)
    assert (shown["main_contact"]["id"], shown["contacts"]["id"], shown["company"]["id"]) == (ann, [ann], firm)
    assert (shown["is_deleted"], [tag["name"] for tag in shown["tags"]]) == (False, ["a"])
    assert api.get(f"/api/v4/customers/{number}").json()["next_price"] == 500
    assert api.item(f"{CONTACTS}?id={ann}")["customers"]["id"] == [number]


def test_customers_by_periods_need_next_date(api: ApiV2Client, sandbox: Sandbox) -> None:
    sandbox.account.customers_mode = "periodicity"
    answer = api.write(CUSTOMERS, add=[{"name": "Shop"}, {"name": "Stall", "next_date": NOW}])
    assert (len(answer["items"]), answer["errors"]["add"][0]["request_id"]) == (1, 0)


def test_customers_are_updated_when_newer(api: ApiV2Client) -> None:
    ann = api.add(CONTACTS, name="Ann")
    number = api.add(CUSTOMERS, name="Shop", contacts_id=ann)
    change = {"id": number, "updated_at": NOW, "periodicity": 30, "unlink": {"contacts_id": ann}}
    assert api.write(CUSTOMERS, update=[change])["errors"] == {"update": {str(number): CONFLICT}}
    api.write(CUSTOMERS, update=[{**change, "updated_at": NOW + 1}])
    shown = api.item(f"{CUSTOMERS}?id={number}")
    assert (shown["periodicity"], shown["contacts"], shown["main_contact"]) == (30, {}, {})


def test_contacts_link_customers(api: ApiV2Client) -> None:
    shop, stall = api.add(CUSTOMERS, name="Shop"), api.add(CUSTOMERS, name="Stall")
    ann = api.add(CONTACTS, name="Ann", customers_id=f"{shop},{stall}")
    assert api.item(f"{CONTACTS}?id={ann}")["customers"]["id"] == [shop, stall]
    api.write(CONTACTS, update=[{"id": ann, "updated_at": NOW + 1, "unlink": {"customers_id": [stall]}}])
    assert api.item(f"{CONTACTS}?id={ann}")["customers"]["id"] == [shop]


def test_deleted_customers_are_named(api: ApiV2Client) -> None:
    number = api.add(CUSTOMERS, name="Shop")
    api.add(PURCHASES, customer_id=number, price=5)
    answer = api.write(CUSTOMERS, delete=[number, 7])
    assert answer["items"] == {"deleted": [{"id": number, "name": "Shop"}]}
    assert answer["errors"]["delete"]["7"]["code"] == 282
    assert api.get(CUSTOMERS).status == api.get(PURCHASES).status == 204
    answer = api.write(CUSTOMERS, add=[{"name": "New"}], delete=[7])
    assert [row["request_id"] for row in answer["items"]] == [0]


def test_customers_are_filtered(api: ApiV2Client, sandbox: Sandbox, clock: Clock) -> None:
    first = api.add(CUSTOMERS, name="A", next_date=NOW)
    clock.now = NOW + DAY
    second = api.add(CUSTOMERS, name="B", next_date=NOW + 2 * DAY)
    assert api.numbers(f"{CUSTOMERS}?filter[date][type]=create&filter[date][to]=15.01.2027") == [first]
    span = "filter[date][from]=16.01.2027&filter[date][to]=16.01.2027"
    assert api.numbers(f"{CUSTOMERS}?filter[date][type]=modify&{span}") == [second]
    assert api.numbers(f"{CUSTOMERS}?filter[next_date][from]=17.01.2027") == [second]
    assert api.numbers(f"{CUSTOMERS}?filter[main_user][]={sandbox.users[0]['id']}&limit_rows=1") == [first]
    assert "type" in get_sandbox_detail(api.get(f"{CUSTOMERS}?filter[date][from]=16.01.2027"))
    assert api.numbers(f"{CUSTOMERS}?filter[next_date][from]={NOW + 1}") == [second]
    assert "DD.MM.YYYY" in get_sandbox_detail(api.get(f"{CUSTOMERS}?filter[next_date][from]=2027-01-16"))


def test_purchases_are_added_changed_and_deleted(api: ApiV2Client, sandbox: Sandbox) -> None:
    stock = sandbox.add("catalogs", name="Stock")["id"]
    pen = sandbox.add("elements", catalog_id=stock, name="Pen")["id"]
    shop = api.add(CUSTOMERS, name="Shop")
    purchase = {"elements": {str(stock): {str(pen): 2}}, "date": NOW - 9, "next_price": 70, "comment": "First"}
    number = api.add(PURCHASES, customer_id=shop, price=50, **purchase)
    shown = api.item(f"{PURCHASES}?customer_id={shop}")
    assert (shown["id"], shown["price"], shown["date"], shown["comment"]) == (number, 50, NOW - 9, "First")
    assert api.item(CUSTOMERS)["next_price"] == 70
    api.write(PURCHASES, update=[{"transaction_id": number, "comment": "Paid"}])
    assert api.item(f"{PURCHASES}?id={number}")["comment"] == "Paid"
    v4 = api.get(f"/api/v4/customers/transactions/{number}").json()
    assert v4["_embedded"]["catalog_elements"][0]["metadata"]["quantity"] == 2
    assert api.write(PURCHASES, update=[{"transaction_id": 7, "comment": "x"}])["errors"]["update"]["7"]["code"] == 282
    assert api.write(PURCHASES, add=[{"customer_id": 7, "price": 1}])["errors"]["add"][0]["code"] == 400
    assert [row["id"] for row in api.write(PURCHASES, delete=[number])["items"]] == [number]
    assert api.get("/api/v4/customers/transactions").status == 204
    assert api.post(f"{PURCHASES}/comment", {}).status == 501


def test_a_write_replaces_all_periods(api: ApiV2Client) -> None:
    assert api.get(PERIODS).status == 204
    api.write(PERIODS, update=[{"period": 5, "color": "#fffeb2"}, {"period": "7"}])
    five, seven = api.items(PERIODS)
    assert (five["period"], five["color"], seven["period"]) == (5, "#fffeb2", 7)
    shop = api.add(CUSTOMERS, name="Shop", period_id=five["id"])
    assert api.item(f"{CUSTOMERS}?id={shop}")["period_id"] == five["id"]
    api.write(PERIODS, update=[{"id": seven["id"], "period": 9}])
    assert [(row["id"], row["period"]) for row in api.items(PERIODS)] == [(seven["id"], 9)]
    assert get_error_code(api.post(PERIODS, {"update": [{"id": 7, "period": 9}]})) == "400"
    assert get_error_code(api.post(CUSTOMERS, {"add": [{"name": "x", "period_id": five["id"]}]})) == "400"


@pytest.mark.parametrize(("mode", "status"), [("disabled", 426), ("unavailable", 402)])
@pytest.mark.parametrize("path", [CUSTOMERS, PURCHASES, PERIODS])
def test_requests_fail_while_customers_are_disabled(
    api: ApiV2Client, sandbox: Sandbox, path: str, mode: Any, status: int
) -> None:
    sandbox.account.customers_mode = mode
    assert (
        get_error_code(api.get(path), status)
        == get_error_code(api.post(path, {"add": [{"name": "x"}]}), status)
        == str(status)
    )
