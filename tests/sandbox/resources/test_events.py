from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, LEADS, NOW, ApiClient, Clock

EVENTS = "/api/v4/events"


def types(api: ApiClient, query: str = "") -> list[str]:
    return [row["type"] for row in api.rows(f"{EVENTS}{query}")]


def test_an_event_has_the_form_of_the_service(api: ApiClient, sandbox: Sandbox) -> None:
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


def test_events_can_be_filtered(api: ApiClient, sandbox: Sandbox, clock: Clock) -> None:
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
def test_invalid_filters_are_refused(api: ApiClient, query: str) -> None:
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
