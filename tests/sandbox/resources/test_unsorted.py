from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, NOW, ApiClient, Clock, validation_errors

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


def test_a_form_creates_a_lead_at_once(api: ApiClient, sandbox: Sandbox) -> None:
    nested = {"leads": [{"name": "Roof", "price": 5}], "contacts": [{"name": "Ann"}], "companies": [{"name": "Olive"}]}
    [row] = made(api, {**FORM, "_embedded": nested, "request_id": "x"})
    assert row["request_id"] == "x"
    lead = sandbox.row("leads", row["_embedded"]["leads"][0]["id"])
    assert lead is not None
    assert (lead["name"], lead["status_id"]) == ("Roof", incoming_stage(sandbox))
    assert [len(row["_embedded"][kind]) for kind in ("contacts", "companies")] == [1, 1]
    assert api.get(CONTACTS).status == 204
    assert sandbox.rows("contacts")[0]["is_unsorted"] is True


def test_an_incoming_lead_has_the_form_of_the_service(api: ApiClient, sandbox: Sandbox) -> None:
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
            {**FORM, "_embedded": {"contacts": [{"uid": "1"}]}},
            ("FieldNotExpected", "_embedded.contacts.0.uid"),
        ),
    ],
)
def test_invalid_forms_are_refused(api: ApiClient, item: dict[str, Any], flaw: tuple[str, str]) -> None:
    found = validation_errors(api.post(f"{UNSORTED}/forms", [item]))
    assert flaw in [(code, path) for _, code, path in found]


def test_incoming_leads_are_listed_newest_first(api: ApiClient, clock: Clock) -> None:
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


def test_only_the_routes_of_forms_and_calls_create_incoming_leads(api: ApiClient) -> None:
    assert api.post(UNSORTED, [FORM]).status == 405
    assert api.post(f"{UNSORTED}/chats", [FORM]).status in (404, 405)


def test_the_summary_counts_incoming_leads_by_outcome(api: ApiClient, clock: Clock) -> None:
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


def test_an_unknown_category_cannot_be_added(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="category must be one of"):
        sandbox.add("unsorted", category="letters")
