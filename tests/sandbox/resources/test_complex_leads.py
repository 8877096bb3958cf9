from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import LEADS, ApiClient, validation_error


def stages(pipeline: dict[str, Any]) -> list[int]:
    """Ids in order: incoming, the regular ones, 142, 143."""
    return [stage["id"] for stage in pipeline["_embedded"]["statuses"]]


def read(api: ApiClient, number: int, withs: str = "") -> dict[str, Any]:
    response = api.get(f"{LEADS}/{number}" + (f"?with={withs}" if withs else ""))
    assert response.status == 200, response.text
    row: dict[str, Any] = response.json()
    return row


def test_complex_returns_a_bare_list_and_links_everything(api: ApiClient, sandbox: Sandbox) -> None:
    contact = {"first_name": "Ana", "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "+1555"}]}]}
    body = [{"name": "Web", "request_id": "w", "_embedded": {"contacts": [contact], "companies": [{"name": "Olive"}]}}]
    [made] = api.post(f"{LEADS}/complex", body).json()
    assert (made["request_id"], made["merged"]) == (["w"], False)
    embedded = read(api, made["id"], "contacts")["_embedded"]
    assert embedded["contacts"][0]["id"] == made["contact_id"]
    assert embedded["companies"][0]["id"] == made["company_id"]
    person = sandbox.row("contacts", made["contact_id"])
    assert person is not None
    assert (person["name"], person["_embedded"]["companies"][0]["id"]) == ("Ana", made["company_id"])


def test_complex_accepts_fifty_leads_with_one_contact_each(api: ApiClient) -> None:
    response = api.post(f"{LEADS}/complex", [{}] * 51)
    assert (response.status, response.json()["detail"]) == (422, "Limit 50 per page")
    two = [{"_embedded": {"contacts": [{"name": "A"}, {"name": "B"}]}}]
    assert validation_error(api.post(f"{LEADS}/complex", two))[1] == "_embedded.contacts"


def test_complex_accepts_forty_fields_per_entity(api: ApiClient, sandbox: Sandbox) -> None:
    fields = [sandbox.add_field("leads", f"F{n}", "text")["id"] for n in range(41)]
    values = [{"field_id": number, "values": [{"value": "a"}]} for number in fields]
    assert (
        validation_error(api.post(f"{LEADS}/complex", [{"custom_fields_values": values}]))[1] == "custom_fields_values"
    )
    assert api.post(f"{LEADS}/complex", [{"custom_fields_values": values[1:]}]).status == 200


def test_complex_accepts_stored_cards_by_id(api: ApiClient, sandbox: Sandbox) -> None:
    person = sandbox.add("contacts", name="Ann")["id"]
    [made] = api.post(f"{LEADS}/complex", [{"_embedded": {"contacts": [{"id": person}]}}]).json()
    assert (made["contact_id"], made["company_id"]) == (person, None)
    mixed = [{"_embedded": {"contacts": [{"id": person, "name": "Bob"}]}}]
    assert validation_error(api.post(f"{LEADS}/complex", mixed)) == ("FieldNotExpected", "_embedded.contacts.0.name")


def test_complex_reports_nested_errors_by_their_path(api: ApiClient) -> None:
    body = [{"_embedded": {"contacts": [{"responsible_user_id": 5, "prise": 1}]}}]
    codes = {
        (row["code"], row["path"])
        for row in api.post(f"{LEADS}/complex", body).json()["validation-errors"][0]["errors"]
    }
    assert codes == {
        ("NotSupportedChoice", "_embedded.contacts.0.responsible_user_id"),
        ("FieldNotExpected", "_embedded.contacts.0.prise"),
    }


def test_complex_with_metadata_creates_an_incoming_lead(api: ApiClient, sandbox: Sandbox) -> None:
    body = [{"_embedded": {"metadata": {"category": "forms", "form_id": "f"}}}]
    [made] = api.post(f"{LEADS}/complex", body).json()
    assert read(api, made["id"])["status_id"] == stages(sandbox.rows("pipelines")[0])[0]
