from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, ApiClient, Clock, validation_error, validation_errors

CUSTOMERS = "/api/v4/customers"
STATUSES, SEGMENTS = f"{CUSTOMERS}/statuses", f"{CUSTOMERS}/segments"


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock, customers_mode="segments")


@pytest.fixture
def shop(sandbox: Sandbox) -> int:
    return int(sandbox.add("customers", name="Shop")["id"])


def test_nothing_is_written_while_customers_are_off(clock: Clock) -> None:
    sandbox = Sandbox(clock=clock)
    api = ApiClient(sandbox)
    assert api.get("/api/v4/account").json()["customers_mode"] == "disabled"
    for url in (CUSTOMERS, SEGMENTS, STATUSES):
        assert api.post(url, [{"name": "x", "sort": 1}]).status == 422
    assert api.get(CUSTOMERS).status == 204
    with pytest.raises(ValueError, match="switched off"):
        sandbox.add("customers", name="x")
    assert api.patch(f"{CUSTOMERS}/mode", {"mode": "segments", "is_enabled": True}).json() == {
        "mode": "segments",
        "is_enabled": True,
    }
    assert api.post(CUSTOMERS, [{"name": "x"}]).status == 200


def test_the_mode_wants_both_keys_and_an_administrator(api: ApiClient, sandbox: Sandbox) -> None:
    url = f"{CUSTOMERS}/mode"
    assert validation_error(api.patch(url, {"mode": "segments"})) == ("FieldMissing", "is_enabled")
    assert validation_error(api.patch(url, {"mode": "dynamic", "is_enabled": True})) == ("NotSupportedChoice", "mode")
    seller = sandbox.add("users", name="Sam")["id"]
    refused = api.request("PATCH", url, {"mode": "segments", "is_enabled": True}, X_Context_User_ID=str(seller))
    assert refused.status == 403


def test_a_plan_without_customers_is_to_be_paid(clock: Clock) -> None:
    api = ApiClient(Sandbox(clock=clock, customers_mode="unavailable"))
    for url in (CUSTOMERS, SEGMENTS, STATUSES, f"{CUSTOMERS}/transactions"):
        assert api.get(url).status == 402
    assert api.patch(f"{CUSTOMERS}/mode", {"mode": "segments", "is_enabled": True}).status == 402


def test_a_creation_answers_a_part_of_the_row(api: ApiClient) -> None:
    response = api.post(CUSTOMERS, [{"name": "Shop", "next_price": 5, "request_id": "s"}]).json()
    [row] = response["_embedded"]["customers"]
    assert row.keys() == {
        *("id", "name", "status_id", "created_by", "updated_by", "created_at", "updated_at"),
        *("account_id", "request_id", "_links"),
    }
    shown = api.get(f"{CUSTOMERS}/{row['id']}").json()
    assert shown.items() >= {"next_price": 5, "ltv": 0, "purchases_count": 0, "is_deleted": False}.items()
    assert shown["_embedded"] == {"segments": [], "tags": []}


def test_what_a_customer_takes(api: ApiClient, shop: int) -> None:
    url = f"{CUSTOMERS}/{shop}"
    for key, value, code in (
        ("next_price", 5.5, "InvalidType"),
        ("next_date", None, "InvalidType"),
        ("status_id", 999, "NotSupportedChoice"),
        ("updated_at", 5, "FieldNotExpected"),
        ("ltv", 5, "FieldNotExpected"),
    ):
        assert validation_error(api.patch(url, {key: value})) == (code, key)
    bad = api.patch(url, {"_embedded": {"segments": [{"id": 999}]}})
    assert validation_error(bad) == ("NotSupportedChoice", "_embedded.segments.0.id")
    assert validation_error(api.patch(url, {"_embedded": {"contacts": []}})) == (
        "FieldNotExpected",
        "_embedded.contacts",
    )
    assert validation_error(api.post(CUSTOMERS, [{"name": "x", "request_id": 0}])) == ("InvalidType", "request_id")


def test_periods_want_a_name_and_a_day(api: ApiClient, sandbox: Sandbox) -> None:
    sandbox.account.customers_mode = "periodicity"
    missing = [("0", "FieldMissing", "name"), ("0", "FieldMissing", "next_date")]
    assert validation_errors(api.post(CUSTOMERS, [{}])) == missing
    number = api.create(CUSTOMERS, {"name": "Shop", "next_date": NOW, "periodicity": 30})
    first = api.rows(STATUSES)[0]["id"]
    assert api.get(f"{CUSTOMERS}/{number}").json().items() >= {"status_id": first, "periodicity": 30}.items()


