from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox, SandboxResponse
from tests.sandbox.api_client import NOW, Clock
from tests.sandbox.v2.api_v2_client import CONTACTS, LEADS, ApiV2Client, get_sandbox_detail

WAITING = "/api/v2/incoming_leads"
NOTES = "/api/v2/notes"


def form(at: int = 0, **keys: Any) -> dict[str, Any]:
    info = {"form_id": 1, "form_page": "https://example.com", "form_name": "Home", "form_send_at": NOW}
    return {"source_name": "Site", "source_uid": "a1", "created_at": NOW + at, "incoming_lead_info": info, **keys}


def call_in(api: ApiV2Client, **keys: Any) -> dict[str, Any]:
    user = api.sandbox.users[0]["id"]
    info = {"to": user, "from": "+100", "date_call": NOW, "service_code": "pbx", "duration": 5, **keys}
    return {"source_name": "Pbx", "source_uid": "p1", "incoming_lead_info": info}


def send(api: ApiV2Client, verb: str, **body: Any) -> Any:
    """`data` of a success."""
    response = api.post(f"{WAITING}/{verb}", body)
    shown = response.json()
    assert (response.status, shown["status"]) == (200, "success"), response.text
    assert shown["_links"]["self"] == {"href": f"{WAITING}/{verb}", "method": "post"}
    return shown["data"]


def failed(response: SandboxResponse, status: int = 400) -> str:
    shown = response.json()
    assert (response.status, shown["status"], shown["error_code"]) == (status, "fail", 400), response.text
    return str(shown["error"])


def test_a_form_waits_and_is_accepted(api: ApiV2Client, sandbox: Sandbox) -> None:
    phone = next(
        row for row in sandbox.rows("custom_fields") if (row["code"], row["entity_type"]) == ("PHONE", "contacts")
    )
    entities = {
        "leads": [{"name": "Request", "sale": 5, "notes": [{"note_type": 4, "element_type": 2, "text": "Hi"}]}],
        "contacts": [
            {"name": "Ada", "custom_fields": [{"id": phone["id"], "values": [{"value": "+1", "enum": "WORK"}]}]}
        ],
        "companies": [{"name": "Acme"}],
    }
    [uid] = send(api, "form", add=[form(incoming_entities=entities)])
    shown = api.item(WAITING)
    assert (shown["uid"], shown["category"], shown["source_name"]) == (uid, "form", "Site")
    assert shown["incoming_lead_info"]["form_send_at"] == NOW
    assert shown["incoming_entities"]["contacts"][0]["custom_fields"][0]["values"][0]["value"] == "+1"
    assert api.get(CONTACTS).status == 204  # not seen yet
    done = send(api, "accept", accept=[uid], user_id=sandbox.users[0]["id"])[uid]
    assert {kind: len(numbers) for kind, numbers in done.items()} == {"leads": 1, "contacts": 1, "companies": 1}
    lead = api.item(f"{LEADS}?id={done['leads'][0]}")
    assert (lead["name"], lead["sale"], lead["contacts"]["id"], lead["company"]["name"]) == (
        "Request",
        5,
        done["contacts"],
        "Acme",
    )
    assert api.item(f"{NOTES}?type=lead")["text"] == "Hi"
    assert api.get(WAITING).status == 204
    assert "Not found" in failed(api.post(f"{WAITING}/accept", {"accept": [uid]}), 200)


def test_the_time_of_a_call_has_another_name_when_read(api: ApiV2Client) -> None:
    [uid] = send(api, "sip", add=[call_in(api, add_note=True, uniq="u", link="https://x")])
    info = api.item(f"{WAITING}?uid={uid}")["incoming_lead_info"]
    assert (info["date"], info["from"], info["service_code"], info["add_note"]) == (NOW, "+100", "pbx", True)
    assert "date_call" not in info
    v4 = api.get(f"/api/v4/leads/unsorted/{uid}").json()
    assert (v4["category"], v4["metadata"]["called_at"]) == ("sip", NOW)


