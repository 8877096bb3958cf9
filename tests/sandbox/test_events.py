from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import COMPANIES, CONTACTS, LEADS, NOW, ApiClient, Clock, validation_error

EVENTS, CALLS = "/api/v4/events", "/api/v4/calls"
CALL: dict[str, Any] = {"direction": "inbound", "duration": 5, "source": "pbx", "phone": "+1 (500) 555-0006"}


def types(api: ApiClient, query: str = "") -> list[str]:
    return [row["type"] for row in api.rows(f"{EVENTS}{query}")]


def test_writes_leave_events(api: ApiClient, sandbox: Sandbox) -> None:
    number = api.create(LEADS, {"name": "Roof", "price": 5})
    field = sandbox.add_field("leads", "Size", "numeric")["id"]
    values = [{"field_id": field, "values": [{"value": 9}]}]
    api.patch(f"{LEADS}/{number}", {"name": "Roofs", "price": 7, "status_id": 142, "custom_fields_values": values})
    api.patch(f"{LEADS}/{number}", {"tags_to_add": [{"name": "hot"}]})
    api.patch(f"{LEADS}/{number}", {"tags_to_delete": [{"name": "hot"}]})
    api.patch(f"{LEADS}/{number}", {"name": "Roofs"})
    api.post(f"{LEADS}/{number}/notes", [{"note_type": "common", "params": {"text": "x"}}])
    sandbox.trash("leads", number)
    assert types(api) == [
        "lead_deleted",
        "common_note_added",
        "entity_tag_deleted",
        "entity_tag_added",
        "custom_field_value_changed",
        "lead_status_changed",
        "sale_field_changed",
        "name_field_changed",
        "lead_added",
    ]
    rows = {row["type"]: row for row in sandbox.rows("events")}
    assert rows["sale_field_changed"]["value_before"] == [{"sale_field_value": {"sale": 5}}]
    assert rows["entity_tag_deleted"]["value_after"] == []
    assert rows["custom_field_value_changed"]["value_after"][0]["custom_field_value"]["text"] == "9"
    assert rows["lead_status_changed"]["value_after"][0]["lead_status"]["id"] == 142


def test_an_event_reads_as_the_service_writes_it(api: ApiClient, sandbox: Sandbox) -> None:
    number = api.create(CONTACTS, {"name": "Ann", "created_by": 0})
    [row] = api.rows(f"{EVENTS}?with=contact_name")
    assert len(row["id"]) == 26
    assert (row["type"], row["entity_id"], row["entity_type"], row["created_by"]) == (
        "contact_added",
        number,
        "contact",
        0,
    )
    assert (row["created_at"], row["value_before"], row["account_id"]) == (NOW, [], sandbox.account.id)
    assert row["_embedded"]["entity"]["name"] == "Ann"
    one = api.get(f"{EVENTS}/{row['id']}").json()
    assert "name" not in one["_embedded"]["entity"]
    assert api.get(f"{EVENTS}/nobody").status == 204


def test_a_page_has_a_hundred_rows_at_most(api: ApiClient, sandbox: Sandbox) -> None:
    for number in range(150):
        sandbox.add("events", type="task_added", entity_id=number + 1, entity_type="task")
    assert len(api.rows(f"{EVENTS}?limit=250")) == 100
    assert [row["entity_id"] for row in api.rows(f"{EVENTS}?limit=250&page=2")] == list(range(50, 0, -1))


def test_filters(api: ApiClient, sandbox: Sandbox, clock: Clock) -> None:
    pipeline = sandbox.rows("pipelines")[0]["id"]
    number = api.create(LEADS, {"name": "Roof"})
    clock.now += 10
    api.patch(f"{LEADS}/{number}", {"status_id": 142, "name": "Roofs"})
    assert set(types(api, "?filter[type]=lead_added,name_field_changed")) == {"name_field_changed", "lead_added"}
    assert types(api, f"?filter[created_at]={NOW},{NOW + 5}") == ["lead_added"]
    assert types(api, f"?filter[created_at][to]={NOW + 5}") == ["lead_added"]
    assert "lead_added" not in types(api, f"?filter[created_at]={NOW + 5}")
    assert types(api, "?filter[created_by][]=5") == []
    assert len(types(api, f"?filter[entity]=lead&filter[entity_id]={number}")) == 3
    stage = "filter[value_after][leads_statuses][0]"
    assert types(api, f"?{stage}[pipeline_id]={pipeline}&{stage}[status_id]=142") == ["lead_status_changed"]
    assert types(api, f"?{stage}[pipeline_id]=5") == []
    assert types(api, "?filter[value_after][value]=Roofs") == ["name_field_changed"]
    assert types(api, "?filter[value_before][responsible_user_id]=5,6") == []


@pytest.mark.parametrize(
    "query",
    [
        "filter[entity_id][]=5",
        "filter[entity][]=lead&filter[entity][]=task&filter[entity_id][]=5",
        "filter[created_by]=" + ",".join(map(str, range(11))),
        "filter[id]=" + ",".join(map(str, range(101))),
        "filter[value_after][price]=5",
        "filter[value_after]=5",
        "filter[name]=5",
        "with=names",
    ],
)
def test_senseless_questions_are_refused(api: ApiClient, query: str) -> None:
    assert api.get(f"{EVENTS}?{query}").status == 400


def test_types_have_labels(api: ApiClient, sandbox: Sandbox) -> None:
    field = sandbox.add_field("leads", "Size", "numeric")["id"]
    answer = api.get(f"{EVENTS}/types").json()
    rows = answer["_embedded"]["events_types"]
    assert rows[0] == {"key": "lead_added", "type": 1, "lang": "Lead added"}
    assert {"key": f"custom_field_{field}_value_changed", "type": 24, "lang": "Size changed"} in rows
    assert answer["_total_items"] == len(rows)
    assert api.get(f"{EVENTS}/types?language_code=ru").json()["_embedded"]["events_types"][0]["lang"] == "[lead_added]"
    assert api.get(f"{EVENTS}/types?language=ru").status == 400


# ---- calls


def test_a_call_finds_whom_it_was_with(api: ApiClient, sandbox: Sandbox) -> None:
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


def test_nobody_has_the_number(api: ApiClient) -> None:
    answer = api.post(CALLS, [CALL, {**CALL, "phone": "x"}]).json()
    assert answer["_embedded"]["calls"] == []
    assert [(error["title"], error["status"], error["request_id"]) for error in answer["errors"]] == [
        ("Entity not found", 263, "0"),
        ("Entity not found", 263, "1"),
    ]


def test_a_company_has_the_number(api: ApiClient) -> None:
    phone = [{"field_code": "PHONE", "values": [{"value": "500-555-0006", "enum_code": "WORK"}]}]
    number = api.create(COMPANIES, {"name": "Olive", "custom_fields_values": phone})
    [made] = api.post(CALLS, [CALL]).json()["_embedded"]["calls"]
    assert (made["entity_type"], made["entity_id"]) == ("company", number)


def test_calls_are_only_written(api: ApiClient) -> None:
    assert api.get(CALLS).status == 405
    assert validation_error(api.post(CALLS, [{**CALL, "direction": "up"}])) == ("NotSupportedChoice", "direction")
    assert validation_error(api.post(CALLS, [{key: CALL[key] for key in ("direction", "duration", "phone")}])) == (
        "FieldMissing",
        "source",
    )
    assert validation_error(api.post(CALLS, [{**CALL, "call_status": 9}])) == ("NotSupportedChoice", "call_status")
