from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.webhooks.form_decoder import Recorder

NOON = 1_780_000_000  # 2026-05-28


def write_value(sandbox: Sandbox, kind: str, field: dict[str, Any], *values: Any) -> dict[str, Any]:
    """Create a card with a value and return the field as a webhook shows it."""
    recorder = Recorder(sandbox, "add_lead", "add_contact")
    sandbox.add(
        kind, custom_fields_values=[{"field_id": field["id"], "values": [{"value": value} for value in values]}]
    )
    [shown] = recorder.item(kind, "add")["custom_fields"]
    assert isinstance(shown, dict)
    return shown


@pytest.mark.parametrize(
    ("field_type", "given", "shown"),
    [
        ("text", "null", [{"value": "null"}]),
        ("numeric", 5, [{"value": "5"}]),
        ("checkbox", True, [{"value": "1"}]),
        ("date", NOON, ["1779922800"]),  # midnight in Lisbon, without a key
        ("birthday", NOON, [{"value": "28.05.2026"}]),
    ],
)
def test_values_have_older_keys(sandbox: Sandbox, field_type: str, given: Any, shown: Any):
    field = sandbox.add_field("leads", "Field", field_type)
    assert write_value(sandbox, "leads", field, given) == {"id": str(field["id"]), "name": "Field", "values": shown}


def test_options_have_enums(sandbox: Sandbox):
    field = sandbox.add_field("leads", "Regions", "multiselect", enums=["EU", "US"])
    ids = [str(option["id"]) for option in field["enums"]]
    shown = write_value(sandbox, "leads", field, "EU", "US")["values"]
    assert shown == [{"value": "EU", "enum": ids[0]}, {"value": "US", "enum": ids[1]}]


def test_phones_have_a_code_and_an_enum(sandbox: Sandbox):
    [field] = [
        row for row in sandbox.rows("custom_fields") if row["code"] == "PHONE" and row["entity_type"] == "contacts"
    ]
    shown = write_value(sandbox, "contacts", field, "+351900000000")
    assert (shown["code"], shown["values"][0]["value"]) == ("PHONE", "+351900000000")
    assert shown["values"][0]["enum"] == str(field["enums"][0]["id"])


def test_a_single_option_of_a_contact_is_not_in_a_list(sandbox: Sandbox):
    contact = sandbox.add_field("contacts", "Size", "radiobutton", enums=["L"])
    lead = sandbox.add_field("leads", "Size", "radiobutton", enums=["L"])
    assert write_value(sandbox, "contacts", contact, "L")["values"] == {
        "value": "L",
        "enum": str(contact["enums"][0]["id"]),
    }
    assert write_value(sandbox, "leads", lead, "L")["values"] == [{"value": "L", "enum": str(lead["enums"][0]["id"])}]
