from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import LEADS, NOW, ApiClient, Clock, validation_error

TASKS = "/api/v4/tasks"


CALL = {"text": "Call", "complete_till": NOW + 100}


@pytest.fixture
def lead(sandbox: Sandbox) -> int:
    return int(sandbox.add("leads")["id"])


def test_deleting_a_task_is_an_invalid_scope(api: ApiClient) -> None:
    response = api.delete("/api/v4/tasks/1")
    assert (response.status, response.json()["detail"]) == (403, "Invalid scope")


def test_the_result_of_a_new_task_is_an_empty_list(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    number = api.create(TASKS, {**CALL, "entity_id": lead, "entity_type": "leads"})
    owner = sandbox.users[0]["id"]
    assert api.get(f"{TASKS}/{number}").json() == {
        "id": number,
        "created_by": owner,
        "updated_by": owner,
        "created_at": NOW,
        "updated_at": NOW,
        "responsible_user_id": owner,
        "group_id": 0,
        "entity_id": lead,
        "entity_type": "leads",
        "duration": 0,
        "is_completed": False,
        "task_type_id": 1,
        "text": "Call",
        "result": [],
        "complete_till": NOW + 100,
        "account_id": sandbox.account.id,
        "_links": {"self": {"href": f"https://sandbox.kommo.com{TASKS}/{number}"}},
    }


def test_completing_stores_a_result_and_changes_updated_at(api: ApiClient, clock: Clock) -> None:
    number = api.create(TASKS, CALL)
    clock.now += 9
    answer = api.patch(f"{TASKS}/{number}", {"is_completed": True, "result": {"text": "Agreed"}}).json()
    assert (answer["id"], answer["updated_at"]) == (number, NOW + 9)
    row = api.get(f"{TASKS}/{number}").json()
    assert (row["is_completed"], row["result"]) == (True, {"text": "Agreed"})


def test_the_card_shows_its_earliest_open_deadline(api: ApiClient, lead: int) -> None:
    on_lead = {"entity_id": lead, "entity_type": "leads"}
    late, early = (
        api.create(TASKS, {**CALL, **on_lead}),
        api.create(TASKS, {**CALL, **on_lead, "complete_till": NOW + 5}),
    )
    assert api.rows(LEADS)[0]["closest_task_at"] == NOW + 5
    api.patch(TASKS, [{"id": early, "is_completed": True}])
    assert api.rows(LEADS)[0]["closest_task_at"] == NOW + 100
    api.patch(TASKS, [{"id": late, "is_completed": True}])
    assert api.rows(LEADS)[0]["closest_task_at"] is None


@pytest.mark.parametrize(
    ("item", "code", "path"),
    [
        ({"complete_till": 1}, "FieldMissing", "text"),
        ({"text": "a"}, "FieldMissing", "complete_till"),
        ({**CALL, "task_type_id": 77}, "NotSupportedChoice", "task_type_id"),
        ({**CALL, "entity_id": 5}, "FieldMissing", "entity_type"),
        ({**CALL, "entity_id": 5, "entity_type": "leads"}, "NotSupportedChoice", "entity_id"),
        ({**CALL, "entity_id": 5, "entity_type": "lead"}, "NotSupportedChoice", "entity_type"),
        ({**CALL, "result": []}, "InvalidType", "result"),
        ({**CALL, "group_id": 0}, "FieldNotExpected", "group_id"),
    ],
)
def test_an_invalid_task_is_refused(api: ApiClient, item: dict[str, Any], code: str, path: str) -> None:
    assert validation_error(api.post(TASKS, [item])) == (code, path)


def test_tasks_can_be_filtered(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    done = api.create(TASKS, {**CALL, "is_completed": True, "task_type_id": 2})
    todo = api.create(TASKS, {**CALL, "entity_id": lead, "entity_type": "leads"})
    assert api.ids(f"{TASKS}?filter[is_completed]=1") == [done]
    assert api.ids(f"{TASKS}?filter[task_type][]=2&filter[task_type_id]=2") == [done]
    assert api.ids(f"{TASKS}?filter[entity_type]=leads&filter[entity_id][]={lead}") == [todo]
    assert api.ids(f"{TASKS}?filter[entity_id][]={lead}") == [done, todo]
    assert api.ids(f"{TASKS}?filter[updated_at]={NOW}") == [done, todo]
    assert api.ids(f"{TASKS}?order[id]=desc") == [todo, done]
    assert api.get(f"{TASKS}?filter[is_completed]=true").status == 400


def test_tasks_can_be_filtered_by_the_stage_of_their_lead(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    won = sandbox.add("leads", status_id=142)["id"]
    sandbox.add("tasks", entity_id=lead, entity_type="leads")
    task = sandbox.add("tasks", entity_id=won, entity_type="leads")["id"]
    assert api.ids(f"{TASKS}?filter[lead_statuses][0][status_id]=142") == [task]


def test_a_task_moves_to_another_card_by_type_and_id(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    person = sandbox.add("contacts", name="Ann")["id"]
    task = api.create(TASKS, {**CALL, "entity_id": lead, "entity_type": "leads"})
    assert api.patch(TASKS, [{"id": task, "entity_id": person, "entity_type": "contacts"}]).status == 200
    assert api.rows(LEADS)[0]["closest_task_at"] is None
    assert api.rows("/api/v4/contacts")[0]["closest_task_at"] == NOW + 100
    assert validation_error(api.patch(TASKS, [{"id": 5}])) == ("NotSupportedChoice", "id")
    assert validation_error(api.patch(TASKS, [{"text": "a"}])) == ("FieldMissing", "id")
