from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import LEADS, ApiClient, validation_error

PIPELINES = f"{LEADS}/pipelines"


NEW = {"name": "Renewals", "sort": 20, "is_main": False, "is_unsorted_on": True}


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


def test_reading_an_unknown_pipeline_or_stage_gives_404(api: ApiClient) -> None:
    for path in ("5", "5/statuses", "1001/statuses/5"):
        assert api.get(f"{PIPELINES}/{path}").status == 404


def test_an_account_has_fifty_pipelines_of_a_hundred_stages(api: ApiClient) -> None:
    assert api.post(PIPELINES, [NEW] * 49).status == 200
    assert api.post(PIPELINES, [NEW]).status == 422
    assert api.post(f"{PIPELINES}/1001/statuses", [{"name": "A", "sort": 1}] * 95).status == 422
