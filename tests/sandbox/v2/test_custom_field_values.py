from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW
from tests.sandbox.v2.api_v2_client import CONTACTS, LEADS, ApiV2Client, get_error_code, get_sandbox_detail

OPTIONS = ["Red", "Blue"]


@pytest.fixture
def fields(sandbox: Sandbox) -> dict[str, Any]:
    """One field of every type of leads, by type."""
    plain = "text numeric checkbox date url textarea streetaddress smart_address birthday legal_entity date_time"
    made = {kind: sandbox.add_field("leads", kind.title(), kind) for kind in plain.split()}
    for kind in ("select", "multiselect", "radiobutton"):
        made[kind] = sandbox.add_field("leads", kind.title(), kind, enums=OPTIONS)
    return made


def option(field: dict[str, Any], value: str) -> int:
    return next(int(row["id"]) for row in field["enums"] if row["value"] == value)


def read_back(api: ApiV2Client, field: int, values: list[Any]) -> Any:
    number = api.add(LEADS, name="x", custom_fields=[{"id": field, "values": values}])
    return api.item(f"{LEADS}?id={number}")["custom_fields"][0]["values"]


@pytest.mark.parametrize(
    ("kind", "values", "shown"),
    [
        ("text", [{"value": "abc"}], [{"value": "abc"}]),
        ("text", [{"value": 12}], [{"value": "12"}]),
        ("numeric", [{"value": "12.5"}], [{"value": "12.5"}]),
        ("numeric", [{"value": 12}], [{"value": "12"}]),
        ("checkbox", [{"value": 1}], [{"value": "1"}]),
        ("checkbox", [{"value": "0"}], [{"value": "0"}]),
        ("date", [{"value": "2026-05-04 10:20:30"}], [{"value": "2026-05-04 00:00:00"}]),
        ("date", [{"value": "2026-05-04"}], [{"value": "2026-05-04 00:00:00"}]),
        ("date", [{"value": "2026/05/04"}], [{"value": "2026-05-04 00:00:00"}]),
        ("birthday", [{"value": "04.05.1976"}], [{"value": "1976-05-04 00:00:00"}]),
        ("date_time", [{"value": "2026-05-04 10:20:30"}], [{"value": "2026-05-04 10:20:30"}]),
        ("url", [{"value": "https://example.com"}], [{"value": "https://example.com"}]),
        ("textarea", [{"value": "a\nb"}], [{"value": "a\nb"}]),
        ("streetaddress", [{"value": "1 Main St"}], [{"value": "1 Main St"}]),
        (
            "smart_address",
            [{"value": "1 Main St", "subtype": "address_line_1"}, {"value": "PT", "subtype": "6"}],
            [{"value": "1 Main St", "subtype": "1"}, {"value": "PT", "subtype": "6"}],
        ),
        (
            "legal_entity",
            [{"value": {"name": "Acme", "entity_type": 2, "vat_id": "1", "external_id": "u-1"}}],
            [{"value": {"name": "Acme", "entity_type": 2, "vat_id": "1", "external_id": "u-1"}}],
        ),
    ],
)
def test_values_of_each_type_are_written_and_read(
    api: ApiV2Client, fields: dict[str, Any], kind: str, values: Any, shown: Any
) -> None:
    assert read_back(api, fields[kind]["id"], values) == shown


def test_options_are_written_by_id_and_read_by_text(api: ApiV2Client, fields: dict[str, Any]) -> None:
    for kind in ("select", "radiobutton"):
        red = option(fields[kind], "Red")
        for given in (red, str(red)):
            assert read_back(api, fields[kind]["id"], [{"value": given}]) == [{"value": "Red", "enum": red}]
    many = fields["multiselect"]
    red, blue = option(many, "Red"), option(many, "Blue")
    shown = [{"value": "Red", "enum": red}, {"value": "Blue", "enum": blue}]
    assert read_back(api, many["id"], [red, str(blue)]) == shown


def test_v4_reads_what_v2_wrote(api: ApiV2Client, fields: dict[str, Any]) -> None:
    red = option(fields["multiselect"], "Red")
    written = [
        {"id": fields["multiselect"]["id"], "values": [red]},
        {"id": fields["checkbox"]["id"], "values": [{"value": 1}]},
    ]
    number = api.add(LEADS, name="x", custom_fields=written)
    shown = {
        row["field_id"]: row["values"] for row in api.get(f"/api/v4/leads/{number}").json()["custom_fields_values"]
    }
    assert shown[fields["multiselect"]["id"]] == [{"value": "Red", "enum_id": red, "enum_code": None}]
    assert shown[fields["checkbox"]["id"]] == [{"value": True}]