def test_many_leads_are_accepted_or_declined_at_once(api: ApiV2Client, sandbox: Sandbox, clock: Clock) -> None:
    other = sandbox.add("pipelines", name="Second")["id"]
    stage = sandbox.add("statuses", pipeline_id=other, name="Begun")["id"]
    uids = send(api, "form", add=[form(at) for at in range(4)])
    clock.now = NOW + 10
    done = send(api, "accept", accept=uids[:2], status_id=stage)
    numbers = [done[uid]["leads"][0] for uid in uids[:2]]
    assert [row["status_id"] for row in api.items(f"{LEADS}?id={','.join(map(str, numbers))}")] == [stage, stage]
    assert send(api, "decline", decline=uids[2:], user_id=0) == {uids[2]: False, uids[3]: False}
    assert len(api.items(f"{LEADS}?with=only_deleted")) == 2
    counters = api.get(f"{WAITING}/summary").json()
    assert counters == {"sip": 0, "mail": 0, "form": 4, "chat": 0, "total": 4, "avg_time": 8, "accepted": 2}


def test_one_wrong_uid_fails_the_request(api: ApiV2Client) -> None:
    [uid] = send(api, "form", add=[form()])
    for body in ({"decline": [uid, "nobody"]}, {"decline": []}, {"decline": [5]}):
        failed(api.post(f"{WAITING}/decline", body), 200)
    assert api.item(WAITING)["uid"] == uid


def test_duplicate_forms_and_calls_fail(api: ApiV2Client) -> None:
    send(api, "form", add=[form()])
    failed(api.post(f"{WAITING}/form", {"add": [form(5), form()]}), 200)
    failed(api.post(f"{WAITING}/form", {"add": [form(6), form(6)]}), 200)
    send(api, "sip", add=[call_in(api)])
    failed(api.post(f"{WAITING}/sip", {"add": [call_in(api)]}), 200)
    send(api, "sip", add=[call_in(api, duration=6)])
    assert len(api.items(WAITING)) == 3


def test_incoming_leads_are_listed_and_filtered(api: ApiV2Client, sandbox: Sandbox) -> None:
    uids = send(api, "form", add=[form(at) for at in range(3)])
    [call] = send(api, "sip", add=[call_in(api)])
    found = [row["uid"] for row in api.items(f"{WAITING}?categories[]=forms&order_by[created_at]=asc")]
    assert found == uids
    assert [row["uid"] for row in api.items(f"{WAITING}?categories[]=sip")] == [call]
    assert [row["uid"] for row in api.items(f"{WAITING}?categories[]=forms&page_size=2&page=2")] == [uids[0]]
    assert len(api.items(f"{WAITING}?page_size=3&PAGEN_1=2")) == 1
    assert len(api.items(f"{WAITING}?pipeline_id={sandbox.rows('pipelines')[0]['id']}")) == 4
    for query in ("limit_rows=1", "categories[]=form", "order_by[id]=asc", "with=leads"):
        get_sandbox_detail(api.get(f"{WAITING}?{query}"))


def test_the_summary_counts_leads_of_a_period(api: ApiV2Client, clock: Clock) -> None:
    send(api, "form", add=[form(0), form(100)])
    shown = api.get(f"{WAITING}/summary?filter[date][from]={NOW + 50}").json()
    assert (shown["total"], shown["form"]) == (1, 1)


@pytest.mark.parametrize(
    "item",
    [
        form(created_at=None),
        {key: value for key, value in form().items() if key != "created_at"},
        form(incoming_lead_info={"form_id": 1}),
        form(source_uid=""),
        form(pipeline_id=7),
        form(incoming_entities={"leads": [{"name": "x", "sale": "much"}]}),
        form(incoming_entities={"leads": [{"name": "x", "notes": [{"note_type": 4}]}]}),
        form(incoming_entities={"contacts": {"name": "x"}}),
    ],
)
def test_malformed_requests_fail(api: ApiV2Client, item: Any) -> None:
    failed(api.post(f"{WAITING}/form", {"add": [form(9), item]}))
    assert api.get(WAITING).status == 204
    failed(api.post(f"{WAITING}/form", {"add": []}))


def test_accepting_into_an_impossible_stage_fails(api: ApiV2Client, sandbox: Sandbox) -> None:
    [uid] = send(api, "form", add=[form()])
    incoming = next(row["id"] for row in sandbox.rows("statuses") if row["type"] == 1)
    failed(api.post(f"{WAITING}/accept", {"accept": [uid], "status_id": incoming}))


def test_unknown_keys_of_incoming_leads_are_refused(api: ApiV2Client) -> None:
    for body in ({"add": [form(metadata={})]}, {"add": [form()], "update": []}):
        assert "does not know" in get_sandbox_detail(api.post(f"{WAITING}/form", body))


def test_nested_cards_need_names(api: ApiV2Client) -> None:
    refused = api.post(f"{WAITING}/form", {"add": [form(incoming_entities={"contacts": [{"first_name": "Ada"}]})]})
    assert "name" in failed(refused)
