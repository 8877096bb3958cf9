"""Pipelines and their stages, and loss reasons."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import LEADS, NOW, ApiClient, validation_error

PIPELINES = f"{LEADS}/pipelines"
REASONS = f"{LEADS}/loss_reasons"
NEW = {"name": "Renewals", "sort": 20, "is_main": False, "is_unsorted_on": True}


def stages(api: ApiClient, pipeline: int) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in api.rows(f"{PIPELINES}/{pipeline}/statuses")}


def test_a_new_pipeline_has_an_incoming_stage_and_the_closed_ones(api: ApiClient) -> None:
    given = [{"name": "First", "color": "#98cbff"}, {"id": 142, "name": "Renewed"}]
    answer = api.post(PIPELINES, [{**NEW, "_embedded": {"statuses": given}}]).json()
    [made] = answer["_embedded"]["pipelines"]
    rows = made["_embedded"]["statuses"]
    assert answer["_total_items"] == 1
    assert [(row["name"], row["type"], row["is_editable"], row["color"]) for row in rows] == [
        ("Incoming leads", 1, False, "#c1c1c1"),
        ("First", 0, True, "#98cbff"),
        ("Renewed", 0, False, "#CCFF66"),
        ("Closed - lost", 0, False, "#D5D8DB"),
    ]
    assert [row["id"] for row in rows[2:]] == [142, 143]
    assert rows[0].keys() == {
        "id",
        "name",
        "sort",
        "is_editable",
        "pipeline_id",
        "color",
        "type",
        "account_id",
        "_links",
    }


@pytest.mark.parametrize("key", ["name", "sort", "is_main", "is_unsorted_on"])
def test_four_keys_are_required(api: ApiClient, key: str) -> None:
    assert validation_error(api.post(PIPELINES, [{k: v for k, v in NEW.items() if k != key}])) == ("FieldMissing", key)


def test_the_list_ignores_page_and_limit(api: ApiClient, sandbox: Sandbox) -> None:
    sandbox.add("pipelines", name="Second")
    response = api.get(f"{PIPELINES}?page=7&limit=1")
    assert len(response.json()["_embedded"]["pipelines"]) == response.json()["_total_items"] == 2
    assert "_page" not in response.json()


def test_one_pipeline_is_the_main_one(api: ApiClient, sandbox: Sandbox) -> None:
    second = sandbox.add("pipelines", name="Second")["id"]
    answer = api.patch(f"{PIPELINES}/{second}", {"is_main": True}).json()
    assert (answer["is_main"], answer["sort"]) == (True, 1)
    assert [row["is_main"] for row in api.rows(PIPELINES)] == [True, False]


def test_only_an_empty_pipeline_can_be_deleted(api: ApiClient, sandbox: Sandbox) -> None:
    second = sandbox.add("pipelines", name="Second")["id"]
    lead = sandbox.add("leads", pipeline_id=second)["id"]
    assert api.delete(f"{PIPELINES}/{second}").status == 422
    sandbox.trash("leads", lead)
    assert api.delete(f"{PIPELINES}/{second}").status == 204
    assert validation_error(api.delete(f"{PIPELINES}/{second}")) == ("NotSupportedChoice", "id")


def test_only_administrators_write_pipelines(api: ApiClient, sandbox: Sandbox) -> None:
    user = str(sandbox.add("users", name="Ann")["id"])
    assert api.get(PIPELINES, X_Context_User_ID=user).status == 200
    assert api.post(PIPELINES, [NEW], X_Context_User_ID=user).status == 403


def test_a_stage_takes_a_colour_of_the_palette(api: ApiClient) -> None:
    url = f"{PIPELINES}/1001/statuses"
    assert validation_error(api.post(url, [{"name": "A", "sort": 40, "color": "#CCFF66"}])) == (
        "NotSupportedChoice",
        "color",
    )
    assert validation_error(api.post(url, [{"name": "A"}])) == ("FieldMissing", "sort")
    made = api.create(url, {"name": "A", "sort": 40, "color": "#eb93ff"})
    assert stages(api, 1001)[made]["color"] == "#eb93ff"


def test_descriptions_are_shown_on_demand_and_one_a_level(api: ApiClient) -> None:
    url = f"{PIPELINES}/1001/statuses"
    hint = {"level": "newbie", "description": "Call"}
    made = api.create(url, {"name": "A", "sort": 40, "descriptions": [hint]})
    assert "descriptions" not in api.get(f"{url}/{made}").json()
    [shown] = api.get(f"{url}/{made}?with=descriptions").json()["descriptions"]
    assert (shown["level"], shown["status_id"], shown["created_at"]) == ("newbie", made, NOW)
    assert validation_error(api.patch(f"{url}/{made}", {"descriptions": [hint, hint]})) == ("NotUnique", "descriptions")
    long = {"level": "master", "description": "x" * 1001}
    assert validation_error(api.patch(f"{url}/{made}", {"descriptions": [long]}))[1] == "descriptions.0.description"


def test_system_stages_cannot_be_deleted(api: ApiClient, sandbox: Sandbox) -> None:
    incoming = next(number for number, row in stages(api, 1001).items() if row["type"] == 1)
    for number in (142, incoming, 999):
        assert validation_error(api.delete(f"{PIPELINES}/1001/statuses/{number}")) == (
            "NotSupportedChoice",
            "status_id",
        )


def test_an_own_stage_can_be_renamed_and_deleted(api: ApiClient) -> None:
    own = next(number for number, row in stages(api, 1001).items() if row["is_editable"])
    url = f"{PIPELINES}/1001/statuses/{own}"
    assert api.patch(url, {"name": "New"}).json()["name"] == "New"
    assert api.delete(url).status == 204
    assert api.get(url).status == 404


def test_loss_reasons_have_all_verbs(api: ApiClient) -> None:
    assert api.get(REASONS).status == 204
    number = api.create(REASONS, {"name": "Too dear", "request_id": "x"})
    expected = {"id": number, "name": "Too dear", "sort": 1, "created_at": NOW, "updated_at": NOW}
    response = api.get(REASONS).json()
    assert response["_total_items"] == 1
    assert response["_embedded"]["loss_reasons"][0].items() >= expected.items()
    assert api.patch(f"{REASONS}/{number}", {"sort": 7}).json()["sort"] == 7
    assert api.delete(f"{REASONS}/{number}").status == 204
    gone = api.get(f"{REASONS}/{number}")
    assert (gone.status, gone.json()["detail"]) == (404, "Loss reason not found")


def test_closed_stages_can_be_renamed_and_nothing_else(api: ApiClient) -> None:
    url = f"{PIPELINES}/1001/statuses/142"
    assert api.patch(url, {"name": "Won"}).json()["name"] == "Won"
    assert validation_error(api.patch(url, {"color": "#fffeb2"})) == ("FieldNotExpected", "color")


def test_unknown_pipelines_and_stages_are_404_to_a_reader(api: ApiClient) -> None:
    for path in ("5", "5/statuses", "1001/statuses/5"):
        assert api.get(f"{PIPELINES}/{path}").status == 404


def test_a_stage_with_leads_stays(api: ApiClient, sandbox: Sandbox) -> None:
    lead = sandbox.add("leads")
    assert api.delete(f"{PIPELINES}/1001/statuses/{lead['status_id']}").status == 422
    assert api.delete(f"{PIPELINES}/1001").status == 422


def test_an_account_has_fifty_pipelines_of_a_hundred_stages(api: ApiClient) -> None:
    assert api.post(PIPELINES, [NEW] * 49).status == 200
    assert api.post(PIPELINES, [NEW]).status == 422
    assert api.post(f"{PIPELINES}/1001/statuses", [{"name": "A", "sort": 1}] * 95).status == 422


def test_deleting_a_reason_leaves_lost_leads_without_one(api: ApiClient, sandbox: Sandbox) -> None:
    reason = sandbox.add("loss_reasons", name="Dear")["id"]
    sandbox.add("leads", status_id=143, loss_reason_id=reason)
    api.delete(f"{REASONS}/{reason}")
    assert api.rows(LEADS)[0]["loss_reason_id"] is None
