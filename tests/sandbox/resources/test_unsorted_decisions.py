from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, LEADS, NOW, ApiClient

UNSORTED = "/api/v4/leads/unsorted"


FORM: dict[str, Any] = {"source_uid": "a", "source_name": "b", "metadata": {"form_id": "f", "form_sent_at": NOW}}


def made(api: ApiClient, *items: dict[str, Any], category: str = "forms") -> list[Any]:
    response = api.post(f"{UNSORTED}/{category}", list(items))
    assert response.status == 200, response.text
    rows: list[Any] = response.json()["_embedded"]["unsorted"]
    return rows


def incoming_stage(sandbox: Sandbox) -> int:
    return next(row["id"] for row in sandbox.rows("statuses") if row["type"] == 1)


def test_accepting_turns_it_into_a_normal_lead(api: ApiClient, sandbox: Sandbox) -> None:
    [row] = made(api, {**FORM, "_embedded": {"contacts": [{"name": "Ann"}]}})
    number = row["_embedded"]["leads"][0]["id"]
    stage = sandbox.rows("statuses")[2]["id"]
    answer = api.post(f"{UNSORTED}/{row['uid']}/accept", {"user_id": 0, "status_id": stage}).json()
    assert answer.keys() == {"uid", "pipeline_id", "category", "created_at", "_embedded"}
    assert api.get(f"{LEADS}/{number}").json()["status_id"] == stage
    assert api.rows(CONTACTS)[0]["is_unsorted"] is False
    assert api.post(f"{UNSORTED}/{row['uid']}/accept").status == 404
    assert api.get(UNSORTED).status == 204


def test_accepting_refuses_an_invalid_stage(api: ApiClient, sandbox: Sandbox) -> None:
    [row] = made(api, FORM)
    for body in ({"status_id": incoming_stage(sandbox)}, {"status_id": 5}, {"user_id": 5}, {"stage": 5}):
        assert api.post(f"{UNSORTED}/{row['uid']}/accept", body).status == 400


def test_declining_returns_a_body_and_trashes_the_lead(api: ApiClient, sandbox: Sandbox) -> None:
    [row] = made(api, {**FORM, "_embedded": {"contacts": [{"name": "Ann"}]}})
    answer = api.request("DELETE", f"{UNSORTED}/{row['uid']}/decline", {"user_id": 0})
    assert answer.status == 200
    assert "companies" not in answer.json()["_embedded"]
    assert api.ids(f"{LEADS}?with=only_deleted") == [row["_embedded"]["leads"][0]["id"]]
    assert api.delete(f"{UNSORTED}/{row['uid']}/decline").status == 404


def test_administrators_link_chats(api: ApiClient, sandbox: Sandbox) -> None:
    lead = sandbox.add("leads", name="There")["id"]
    sandbox.add("unsorted", category="chats", metadata={"from": "Ann"})
    [chat] = api.rows(UNSORTED)
    link = {"link": {"entity_type": "leads", "entity_id": lead}}
    assert api.post(f"{UNSORTED}/{chat['uid']}/link", {}).status == 400
    assert (
        api.post(f"{UNSORTED}/{chat['uid']}/link", {"link": {"entity_type": "contacts", "entity_id": 1}}).status == 400
    )
    answer = api.post(f"{UNSORTED}/{chat['uid']}/link", link).json()
    assert [row["id"] for row in answer["_embedded"]["leads"]] == [lead]
    [form] = made(api, FORM)
    assert api.post(f"{UNSORTED}/{form['uid']}/link", link).status == 422
