from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, LEADS, NOW, ApiClient, Clock, validation_errors

UNSORTED = "/api/v4/leads/unsorted"
FORM: dict[str, Any] = {"source_uid": "a", "source_name": "b", "metadata": {"form_id": "f", "form_sent_at": NOW}}
CALL: dict[str, Any] = {"source_uid": "a", "source_name": "b", "metadata": {"from": "+1", "phone": "+2", "duration": 5}}


def made(api: ApiClient, *items: dict[str, Any], category: str = "forms") -> list[Any]:
    response = api.post(f"{UNSORTED}/{category}", list(items))
    assert response.status == 200, response.text
    rows: list[Any] = response.json()["_embedded"]["unsorted"]
    return rows


def incoming_stage(sandbox: Sandbox) -> int:
    return next(row["id"] for row in sandbox.rows("statuses") if row["type"] == 1)


def test_a_form_makes_a_lead_at_once(api: ApiClient, sandbox: Sandbox) -> None:
    nested = {"leads": [{"name": "Roof", "price": 5}], "contacts": [{"name": "Ann"}], "companies": [{"name": "Olive"}]}
    [row] = made(api, {**FORM, "_embedded": nested, "request_id": "x"})
    assert row["request_id"] == "x"
    lead = sandbox.row("leads", row["_embedded"]["leads"][0]["id"])
    assert lead is not None
    assert (lead["name"], lead["status_id"]) == ("Roof", incoming_stage(sandbox))
    assert [len(row["_embedded"][kind]) for kind in ("contacts", "companies")] == [1, 1]
    assert api.get(CONTACTS).status == 204
    assert sandbox.rows("contacts")[0]["is_unsorted"] is True


def test_one_reads_as_the_service_writes_it(api: ApiClient, sandbox: Sandbox) -> None:
    [row] = made(api, FORM)
    shown = api.get(f"{UNSORTED}/{row['uid']}").json()
    assert shown["metadata"] == {
        "form_id": "f",
        "form_sent_at": str(NOW),
        "ip": None,
        "referer": None,
        "visitor_uid": None,
    }
    assert (shown["category"], shown["created_at"], shown["account_id"]) == ("forms", NOW, sandbox.account.id)
    assert shown["_embedded"]["companies"] == []
    [called] = made(api, CALL, category="sip")
    assert api.get(f"{UNSORTED}/{called['uid']}").json()["metadata"] == {
        "phone": "+1",
        "call_responsible": "+2",
        "duration": 5,
    }
    assert api.get(f"{UNSORTED}/nobody").status == 204


@pytest.mark.parametrize(
    ("item", "flaw"),
    [
        ({"source_uid": "a"}, ("FieldMissing", "source_name")),
        ({**FORM, "category": "forms"}, ("FieldNotExpected", "category")),
        ({**FORM, "metadata": {"from": "x"}}, ("FieldNotExpected", "metadata.from")),
        ({**FORM, "metadata": {"form_sent_at": "5"}}, ("InvalidType", "metadata.form_sent_at")),
        ({**FORM, "pipeline_id": 5}, ("NotSupportedChoice", "pipeline_id")),
        ({**FORM, "_embedded": {"leads": [{"id": 5}]}}, ("FieldNotExpected", "_embedded.leads.0.id")),
        ({**FORM, "_embedded": {"leads": [{}, {}]}}, ("InvalidValue", "_embedded.leads")),
        ({**FORM, "_embedded": {"contacts": [{"id": 5}]}}, ("NotSupportedChoice", "_embedded.contacts.0.id")),
        (
            {**FORM, "_embedded": {"contacts": [{"request_id": "1"}]}},
            ("FieldNotExpected", "_embedded.contacts.0.request_id"),
        ),
    ],
)
def test_what_a_form_cannot_be(api: ApiClient, item: dict[str, Any], flaw: tuple[str, str]) -> None:
    found = validation_errors(api.post(f"{UNSORTED}/forms", [item]))
    assert flaw in [(code, path) for _, code, path in found]


