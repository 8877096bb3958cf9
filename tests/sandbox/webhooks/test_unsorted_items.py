from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, ApiClient
from tests.sandbox.webhooks.form_decoder import Recorder

EVENTS = ("add_unsorted", "delete_unsorted", "add_lead", "update_lead", "status_lead", "delete_lead", "add_contact")
UNSORTED = "/api/v4/leads/unsorted"
FORM = {
    "source_uid": "site",
    "source_name": "Website",
    "metadata": {"form_id": "12", "form_name": "Main", "form_page": "https://fern.example", "form_sent_at": NOW - 5},
    "_embedded": {"leads": [{"name": "Quote"}], "contacts": [{"name": "Rui"}]},
}


def create_form(api: ApiClient) -> Any:
    return api.post(f"{UNSORTED}/forms", [FORM]).json()["_embedded"]["unsorted"][0]


def test_an_incoming_lead_announces_itself_and_not_its_cards(sandbox: Sandbox, api: ApiClient):
    recorder = Recorder(sandbox, *EVENTS)
    made = create_form(api)
    assert recorder.envelopes == [("unsorted", "add")]
    item = recorder.item("unsorted", "add")
    lead = made["_embedded"]["leads"][0]["id"]
    assert (item["uid"], item["category"], item["lead_id"]) == (made["uid"], "forms", str(lead))
    assert (item["source_data"]["from"], item["source_data"]["date"]) == ("https://fern.example", str(NOW - 5))
    assert item["data"]["leads"][0]["name"] == "Quote"
    assert item["data"]["contacts"][0]["name"] == "Rui"


def test_an_accepted_lead_and_its_contact_are_announced_as_new(sandbox: Sandbox, api: ApiClient):
    recorder = Recorder(sandbox, *EVENTS)
    made = create_form(api)
    recorder.calls.clear()
    api.post(f"{UNSORTED}/{made['uid']}/accept")
    assert recorder.envelopes == [("unsorted", "delete"), ("contacts", "add"), ("leads", "add")]
    lead = made["_embedded"]["leads"][0]["id"]
    assert recorder.item("unsorted", "delete") == {
        "action": "accept",
        "uid": made["uid"],
        "category": "forms",
        "accept_result": {"leads": [str(lead)]},
        "created_at": str(NOW),
        "modified_user_id": str(sandbox.account.owner_id),
    }


def test_a_declined_lead_is_never_announced(sandbox: Sandbox, api: ApiClient):
    recorder = Recorder(sandbox, *EVENTS)
    made = create_form(api)
    recorder.calls.clear()
    api.delete(f"{UNSORTED}/{made['uid']}/decline")
    assert recorder.envelopes == [("unsorted", "delete")]
    item = recorder.item("unsorted", "delete")
    assert item["action"] == "decline"
    assert item["decline_result"]["leads"] == [str(made["_embedded"]["leads"][0]["id"])]


def test_a_linked_chat_is_accepted_with_the_other_lead(sandbox: Sandbox, api: ApiClient):
    lead = sandbox.add("leads", name="Old")["id"]
    recorder = Recorder(sandbox, *EVENTS)
    chat = sandbox.add("unsorted", category="chats", lead="Chat")
    recorder.calls.clear()
    api.post(f"{UNSORTED}/{chat['uid']}/link", {"link": {"entity_type": "leads", "entity_id": lead}})
    assert recorder.envelopes == [("unsorted", "delete")]
    assert recorder.item("unsorted", "delete")["accept_result"] == {"leads": [str(lead)]}
