from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, Clock
from tests.sandbox.v2.api_v2_client import ApiV2Client, get_error_code

LISTS = "/ajax/v1/catalogs/set/"
ELEMENTS = "/ajax/v1/catalog_elements/set/"
XHR = {"X_Requested_With": "XMLHttpRequest"}


@pytest.fixture
def stock(sandbox: Sandbox) -> int:
    return int(sandbox.add("catalogs", name="Stock")["id"])


def test_elements_are_deleted_and_unknown_ids_named(api: ApiV2Client, sandbox: Sandbox, stock: int) -> None:
    pen = sandbox.add("elements", catalog_id=stock, name="Pen")["id"]
    key = "request[catalog_elements][delete][]"
    done = api.form(ELEMENTS, (key, str(pen)), (key, "5"), **XHR).json()["response"]["catalog_elements"]["delete"]
    assert done["catalog_elements"] == {str(pen): {"id": pen, "name": "Pen"}}
    assert [error["code"] for error in done["errors"]] == [404]
    assert sandbox.rows("elements") == []


def test_one_list_is_deleted_with_its_elements(api: ApiV2Client, sandbox: Sandbox, stock: int) -> None:
    sandbox.add("elements", catalog_id=stock, name="Pen")
    many = api.form(LISTS, ("request[catalogs][delete][]", str(stock)), **XHR)
    assert (many.status, many.headers["content-type"].partition(";")[0]) == (500, "text/html")
    done = api.form(LISTS, ("request[catalogs][delete]", str(stock)), **XHR).json()["response"]["catalogs"]["delete"]
    assert (done["catalogs"], done["errors"]) == ({str(stock): {"id": stock, "name": "Stock"}}, [])
    assert sandbox.rows("elements") == sandbox.rows("catalogs") == []
    again = api.form(LISTS, ("request[catalogs][delete]", str(stock)), **XHR).json()["response"]["catalogs"]["delete"]
    assert (again["catalogs"], again["errors"][0]["code"]) == ([], 404)


def test_customers_are_deleted_with_their_purchases(clock: Clock) -> None:
    api = ApiV2Client(Sandbox(clock=clock, customers_mode="periodicity"))
    shop = api.sandbox.add("customers", name="Shop", next_date=NOW)["id"]
    api.sandbox.add("transactions", customer_id=shop, price=5)
    body = {"request": {"customers": {"delete": [shop, 7]}}}
    done = api.post("/ajax/v1/customers/set/", body, **XHR).json()["response"]["customers"]["delete"]
    assert (list(done["customers"]), [error["code"] for error in done["errors"]]) == ([str(shop)], [404])
    assert api.sandbox.rows("customers") == api.sandbox.rows("transactions") == []


def test_the_routes_need_the_header_of_the_interface(api: ApiV2Client) -> None:
    assert api.form(LISTS, ("request[catalogs][delete]", "1")).status == 403
    assert get_error_code(api.form(LISTS, ("request[catalogs]", "1"), **XHR)) == "222"