def test_they_come_newest_first_whatever_is_asked(api: ApiClient, clock: Clock) -> None:
    uids = []
    for _ in range(3):
        uids += [made(api, FORM)[0]["uid"]]
        clock.now += 10
    newest = uids[::-1]
    for query in ("", "?order[created_at]=asc", "?order[created_at]=desc"):
        assert [row["uid"] for row in api.rows(f"{UNSORTED}{query}")] == newest
    assert [row["uid"] for row in api.rows(f"{UNSORTED}?filter[uid][]={uids[0]}&filter[uid][]={uids[1]}")] == newest[1:]
    assert [row["uid"] for row in api.rows(f"{UNSORTED}?filter[uid]={uids[0]}")] == uids[:1]
    assert api.get(f"{UNSORTED}?filter[category][]=sip").status == 204
    assert api.get(f"{UNSORTED}?filter[pipeline_id][]=5").status == 400
    assert api.get(f"{UNSORTED}?filter[source_uid]=5").status == 400


def test_only_its_own_addresses_take_new_ones(api: ApiClient) -> None:
    assert api.post(UNSORTED, [FORM]).status == 405
    assert api.post(f"{UNSORTED}/chats", [FORM]).status in (404, 405)


def test_accepting_makes_it_a_lead_like_any_other(api: ApiClient, sandbox: Sandbox) -> None:
    [row] = made(api, {**FORM, "_embedded": {"contacts": [{"name": "Ann"}]}})
    number = row["_embedded"]["leads"][0]["id"]
    stage = sandbox.rows("statuses")[2]["id"]
    answer = api.post(f"{UNSORTED}/{row['uid']}/accept", {"user_id": 0, "status_id": stage}).json()
    assert answer.keys() == {"uid", "pipeline_id", "category", "created_at", "_embedded"}
    assert api.get(f"{LEADS}/{number}").json()["status_id"] == stage
    assert api.rows(CONTACTS)[0]["is_unsorted"] is False
    assert api.post(f"{UNSORTED}/{row['uid']}/accept").status == 404
    assert api.get(UNSORTED).status == 204


def test_accepting_refuses_what_is_no_stage(api: ApiClient, sandbox: Sandbox) -> None:
    [row] = made(api, FORM)
    for body in ({"status_id": incoming_stage(sandbox)}, {"status_id": 5}, {"user_id": 5}, {"stage": 5}):
        assert api.post(f"{UNSORTED}/{row['uid']}/accept", body).status == 400


def test_declining_answers_with_a_body_and_fills_the_trash(api: ApiClient, sandbox: Sandbox) -> None:
    [row] = made(api, {**FORM, "_embedded": {"contacts": [{"name": "Ann"}]}})
    answer = api.request("DELETE", f"{UNSORTED}/{row['uid']}/decline", {"user_id": 0})
    assert answer.status == 200
    assert "companies" not in answer.json()["_embedded"]
    assert api.ids(f"{LEADS}?with=only_deleted") == [row["_embedded"]["leads"][0]["id"]]
    assert api.delete(f"{UNSORTED}/{row['uid']}/decline").status == 404


def test_chats_are_linked_by_administrators(api: ApiClient, sandbox: Sandbox) -> None:
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


def test_the_summary_counts_what_came_and_went(api: ApiClient, clock: Clock) -> None:
    first, second = made(api, FORM, FORM)
    made(api, CALL, category="sip")
    clock.now += 100
    api.post(f"{UNSORTED}/{first['uid']}/accept")
    api.delete(f"{UNSORTED}/{second['uid']}/decline")
    assert api.get(f"{UNSORTED}/summary").json() == {
        "total": 3,
        "accepted": 1,
        "declined": 1,
        "average_sort_time": 100,
        "categories": {"sip": {"total": 1}, "forms": {"total": 2}, "chats": {"total": 0}, "mail": {"total": 0}},
    }
    assert api.get(f"{UNSORTED}/summary?filter[created_at]={NOW + 1}").json()["total"] == 0
    assert api.get(f"{UNSORTED}/summary?filter[uid][]={first['uid']}").json()["total"] == 1


def test_a_wrong_category_of_a_seeded_one(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="category must be one of"):
        sandbox.add("unsorted", category="letters")
