from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import LEADS, ApiClient, Clock

COMPLEX = f"{LEADS}/complex"


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock, duplicates_control=True)


def person(phone: str | None = None, email: str | None = None, **keys: Any) -> dict[str, Any]:
    found = {"PHONE": phone, "EMAIL": email}
    values = [{"field_code": code, "values": [{"value": value}]} for code, value in found.items() if value]
    return {"name": "Ann", "custom_fields_values": values, **keys}


def build_lead(
    contact: dict[str, Any] | None = None, company: dict[str, Any] | None = None, **keys: Any
) -> dict[str, Any]:
    nested = {"contacts": [contact] if contact else [], "companies": [company] if company else []}
    return {"name": "Order", **keys, "_embedded": {kind: rows for kind, rows in nested.items() if rows}}


def create(api: ApiClient, *leads: dict[str, Any]) -> list[dict[str, Any]]:
    response = api.post(COMPLEX, list(leads))
    assert response.status == 200, response.text
    rows: list[dict[str, Any]] = response.json()
    return rows


def test_a_lead_of_the_same_phone_is_merged(sandbox: Sandbox, api: ApiClient):
    [first] = create(api, build_lead(person("+351 900 000 001"), request_id="a"))
    [second] = create(api, build_lead(person("00351900000001"), price=50, request_id="b"))
    assert second == {**first, "request_id": ["b"], "merged": True}
    assert (len(sandbox.rows("leads")), len(sandbox.rows("contacts"))) == (1, 1)
    assert sandbox.row("leads", first["id"])["price"] == 50  # type: ignore[index]
    assert [row["merged"] for row in create(api, build_lead(person("+351900000002")))] == [False]


def test_the_same_address_of_a_company_is_enough(sandbox: Sandbox, api: ApiClient):
    [first] = create(api, build_lead(None, person(email="Sales@Fern.example")))
    [second] = create(api, build_lead(person("1234567"), person(email="sales@fern.example", name="Fern")))
    assert (second["id"], second["company_id"], second["merged"]) == (first["id"], first["company_id"], True)
    [linked] = api.get(f"{LEADS}/{first['id']}?with=contacts").json()["_embedded"]["contacts"]
    assert linked["id"] == second["contact_id"]


def test_a_merge_fills_what_is_missing_and_adds_tags(sandbox: Sandbox, api: ApiClient):
    field = sandbox.add_field("leads", "Note", "text")["id"]

    def note(text: str) -> list[dict[str, Any]]:
        return [{"field_id": field, "values": [{"value": text}]}]

    lead = build_lead(person("1234567"), price=10, tags_to_add=[{"name": "a"}])
    [first] = create(api, lead)
    create(api, {**lead, "price": 99, "custom_fields_values": note("x"), "tags_to_add": [{"name": "b"}]})
    create(api, build_lead(person("1234567", "ann@x.example"), custom_fields_values=note("y")))
    row = api.get(f"{LEADS}/{first['id']}").json()
    assert (row["price"], row["name"], [tag["name"] for tag in row["_embedded"]["tags"]]) == (10, "Order", ["a", "b"])
    assert row["custom_fields_values"][0]["values"][0]["value"] == "x"
    [contact] = sandbox.rows("contacts")
    assert [value["field_code"] for value in contact["custom_fields_values"]] == ["PHONE", "EMAIL"]


def test_elements_of_one_request_are_no_duplicates_of_each_other(sandbox: Sandbox, api: ApiClient):
    twins = [build_lead(person("1234567"), request_id=name) for name in ("a", "b")]
    assert [row["merged"] for row in create(api, *twins)] == [False, False]
    [merged] = create(api, *twins)
    assert (merged["request_id"], merged["merged"]) == (["a", "b"], True)
    assert len(sandbox.rows("leads")) == 2


@pytest.mark.parametrize("status", [142, 143])
def test_closed_leads_are_old_ones(sandbox: Sandbox, api: ApiClient, status: int):
    [first] = create(api, build_lead(person("1234567")))
    sandbox.change("leads", first["id"], status_id=status)
    assert create(api, build_lead(person("1234567")))[0]["merged"] is False


def test_other_pipelines_and_trashed_leads_are_left_alone(sandbox: Sandbox, api: ApiClient):
    other = sandbox.add("pipelines", name="Service")["id"]
    [first] = create(api, build_lead(person("1234567")))
    assert create(api, build_lead(person("1234567"), pipeline_id=other))[0]["merged"] is False
    sandbox.trash("leads", first["id"])
    assert create(api, build_lead(person("1234567")))[0]["merged"] is False


def test_nothing_is_merged_without_the_option(clock: Clock):
    sandbox = Sandbox(clock=clock)
    api = ApiClient(sandbox)
    rows = create(api, build_lead(person("1234567"))) + create(api, build_lead(person("1234567")))
    assert [row["merged"] for row in rows] == [False, False]
