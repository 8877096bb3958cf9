from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW
from tests.sandbox.v2.api_v2_client import CONTACTS, ApiV2Client, get_error_code, get_sandbox_detail

CALLS = "/api/v2/calls"
EVENTS = "/api/v2/events"


@pytest.fixture
def ann(api: ApiV2Client) -> int:
    return api.add(CONTACTS, name="Ann", custom_fields=[{"code": "PHONE", "values": [{"value": "+1 555 000 1122"}]}])


def test_a_call_is_logged_at_the_owner_of_the_number(api: ApiV2Client, ann: int) -> None:
    call = {
        "phone_number": "15550001122",
        "direction": "inbound",
        "duration": 30,
        "call_status": 4,
        "created_at": NOW - 5,
    }
    answer = api.write(CALLS, add=[call, {"phone_number": "999", "direction": "outbound"}])
    [made] = answer["items"]
    assert made["request_id"] == 0
    expected = {"msg": "Entity not found", "code": 263, "item": {"phone_number": "999", "direction": "outbound"}}
    assert answer["errors"] == [expected]
    shown = api.item(f"/api/v2/notes?type=contact&id={made['id']}")
    assert (shown["note_type"], shown["element_id"], shown["params"]["DURATION"]) == (10, ann, 30)
    assert shown["created_at"] == NOW - 5


WRONG = {"phone_number": "1", "direction": "inbound", "call_status": 9}


@pytest.mark.parametrize("call", [{"direction": "inbound"}, {"phone_number": "1", "direction": "in"}, WRONG])
def test_wrong_calls_are_refused(api: ApiV2Client, call: Any) -> None:
    assert get_error_code(api.post(CALLS, {"add": [call]})) == "400"
    assert get_error_code(api.post(CALLS, {"add": []})) == "103"
    assert "phone" in get_sandbox_detail(api.post(CALLS, {"add": [{**call, "phone": "1"}]}))


def test_a_pop_up_shows_the_owner_of_the_number(api: ApiV2Client, ann: int, sandbox: Sandbox) -> None:
    user = sandbox.users[0]["id"]
    event = {"type": "phone_call", "phone_number": "+15550001122", "users": [user]}
    known, unknown = api.write(EVENTS, add=[event, {**event, "phone_number": "999"}])["items"]
    assert (known["element_id"], known["element_type"], known["phone_number"]) == (ann, 1, "+15550001122")
    assert (unknown["element_id"], unknown["element_type"]) == (0, 0)
    assert known["uid"] != unknown["uid"]
    for change in ({"type": "sms"}, {"users": [7]}, {"phone_number": ""}):
        assert get_error_code(api.post(EVENTS, {"add": [{**event, **change}]})) == "400"
