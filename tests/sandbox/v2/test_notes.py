from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, Clock
from tests.sandbox.v2.api_v2_client import CONTACTS, LEADS, ApiV2Client, get_error_code

NOTES = "/api/v2/notes"


@pytest.fixture
def lead(api: ApiV2Client) -> int:
    return api.add(LEADS, name="Pump")


def test_a_common_note_is_written_and_read(api: ApiV2Client, lead: int) -> None:
    number = api.add(NOTES, element_id=str(lead), element_type="2", note_type="4", text="Hello")
    shown = api.item(f"{NOTES}?type=lead&id={number}")
    picked = {
        key: shown[key] for key in ("element_id", "element_type", "note_type", "text", "is_editable", "attachment")
    }
    assert picked == {
        "element_id": lead,
        "element_type": 2,
        "note_type": 4,
        "text": "Hello",
        "is_editable": True,
        "attachment": "",
    }
    assert api.get(f"/api/v4/leads/notes/{number}").json()["params"] == {"text": "Hello"}
    api.write(NOTES, update=[{"id": number, "updated_at": NOW + 1, "text": "Bye"}])
    assert api.item(f"{NOTES}?type=all")["text"] == "Bye"


@pytest.mark.parametrize(
    ("note_type", "v4", "params"),
    [
        (25, "service_message", {"text": "Paid", "service": "Shop"}),
        (102, "sms_in", {"text": "Hi", "phone": "+1"}),
        (103, "sms_out", {"text": "Hi", "phone": "+1"}),
    ],
)
def test_other_types_have_params(api: ApiV2Client, lead: int, note_type: int, v4: str, params: Any) -> None:
    number = api.add(NOTES, element_id=lead, element_type=2, note_type=note_type, params=params)
    shown = api.item(f"{NOTES}?type=lead&note_type={note_type}")
    assert (shown["id"], shown["params"], "text" in shown, shown["is_editable"]) == (number, params, False, False)
    assert api.get(f"/api/v4/leads/notes/{number}").json()["note_type"] == v4


def test_parameters_of_calls_are_in_capitals(api: ApiV2Client, lead: int, sandbox: Sandbox) -> None:
    params = {"UNIQ": "u1", "PHONE": "+1", "DURATION": 5, "SRC": "pbx", "LINK": "https://x"}
    number = api.add(NOTES, element_id=lead, element_type=2, note_type=10, params=params)
    assert api.item(f"{NOTES}?type=lead")["params"] == params
    assert api.get(f"/api/v4/leads/notes/{number}").json()["params"]["uniq"] == "u1"


def test_notes_are_listed_and_filtered(api: ApiV2Client, lead: int, clock: Clock) -> None:
    person = api.add(CONTACTS, name="Ann")
    first = api.add(NOTES, element_id=lead, element_type=2, note_type=4, text="a")
    clock.now = NOW + 50
    second = api.add(NOTES, element_id=person, element_type=1, note_type=4, text="b")
    assert api.numbers(f"{NOTES}?type=lead") == [first]
    assert api.numbers(f"{NOTES}?type=contact&element_id={person}") == [second]
    assert api.get(f"{NOTES}?type=company").status == 204
    assert api.numbers(f"{NOTES}?type=all&limit_rows=1&limit_offset=1") == [second]
    assert api.numbers(f"{NOTES}?type=all", If_Modified_Since="Fri, 15 Jan 2027 08:00:10 GMT") == [second]
    assert get_error_code(api.get(NOTES)) == get_error_code(api.get(f"{NOTES}?type=leads")) == "221"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "222"),
        ({"add": []}, "218"),
        ({"update": []}, "224"),
        ({"update": [{"text": "x"}]}, "225"),
        ({"add": [{"element_id": 1, "element_type": 2, "text": "x"}]}, "400"),
        ({"add": [{"element_id": 1, "element_type": 2, "note_type": 4}]}, "400"),
        ({"add": [{"element_id": 1, "element_type": 2, "note_type": 17, "text": "x"}]}, "400"),
        ({"add": [{"element_id": 1, "element_type": 2, "note_type": 25, "text": "x"}]}, "400"),
        ({"add": [{"element_id": 1, "element_type": 2, "note_type": 103, "params": {"text": "x"}}]}, "400"),
    ],
)
def test_error_codes_of_notes(api: ApiV2Client, body: Any, expected: str) -> None:
    assert get_error_code(api.post(NOTES, body)) == expected


def test_notes_of_unknown_elements_are_refused(api: ApiV2Client, lead: int) -> None:
    note = {"note_type": 4, "text": "x"}
    owners = [
        {"element_type": 1, "element_id": 9},
        {"element_type": 2, "element_id": 9},
        {"element_type": 3, "element_id": 9},
    ]
    wrong = [{"element_type": 7, "element_id": 9}, {"element_type": 2}]
    errors = api.write(NOTES, add=[{**note, **owner} for owner in (*owners, *wrong)])["errors"]["add"]
    assert [error["code"] for error in errors] == [233, 234, 226, 232, 232]
    number = api.add(NOTES, element_id=lead, element_type=2, **note)
    moved = [{"id": number, "updated_at": NOW + 1, "element_id": 9}, {"id": 77, "updated_at": NOW, "text": "x"}]
    errors = api.write(NOTES, update=moved)["errors"]["update"]
    assert (errors[str(number)]["code"], errors["77"]["code"]) == (232, 225)
