from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import LEADS, NOW, ApiClient, validation_error

PIPELINES = f"{LEADS}/pipelines"


def stages(api: ApiClient, pipeline: int) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in api.rows(f"{PIPELINES}/{pipeline}/statuses")}


def test_a_stage_needs_a_colour_of_the_palette(api: ApiClient) -> None:
    url = f"{PIPELINES}/1001/statuses"
    assert validation_error(api.post(url, [{"name": "A", "sort": 40, "color": "#CCFF66"}])) == (
        "NotSupportedChoice",
        "color",
    )
    assert validation_error(api.post(url, [{"name": "A"}])) == ("FieldMissing", "sort")
    made = api.create(url, {"name": "A", "sort": 40, "color": "#eb93ff"})
    assert stages(api, 1001)[made]["color"] == "#eb93ff"


def test_descriptions_are_shown_on_request_and_unique_per_level(api: ApiClient) -> None:
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


def test_closed_stages_can_be_renamed_and_nothing_else(api: ApiClient) -> None:
    url = f"{PIPELINES}/1001/statuses/142"
    assert api.patch(url, {"name": "Won"}).json()["name"] == "Won"
    assert validation_error(api.patch(url, {"color": "#fffeb2"})) == ("FieldNotExpected", "color")


def test_a_stage_with_leads_cannot_be_deleted(api: ApiClient, sandbox: Sandbox) -> None:
    lead = sandbox.add("leads")
    assert api.delete(f"{PIPELINES}/1001/statuses/{lead['status_id']}").status == 422
    assert api.delete(f"{PIPELINES}/1001").status == 422