def test_segments_of_a_customer_are_a_whole_set(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    one, two = (sandbox.add("segments", name=name)["id"] for name in ("One", "Two"))
    for ids in ([one, two], [two], []):
        api.patch(f"{CUSTOMERS}/{shop}", {"_embedded": {"segments": [{"id": number} for number in ids]}})
        shown = api.get(f"{CUSTOMERS}/{shop}").json()["_embedded"]["segments"]
        assert [row["id"] for row in shown] == ids
    assert "_links" in sandbox.add("customers", name="Other", segments=[one])["_embedded"]["segments"][0]


def test_contacts_and_companies_are_linked(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    ann, bob = (sandbox.add("contacts", name=name)["id"] for name in ("Ann", "Bob"))
    firms = [sandbox.add("companies", name=name)["id"] for name in ("One", "Two")]
    rows = [{"to_entity_id": number, "to_entity_type": "contacts"} for number in (ann, bob)]
    rows[1]["metadata"] = {"is_main": True}
    rows += [{"to_entity_id": number, "to_entity_type": "companies"} for number in firms]
    assert api.post(f"{CUSTOMERS}/{shop}/link", rows).status == 200
    shown = api.get(f"{CUSTOMERS}/{shop}?with=contacts,companies").json()["_embedded"]
    assert [(row["id"], row["is_main"]) for row in shown["contacts"]] == [(ann, False), (bob, True)]
    assert [row["id"] for row in shown["companies"]] == [firms[1]]
    contact = api.get(f"/api/v4/contacts/{bob}?with=customers").json()["_embedded"]["customers"]
    assert [row["id"] for row in contact] == [shop]
    wrong = [{"to_entity_id": shop, "to_entity_type": "customers"}]
    lead = sandbox.add("leads", name="x")["id"]
    assert validation_error(api.post(f"/api/v4/leads/{lead}/link", wrong)) == ("NotSupportedChoice", "to_entity_type")


def test_lists_are_filtered_and_strict(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    other = sandbox.add("customers", name="Other")["id"]
    assert api.ids(f"{CUSTOMERS}?filter[name][]=Other") == [other]
    assert api.ids(f"{CUSTOMERS}?order[id]=desc") == [other, shop]
    assert api.get(f"{CUSTOMERS}?filter[next_date][from]=1").status == 400
    assert api.get(f"{CUSTOMERS}?with=leads").status == 400
    assert api.get(f"{CUSTOMERS}/999").status == 204


def test_purchases_sum_up(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    url = f"{CUSTOMERS}/{shop}/transactions"
    response = api.post(f"{url}?accrue_bonus=true", [{"price": 100}, {"price": 51, "next_price": 7, "next_date": NOW}])
    assert response.json().keys() == {"_total_items", "_embedded"}
    first = response.json()["_embedded"]["transactions"][0]
    assert first.keys() == {"id", "customer_id", "request_id", "_links", "_embedded"}
    shown = api.get(f"{CUSTOMERS}/{shop}").json()
    assert (
        shown.items()
        >= {"ltv": 151, "purchases_count": 2, "average_check": 75, "next_price": 7, "next_date": NOW}.items()
    )
    assert api.post(f"{CUSTOMERS}/{shop}/bonus_points", {"earn": 1}).json() == {"bonus_points": 2}
    other = sandbox.add("customers", name="Other")["id"]
    assert api.delete(f"{CUSTOMERS}/{other}/transactions/{first['id']}").status == 404
    assert api.delete(f"{CUSTOMERS}/transactions/{first['id']}").status == 204
    assert api.get(f"{CUSTOMERS}/{shop}").json()["ltv"] == 51


def test_what_a_purchase_takes(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    url = f"{CUSTOMERS}/{shop}/transactions"
    assert validation_error(api.post(url, [{}])) == ("FieldMissing", "price")
    assert validation_error(api.post(url, [{"price": 5.5}])) == ("InvalidType", "price")
    assert validation_error(api.post(url, [{"price": 5, "accrue_bonus": True}])) == ("FieldNotExpected", "accrue_bonus")
    assert validation_error(api.post(f"{CUSTOMERS}/999/transactions", [{"price": 5}])) == ("NotSupportedChoice", "id")
    assert api.post(f"{url}?accrue_bonus=1", [{"price": 5}]).status == 400
    one, two = (sandbox.add("catalogs", name=name)["id"] for name in ("One", "Two"))
    lamp = sandbox.add("elements", catalog_id=one, name="Lamp")["id"]
    bought = {"catalog_elements": [{"id": lamp, "metadata": {"catalog_id": two, "quantity": 1}}]}
    path = "_embedded.catalog_elements.0.metadata.catalog_id"
    assert validation_error(api.post(url, [{"price": 5, "_embedded": bought}])) == ("NotSupportedChoice", path)
    assert api.patch(f"{CUSTOMERS}/transactions/5", {"price": 1}).status == 405


def test_points_take_one_of_two(api: ApiClient, shop: int) -> None:
    url = f"{CUSTOMERS}/{shop}/bonus_points"
    assert api.post(url, {"earn": 5}).json() == {"bonus_points": 5}
    assert validation_error(api.post(url, {"earn": 1, "redeem": 1})) == ("FieldNotExpected", "redeem")
    assert validation_error(api.post(url, {"earn": 0})) == ("InvalidValue", "earn")
    assert validation_error(api.post(url, {"redeem": 6})) == ("InvalidValue", "redeem")
    assert validation_error(api.post(url, [{"earn": 1}])) == ("InvalidType", "")
    assert validation_error(api.post(f"{CUSTOMERS}/999/bonus_points", {"earn": 1})) == ("NotSupportedChoice", "id")


def test_a_segment_is_one_object(api: ApiClient, sandbox: Sandbox) -> None:
    assert validation_error(api.post(SEGMENTS, [{"name": "x"}])) == ("InvalidType", "")
    assert validation_error(api.post(SEGMENTS, {"name": "x", "color": "#2176ff"})) == ("NotSupportedChoice", "color")
    row = api.post(SEGMENTS, {"name": "x"}).json()
    assert row.items() >= {"name": "x", "customers_count": 0, "custom_fields_values": None}.items()
    listed = api.get(SEGMENTS).json()
    assert listed.items() >= {"_total_items": 1, "_page": 1, "_page_count": 1}.items()
    assert api.get(f"{SEGMENTS}/999").status == 404
    assert api.patch(SEGMENTS, [{"id": row["id"], "name": "y"}]).status == 405
    for number in range(99):
        sandbox.add("segments", name=str(number))
    assert api.post(SEGMENTS, {"name": "one more"}).status == 422


def test_segments_have_thirty_fields(api: ApiClient) -> None:
    url = f"{SEGMENTS}/custom_fields"
    made = api.post(url, [{"name": str(number), "type": "text"} for number in range(30)])
    assert made.status == 201
    first = made.json()["_embedded"]["custom_fields"][0]
    assert (first["entity_type"], first["_links"]["self"]["href"].endswith(f"{url}/{first['id']}")) == (
        "segments",
        True,
    )
    assert api.post(url, [{"name": "x", "type": "text"}]).status == 422
    assert validation_error(api.post(url, [{"name": "x", "type": "birthday"}])) == ("NotSupportedChoice", "type")
    assert validation_error(api.post(url, [{"name": "x", "type": "text", "group_id": "default"}])) == (
        "FieldNotExpected",
        "group_id",
    )
    assert api.get(f"{url}/groups").status == 404


def test_stages_belong_to_periods(api: ApiClient, sandbox: Sandbox) -> None:
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


def test_customers_are_deleted_by_the_older_api(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    sandbox.add("transactions", customer_id=shop, price=5)
    body = api.post("/api/v2/customers", {"delete": [shop, 999]}).json()
    assert [row["id"] for row in body["_embedded"]["items"]["deleted"]] == [shop]
    assert list(body["_embedded"]["errors"]["delete"]) == ["999"]
    assert (sandbox.rows("customers"), sandbox.rows("transactions")) == ([], [])
    assert api.delete(f"{CUSTOMERS}/{shop}").status == 405


def test_subscribers_are_listed(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    listed = api.get(f"{CUSTOMERS}/{shop}/subscriptions").json()
    assert listed["_page_count"] == 1
    assert listed["_embedded"]["subscriptions"] == [{"subscriber_id": sandbox.account.owner_id, "type": "user"}]
    assert api.get("/api/v4/leads/999/subscriptions").status == 204
    assert api.get("/api/v4/contacts/999/subscriptions").status == 404
