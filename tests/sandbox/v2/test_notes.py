from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, Clock
from tests.sandbox.v2.asking import CONTACTS, LEADS, Old, code

NOTES = "/api/v2/notes"


@pytest.fixture
def lead(old: Old) -> int:
    return old.add(LEADS, name="Pump")


def test_a_common_note(old: Old, lead: int) -> None:
    number = old.add(NOTES, element_id=str(lead), element_type="2", note_type="4", text="Hello")
    shown = old.item(f"{NOTES}?type=lead&id={number}")
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
    assert old.get(f"/api/v4/leads/notes/{number}").json()["params"] == {"text": "Hello"}
    old.write(NOTES, update=[{"id": number, "updated_at": NOW + 1, "text": "Bye"}])
    assert old.item(f"{NOTES}?type=all")["text"] == "Bye"


@pytest.mark.parametrize(
    ("note_type", "v4", "params"),
    [
        (25, "service_message", {"text": "Paid", "service": "Shop"}),
        (102, "sms_in", {"text": "Hi", "phone": "+1"}),
        (103, "sms_out", {"text": "Hi", "phone": "+1"}),
    ],
)
def test_other_types_have_params(old: Old, lead: int, note_type: int, v4: str, params: Any) -> None:
    number = old.add(NOTES, element_id=lead, element_type=2, note_type=note_type, params=params)
    shown = old.item(f"{NOTES}?type=lead&note_type={note_type}")
    assert (shown["id"], shown["params"], "text" in shown, shown["is_editable"]) == (number, params, False, False)
    assert old.get(f"/api/v4/leads/notes/{number}").json()["note_type"] == v4


def test_calls_speak_in_capitals(old: Old, lead: int, sandbox: Sandbox) -> None:
    params = {"UNIQ": "u1", "PHONE": "+1", "DURATION": 5, "SRC": "pbx", "LINK": "https://x"}
    number = old.add(NOTES, element_id=lead, element_type=2, note_type=10, params=params)
    assert old.item(f"{NOTES}?type=lead")["params"] == params
    assert old.get(f"/api/v4/leads/notes/{number}").json()["params"]["uniq"] == "u1"


def test_lists_of_notes(old: Old, lead: int, clock: Clock) -> None:
    person = old.add(CONTACTS, name="Ann")
    first = old.add(NOTES, element_id=lead, element_type=2, note_type=4, text="a")
    clock.now = NOW + 50
    second = old.add(NOTES, element_id=person, element_type=1, note_type=4, text="b")
    assert old.numbers(f"{NOTES}?type=lead") == [first]
    assert old.numbers(f"{NOTES}?type=contact&element_id={person}") == [second]
    assert old.get(f"{NOTES}?type=company").status == 204
    assert old.numbers(f"{NOTES}?type=all&limit_rows=1&limit_offset=1") == [second]
    assert old.numbers(f"{NOTES}?type=all", If_Modified_Since="Fri, 15 Jan 2027 08:00:10 GMT") == [second]
    assert code(old.get(NOTES)) == code(old.get(f"{NOTES}?type=leads")) == "221"


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
def test_the_codes_of_notes(old: Old, body: Any, expected: str) -> None:
    assert code(old.post(NOTES, body)) == expected


def test_elements_that_are_not_there(old: Old, lead: int) -> None:
    note = {"note_type": 4, "text": "x"}
    owners = [
        {"element_type": 1, "element_id": 9},
        {"element_type": 2, "element_id": 9},
        {"element_type": 3, "element_id": 9},
    ]
    wrong = [{"element_type": 7, "element_id": 9}, {"element_type": 2}]
    errors = old.write(NOTES, add=[{**note, **owner} for owner in (*owners, *wrong)])["errors"]["add"]
    assert [error["code"] for error in errors] == [233, 234, 226, 232, 232]
    number = old.add(NOTES, element_id=lead, element_type=2, **note)
    moved = [{"id": number, "updated_at": NOW + 1, "element_id": 9}, {"id": 77, "updated_at": NOW, "text": "x"}]
    errors = old.write(NOTES, update=moved)["errors"]["update"]
    assert (errors[str(number)]["code"], errors["77"]["code"]) == (232, 225)
