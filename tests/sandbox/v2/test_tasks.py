from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, Clock
from tests.sandbox.v2.api_v2_client import CONFLICT, CONTACTS, LEADS, ApiV2Client, get_error_code, get_sandbox_detail

TASKS = "/api/v2/tasks"
NOTES = "/api/v2/notes"


def task(api: ApiV2Client, **keys: Any) -> int:
    return api.add(TASKS, **{"text": "Ring", "task_type": 1, "complete_till_at": NOW + 60, **keys})


def test_a_task_of_v2_is_seen_over_v4(api: ApiV2Client, sandbox: Sandbox) -> None:
    lead = api.add(LEADS, name="Pump")
    number = task(api, element_id=lead, element_type=2)
    shown = api.item(f"{TASKS}?id={number}")
    owner = sandbox.users[0]["id"]
    people = {"responsible_user_id": owner, "created_by": owner, "account_id": sandbox.account.id, "group_id": 0}
    rest = {"is_completed": False, "task_type": 1, "complete_till_at": NOW + 60, "text": "Ring", "result": []}
    assert {key: value for key, value in shown.items() if key != "_links"} == {
        "id": number,
        "created_at": NOW,
        "updated_at": NOW,
        "element_type": 2,
        "element_id": lead,
        **people,
        **rest,
    }
    v4 = api.get(f"/api/v4/tasks/{number}").json()
    assert (v4["entity_type"], v4["entity_id"], v4["complete_till"]) == ("leads", lead, NOW + 60)
    assert api.item(f"{LEADS}?id={lead}")["closest_task_at"] == NOW + 60


def test_the_deadline_has_two_names(api: ApiV2Client) -> None:
    number = api.add(TASKS, text="Ring", complete_till=NOW + 9)
    assert api.item(f"{TASKS}?id={number}")["complete_till_at"] == NOW + 9


def test_a_task_is_completed_with_a_result(api: ApiV2Client) -> None:
    number = task(api)
    done = {"id": number, "updated_at": NOW + 1, "text": "Ring", "is_completed": 1, "result": {"text": "Done"}}
    api.write(TASKS, update=[done])
    shown = api.item(f"{TASKS}?id={number}")
    assert (shown["is_completed"], shown["result"]["text"]) == (True, "Done")
    assert api.get(f"/api/v4/tasks/{number}").json()["result"] == {"text": "Done"}
    assert api.write(TASKS, update=[done])["errors"] == {"update": {str(number): CONFLICT}}


def test_a_note_on_a_task_is_its_result(api: ApiV2Client) -> None:
    number = task(api)
    note = api.add(NOTES, element_id=number, element_type=4, note_type=13, text="Fine")
    assert api.item(f"{TASKS}?id={number}")["result"] == {"id": note, "text": "Fine"}
    assert api.item(f"{NOTES}?type=task&element_id={number}")["text"] == "Fine"
    refused = api.write(NOTES, add=[{"element_id": number, "element_type": 4, "note_type": 4, "text": "x"}])
    assert refused["errors"]["add"][0]["code"] == 232


def test_tasks_are_filtered(api: ApiV2Client, sandbox: Sandbox, clock: Clock) -> None:
    lead, person = api.add(LEADS, name="Pump"), api.add(CONTACTS, name="Ann")
    first = task(api, element_id=lead, element_type=2)
    clock.now = NOW + 100
    second = task(api, element_id=person, element_type=1, is_completed=1, task_type=2)
    shown = api.item(f"{LEADS}?id={lead}")
    pipe = f"filter[pipe][{shown['pipeline']['id']}][]={shown['status_id']}"
    assert api.numbers(f"{TASKS}?{pipe}") == [first]
    assert api.get(f"{TASKS}?{pipe}&id={second}").status == 204  # ids are one filter among others
    assert api.numbers(f"{TASKS}?type=contact") == [second]
    assert api.numbers(f"{TASKS}?element_id[]={lead}&type=lead") == [first]
    assert api.numbers(f"{TASKS}?filter[status][]=1") == [second]
    assert api.numbers(f"{TASKS}?filter[task_type][]=1&filter[status][]=0") == [first]
    assert api.numbers(f"{TASKS}?filter[date_create][from]={NOW + 1}") == [second]
    assert api.numbers(f"{TASKS}?filter[created_by][]={sandbox.users[0]['id']}&limit_rows=1") == [first]
    assert api.numbers(TASKS, If_Modified_Since="Fri, 15 Jan 2027 08:00:00") == [second]
    assert "type is" in get_sandbox_detail(api.get(f"{TASKS}?type=leads"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "228"),
        ({"add": []}, "227"),
        ({"update": []}, "230"),
        ({"update": [{"text": "x"}]}, "231"),
        ({"update": [{"id": 1, "updated_at": 1}]}, "400"),
        ({"add": [{"text": "x", "task_type": 99}]}, "400"),
        ({"add": [{"text": "x", "element_type": 7}]}, "400"),
        ({"add": [{"text": "x", "is_completed": "yes"}]}, "400"),
    ],
)
def test_error_codes_of_tasks(api: ApiV2Client, body: Any, expected: str) -> None:
    assert get_error_code(api.post(TASKS, body)) == expected


def test_tasks_of_unknown_cards_are_refused(api: ApiV2Client) -> None:
    add = [{"text": "x", "element_id": 9, "element_type": kind} for kind in (1, 2, 3)]
    errors = api.write(TASKS, add=[*add, {"text": "x", "element_id": 9}])["errors"]["add"]
    assert [error["code"] for error in errors] == [236, 237, 400, 235]
    missing = api.write(TASKS, update=[{"id": 9, "updated_at": 1, "text": "x"}])["errors"]["update"]
    assert missing["9"]["code"] == 231
