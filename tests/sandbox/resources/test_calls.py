from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import COMPANIES, CONTACTS, LEADS, ApiClient, validation_error

EVENTS, CALLS = "/api/v4/events", "/api/v4/calls"


CALL: dict[str, Any] = {"direction": "inbound", "duration": 5, "source": "pbx", "phone": "+1 (500) 555-0006"}


def types(api: ApiClient, query: str = "") -> list[str]:
    return [row["type"] for row in api.rows(f"{EVENTS}{query}")]


def test_a_call_is_added_to_the_card_with_its_number(api: ApiClient, sandbox: Sandbox) -> None:
    phone = [{"field_code": "PHONE", "values": [{"value": "+15005550006", "enum_code": "WORK"}]}]
    ann = api.create(CONTACTS, {"name": "Ann", "custom_fields_values": phone})
    [made] = api.post(CALLS, [{**CALL, "request_id": "c1"}]).json()["_embedded"]["calls"]
    assert (made["entity_type"], made["entity_id"], made["request_id"]) == ("contact", ann, "c1")
    lead = api.create(LEADS, {"_embedded": {"contacts": [{"id": ann}]}})
    [made] = api.post(CALLS, [{**CALL, "direction": "outbound"}]).json()["_embedded"]["calls"]
    assert (made["entity_type"], made["entity_id"]) == ("lead", lead)
    [note] = api.rows(f"{LEADS}/{lead}/notes")
    assert (note["note_type"], note["id"], note["created_by"]) == ("call_out", made["id"], 0)
    assert types(api)[0] == "outgoing_call"
    api.patch(f"{LEADS}/{lead}", {"status_id": 143})
    [made] = api.post(CALLS, [CALL]).json()["_embedded"]["calls"]
    assert made["entity_type"] == "contact"


def test_a_call_with_an_unknown_number_is_reported(api: ApiClient) -> None:
    answer = api.post(CALLS, [CALL, {**CALL, "phone": "x"}]).json()
    assert answer["_embedded"]["calls"] == []
    assert [(error["title"], error["status"], error["request_id"]) for error in answer["errors"]] == [
        ("Entity not found", 263, "0"),
        ("Entity not found", 263, "1"),
    ]


def test_a_call_finds_a_company_by_its_number(api: ApiClient) -> None:
    phone = [{"field_code": "PHONE", "values": [{"value": "500-555-0006", "enum_code": "WORK"}]}]
    number = api.create(COMPANIES, {"name": "Olive", "custom_fields_values": phone})
    [made] = api.post(CALLS, [CALL]).json()["_embedded"]["calls"]
    assert (made["entity_type"], made["entity_id"]) == ("company", number)


def test_calls_have_no_list(api: ApiClient) -> None:
    assert api.get(CALLS).status == 405
    assert validation_error(api.post(CALLS, [{**CALL, "direction": "up"}])) == ("NotSupportedChoice", "direction")
    assert validation_error(api.post(CALLS, [{key: CALL[key] for key in ("direction", "duration", "phone")}])) == (
        "FieldMissing",
        "source",
    )
    assert validation_error(api.post(CALLS, [{**CALL, "call_status": 9}])) == ("NotSupportedChoice", "call_status")
