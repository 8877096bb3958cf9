from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import LEADS, NOW, ApiClient, validation_error

NOTES = f"{LEADS}/notes"


TEXT = {"text": "Hello"}


CALL = {"uniq": "k", "duration": 5, "source": "pbx", "phone": "+1555"}


@pytest.fixture
def lead(sandbox: Sandbox) -> int:
    return int(sandbox.add("leads")["id"])


def test_a_note_has_a_nested_link_and_no_pin(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    number = api.create(NOTES, {"entity_id": lead, "note_type": "common", "params": TEXT})
    owner = sandbox.users[0]["id"]
    url = f"https://sandbox.kommo.com{LEADS}/{lead}/notes/{number}"
    assert api.get(f"{NOTES}/{number}").json() == {
        "id": number,
        "entity_id": lead,
        "created_by": owner,
        "updated_by": owner,
        "created_at": NOW,
        "updated_at": NOW,
        "responsible_user_id": owner,
        "group_id": 0,
        "note_type": "common",
        "params": TEXT,
        "account_id": sandbox.account.id,
        "_links": {"self": {"href": url}},
    }


def test_is_pinned_is_shown_on_request(api: ApiClient, lead: int) -> None:
    number = api.create(f"{LEADS}/{lead}/notes", {"params": TEXT})
    assert api.post(f"{NOTES}/{number}/pin").status == 204
    assert api.get(f"{NOTES}/{number}?with=is_pinned").json()["is_pinned"] is True
    assert api.post(f"{NOTES}/{number}/unpin").status == 204
    assert api.rows(f"{LEADS}/{lead}/notes?with=is_pinned")[0]["is_pinned"] is False


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("call_in", CALL),
        ("call_out", {**CALL, "link": None, "call_status": 4, "call_responsible": "Ann"}),
        ("service_message", {"service": "bot", "text": "a"}),
        ("sms_out", {"text": "a", "phone": "+1555"}),
        ("geolocation", {"text": "a", "address": "b", "longitude": "1.5", "latitude": "2.5"}),
        ("attachment", {"file_uuid": "u", "file_name": "a.pdf"}),
    ],
)
def test_each_type_accepts_its_parameters(api: ApiClient, lead: int, kind: str, params: dict[str, Any]) -> None:
    number = api.create(f"{LEADS}/{lead}/notes", {"note_type": kind, "params": params})
    assert api.get(f"{NOTES}/{number}").json()["params"].items() >= params.items()


@pytest.mark.parametrize(
    ("item", "code", "path"),
    [
        ({"note_type": "amomail_message", "params": {}}, "NotSupportedChoice", "note_type"),
        ({"note_type": "common"}, "FieldMissing", "params"),
        ({"params": {}}, "FieldMissing", "params.text"),
        ({"params": {"text": 5}}, "InvalidType", "params.text"),
        ({"params": {"text": "a", "service": "b"}}, "FieldNotExpected", "params.service"),
        ({"note_type": "call_in", "params": {**CALL, "call_status": 9}}, "NotSupportedChoice", "params.call_status"),
        ({"params": TEXT, "entity_id": 5}, "NotSupportedChoice", "entity_id"),
        ({"params": TEXT, "is_pinned": True}, "FieldNotExpected", "is_pinned"),
    ],
)
def test_an_invalid_note_is_refused(api: ApiClient, lead: int, item: dict[str, Any], code: str, path: str) -> None:
    assert validation_error(api.post(NOTES, [{"entity_id": lead, **item}])) == (code, path)


def test_a_batch_update_needs_note_and_card(api: ApiClient, lead: int) -> None:
    number = api.create(f"{LEADS}/{lead}/notes", {"params": TEXT})
    item = {"id": number, "note_type": "common", "params": {"text": "New"}}
    assert validation_error(api.patch(NOTES, [item])) == ("FieldMissing", "entity_id")
    [row] = api.patch(NOTES, [{**item, "entity_id": lead}]).json()["_embedded"]["notes"]
    assert (row["id"], row["entity_id"], "request_id" in row) == (number, lead, False)
    assert api.patch(f"{LEADS}/{lead}/notes/{number}", {"note_type": "common", "params": TEXT}).status == 200
    assert validation_error(api.patch(f"{NOTES}/{number}", {"params": TEXT})) == ("FieldMissing", "note_type")


def test_notes_are_listed_by_card_and_filtered(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    other = sandbox.add("leads")["id"]
    first = sandbox.add("notes", entity_type="leads", entity_id=lead, text="a")["id"]
    second = sandbox.add("notes", entity_type="leads", entity_id=other, note_type="call_in", params=CALL)["id"]
    assert api.ids(f"{LEADS}/{lead}/notes") == [first]
    assert api.ids(f"{NOTES}?filter[note_type][]=call_in") == [second]
    assert api.ids(f"{NOTES}?filter[entity_id][]={other}") == [second]
    assert api.ids(f"{NOTES}?order[id]=desc") == [second, first]
    assert api.get("/api/v4/contacts/notes").status == 204
    assert api.get(f"{LEADS}/{lead}/notes/{second}").status == 204