def test_phones_are_written_and_read(api: ApiV2Client, sandbox: Sandbox) -> None:
    phone = next(
        row for row in sandbox.rows("custom_fields") if (row["code"], row["entity_type"]) == ("PHONE", "contacts")
    )
    work, home = option(phone, "WORK"), option(phone, "HOME")
    given = [{"value": "+1", "enum": "WORK"}, {"value": "+2", "enum": str(home)}, {"value": "+3"}]
    number = api.add(CONTACTS, name="Ann", custom_fields=[{"code": "PHONE", "values": given}])
    [shown] = api.item(f"{CONTACTS}?id={number}")["custom_fields"]
    expected = [{"value": "+1", "enum": work}, {"value": "+2", "enum": home}, {"value": "+3", "enum": work}]
    assert shown == {
        "id": phone["id"],
        "name": "Phone",
        "type_id": 8,
        "code": "PHONE",
        "values": expected,
        "is_system": True,
    }


def test_fields_of_the_account_have_no_code(api: ApiV2Client, fields: dict[str, Any]) -> None:
    number = api.add(LEADS, name="x", custom_fields=[{"id": str(fields["text"]["id"]), "values": [{"value": "a"}]}])
    [shown] = api.item(f"{LEADS}?id={number}")["custom_fields"]
    assert set(shown) == {"id", "name", "type_id", "values", "is_system"}


def test_a_write_replaces_one_field_and_leaves_the_others(api: ApiV2Client, fields: dict[str, Any]) -> None:
    address, text = fields["smart_address"]["id"], fields["text"]["id"]
    address_parts = [{"value": "1 Main St", "subtype": 1}, {"value": "Porto", "subtype": "city"}]
    given = [{"id": address, "values": address_parts}, {"id": text, "values": [{"value": "a"}]}]
    number = api.add(LEADS, name="x", custom_fields=given)
    change = [{"id": address, "values": [{"value": "Faro", "subtype": 3}]}]
    api.write(LEADS, update=[{"id": number, "updated_at": NOW + 1, "custom_fields": change}])
    shown = {row["id"]: row["values"] for row in api.item(f"{LEADS}?id={number}")["custom_fields"]}
    assert shown == {address: [{"value": "Faro", "subtype": "3"}], text: [{"value": "a"}]}
    clear = [{"id": address, "values": []}]
    api.write(LEADS, update=[{"id": number, "updated_at": NOW + 2, "custom_fields": clear}])
    assert [row["id"] for row in api.item(f"{LEADS}?id={number}")["custom_fields"]] == [text]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("select", [{"value": "Red"}]),
        ("select", [{"value": 5}]),
        ("multiselect", [{"value": 1}]),
        ("multiselect", ["Red"]),
        ("checkbox", [{"value": True}]),
        ("date", [{"value": 1_777_000_000}]),
        ("date", [{"value": "4 May 2026"}]),
        ("numeric", [{"value": "much"}]),
        ("text", [{"value": "a"}, {"value": "b"}]),
        ("text", ["a"]),
        ("text", [{}]),
        ("smart_address", [{"value": "x", "subtype": "street"}]),
        ("smart_address", [{"value": "x"}]),
        ("legal_entity", [{"value": {"vat_id": "1"}}]),
        ("text", None),
    ],
)
def test_values_of_the_wrong_shape_are_refused(
    api: ApiV2Client, fields: dict[str, Any], kind: str, values: Any
) -> None:
    body = {"add": [{"name": "x", "custom_fields": [{"id": fields[kind]["id"], "values": values}]}]}
    assert get_error_code(api.post(LEADS, body)) == "400"


def test_values_cannot_be_sent_in_the_shape_they_are_read(api: ApiV2Client, fields: dict[str, Any]) -> None:
    number = api.add(LEADS, name="x", custom_fields=[{"id": fields["text"]["id"], "values": [{"value": "a"}]}])
    echo = api.item(f"{LEADS}?id={number}")["custom_fields"]
    answer = api.post(LEADS, {"update": [{"id": number, "updated_at": NOW + 1, "custom_fields": echo}]})
    assert "does not know is_system, name, type_id" in get_sandbox_detail(answer)
    mark = [{"id": fields["text"]["id"], "values": [{"value": "a", "enum_id": 5}]}]
    assert "enum_id" in get_sandbox_detail(api.post(LEADS, {"add": [{"name": "x", "custom_fields": mark}]}))
