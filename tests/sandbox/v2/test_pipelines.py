from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.v2.api_v2_client import LEADS, ApiV2Client, get_error_code, get_sandbox_detail

PIPELINES = "/api/v2/pipelines"
SET = "/private/api/v2/json/pipelines/set"
DELETE = "/private/api/v2/json/pipelines/delete"


def send(api: ApiV2Client, **verbs: Any) -> Any:
    response = api.post(SET, {"request": {"pipelines": verbs}})
    assert response.status == 200, response.text
    return response.json()["response"]["pipelines"]


def test_items_are_an_object_keyed_by_id(api: ApiV2Client, sandbox: Sandbox) -> None:
    [number] = [row["id"] for row in sandbox.rows("pipelines")]
    items = api.items(PIPELINES)
    shown = items[str(number)]
    assert (list(items), shown["is_main"]) == ([str(number)], True)
    assert shown["statuses"]["142"] == {
        "id": 142,
        "name": "Closed - won",
        "color": "#CCFF66",
        "sort": 10000,
        "is_editable": False,
    }
    assert shown["_links"]["self"] == {"href": f"{PIPELINES}?id={number}", "method": "get"}
    assert api.get(f"{PIPELINES}?id=7").status == 204


def test_a_pipeline_is_added(api: ApiV2Client, sandbox: Sandbox) -> None:
    stages = {"0": {"name": "Begun", "sort": 20, "color": "#fffeb2"}, "142": {"name": "Sold"}}
    done = send(api, add=[{"name": "Second", "sort": 3, "is_main": "on", "statuses": stages}])["add"]
    [(key, shown)] = done["pipelines"].items()
    assert (shown["is_main"], shown["statuses"]["142"]["name"], done["errors"]) == (True, "Sold", [])
    assert "Begun" in [stage["name"] for stage in shown["statuses"].values()]
    assert [row["is_main"] for row in sandbox.rows("pipelines") if row["id"] != int(key)] == [False]
    assert (
        get_error_code(
            api.post(
                SET, {"request": {"pipelines": {"add": [{"name": "x", "statuses": [{"name": "y", "color": "red"}]}]}}}
            )
        )
        == "400"
    )


def test_an_update_lists_all_stages(api: ApiV2Client) -> None:
    [(number, shown)] = api.items(PIPELINES).items()
    kept = [stage for stage in shown["statuses"].values() if stage["is_editable"]]
    lead = api.add(LEADS, name="Pump", status_id=kept[0]["id"])
    stages = {str(kept[0]["id"]): {"id": kept[0]["id"], "name": "First"}, "new": {"name": "Fresh", "sort": 90}}
    send(api, update={number: {"id": int(number), "name": "Renamed", "statuses": stages}})
    after = api.items(PIPELINES)[number]
    names = [stage["name"] for stage in after["statuses"].values() if stage["is_editable"]]
    assert (after["name"], sorted(names)) == ("Renamed", ["First", "Fresh"])
    refused = api.post(SET, {"request": {"pipelines": {"update": {number: {"id": number, "statuses": {}}}}}})
    assert get_error_code(refused) == "400"  # the lead stands there
    assert api.item(f"{LEADS}?id={lead}")["status_id"] == kept[0]["id"]


def test_pipelines_are_deleted(api: ApiV2Client, sandbox: Sandbox) -> None:
    [main] = [row["id"] for row in sandbox.rows("pipelines")]
    second, third = (sandbox.add("pipelines", name=name)["id"] for name in ("Second", "Third"))
    api.add(LEADS, name="Pump", pipeline_id=third)
    response = api.post(DELETE, {"request": {"id": [main, second, third, 7]}}).json()["response"]
    assert (response[str(main)], response[str(second)]) == (True, True)
    assert response[str(third)] == {"errors": "Impossible to delete last pipeline"}
    assert response["7"] == {"errors": "Pipeline not found"}
    assert [row["is_main"] for row in sandbox.rows("pipelines")] == [True]


@pytest.mark.parametrize("body", [{}, {"request": {}}, {"request": {"pipelines": {"add": {"0": {"sort": 1}}}}}])
def test_missing_parameters_are_refused(api: ApiV2Client, body: Any) -> None:
    assert api.post(SET, body).status == 400


def test_unknown_keys_of_pipelines_are_refused(api: ApiV2Client) -> None:
    body = {"request": {"pipelines": {"add": [{"name": "x", "is_unsorted_on": True}]}}}
    assert "is_unsorted_on" in get_sandbox_detail(api.post(SET, body))
    assert "page" in get_sandbox_detail(api.get(f"{PIPELINES}?page=1"))
