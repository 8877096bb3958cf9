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


def test_customers_cannot_be_used_while_they_are_off(clock: Clock) -> None:
    sandbox = Sandbox(clock=clock)
    api = ApiClient(sandbox)
    assert api.get("/api/v4/account").json()["customers_mode"] == "disabled"
    for url in (CUSTOMERS, SEGMENTS, STATUSES):
        assert api.post(url, [{"name": "x", "sort": 1}]).status == 422
    for url in (CUSTOMERS, f"{CUSTOMERS}/5", f"{CUSTOMERS}/5/links", f"{CUSTOMERS}/notes", f"{CUSTOMERS}/tags"):
        assert api.get(url).status == 422
    assert api.post(f"{CUSTOMERS}/5/link", [{"to_entity_id": 1, "to_entity_type": "contacts"}]).status == 422
    assert api.get(f"{CUSTOMERS}/custom_fields").status in (200, 204)
    with pytest.raises(ValueError, match="switched off"):
        sandbox.add("customers", name="x")
    assert api.patch(f"{CUSTOMERS}/mode", {"mode": "segments", "is_enabled": True}).json() == {
        "mode": "segments",
        "is_enabled": True,
    }
    assert api.post(CUSTOMERS, [{"name": "x"}]).status == 200


def test_changing_the_mode_needs_both_keys_and_an_administrator(api: ApiClient, sandbox: Sandbox) -> None:
    url = f"{CUSTOMERS}/mode"
    assert validation_error(api.patch(url, {"mode": "segments"})) == ("FieldMissing", "is_enabled")
    assert validation_error(api.patch(url, {"mode": "dynamic", "is_enabled": True})) == ("NotSupportedChoice", "mode")
    seller = sandbox.add("users", name="Sam")["id"]
    refused = api.request("PATCH", url, {"mode": "segments", "is_enabled": True}, X_Context_User_ID=str(seller))
    assert refused.status == 403


def test_a_plan_without_customers_gives_402(clock: Clock) -> None:
    api = ApiClient(Sandbox(clock=clock, customers_mode="unavailable"))
    for url in (CUSTOMERS, SEGMENTS, STATUSES, f"{CUSTOMERS}/transactions"):
        assert api.get(url).status == 402
    assert api.patch(f"{CUSTOMERS}/mode", {"mode": "segments", "is_enabled": True}).status == 402


def test_a_creation_returns_a_part_of_the_row(api: ApiClient) -> None:
    response = api.post(CUSTOMERS, [{"name": "Shop", "next_price": 5, "request_id": "s"}]).json()
    [row] = response["_embedded"]["customers"]
    assert row.keys() == {
        *("id", "name", "status_id", "created_by", "updated_by", "created_at", "updated_at"),
        *("account_id", "request_id", "_links"),
    }
    shown = api.get(f"{CUSTOMERS}/{row['id']}").json()
    assert shown.items() >= {"next_price": 5, "ltv": 0, "purchases_count": 0, "is_deleted": False}.items()
    assert shown["_embedded"] == {"segments": [], "tags": []}


def test_keys_of_a_customer_are_validated(api: ApiClient, shop: int) -> None:
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


def test_periodicity_requires_a_name_and_a_date(api: ApiClient, sandbox: Sandbox) -> None:
    sandbox.account.customers_mode = "periodicity"
    missing = [("0", "FieldMissing", "name"), ("0", "FieldMissing", "next_date")]
    assert validation_errors(api.post(CUSTOMERS, [{}])) == missing
    number = api.create(CUSTOMERS, {"name": "Shop", "next_date": NOW, "periodicity": 30})
    first = api.rows(STATUSES)[0]["id"]
    assert api.get(f"{CUSTOMERS}/{number}").json().items() >= {"status_id": first, "periodicity": 30}.items()


def test_a_write_replaces_all_segments_of_a_customer(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
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


def test_customers_can_be_filtered_and_unknown_filters_are_refused(api: ApiClient, sandbox: Sandbox, shop: int) -> None:
    other = sandbox.add("customers", name="Other")["id"]
    assert api.ids(f"{CUSTOMERS}?filter[name][]=Other") == [other]
    assert api.ids(f"{CUSTOMERS}?order[id]=desc") == [other, shop]
    assert api.get(f"{CUSTOMERS}?filter[next_date][from]=1").status == 400
    assert api.get(f"{CUSTOMERS}?with=leads").status == 400
    assert api.get(f"{CUSTOMERS}/999").status == 204
