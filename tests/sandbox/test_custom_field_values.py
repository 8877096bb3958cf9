"""Values of custom fields: which values each type accepts, and how they are shown."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, LEADS, ApiClient, validation_error, validation_errors

OPTIONS = [{"id": 301, "value": "Courier", "code": "courier"}, {"id": 302, "value": "Pick-up"}]


UUID = "5d0c7c1a-0000-4000-8000-000000000001"


FILE = {"file_uuid": UUID, "version_uuid": None, "file_name": None, "file_size": None, "is_deleted": False}


# 2031-04-05 in Lisbon is an hour ahead of UTC
MIDNIGHT, AFTERNOON = 1_933_110_000, 1_933_165_800  # 14:30 UTC


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose leads have a field 551 of the type that the test uses."""
    return sandbox


def field(sandbox: Sandbox, kind: str, **settings: Any) -> int:
    options = OPTIONS if kind in ("select", "multiselect", "radiobutton") else []
    return int(sandbox.add_field("leads", "Field", kind, "FIELD", options, id=551, **settings)["id"])


def write(api: ApiClient, values: Any, key: str = "field_id", name: Any = 551) -> Any:
    return api.post(LEADS, [{"custom_fields_values": [{key: name, "values": values}]}])


def read(api: ApiClient) -> Any:
    """Return the values of the only field of the only lead."""
    items = api.rows(LEADS)[-1]["custom_fields_values"]
    return items[0]["values"] if items else None


def option(number: int, value: str, code: str | None = None) -> dict[str, Any]:
    return {"value": value, "enum_id": number, "enum_code": code}


@pytest.fixture
def target(sandbox: Sandbox) -> dict[str, int]:
    """A list, an element of it and a contact."""
    catalog = sandbox.add("catalogs", name="Invoices", type="invoices")["id"]
    element = sandbox.add("elements", catalog_id=catalog, name="Supplier")["id"]
    return {"catalog": catalog, "element": element, "contact": sandbox.add("contacts", name="Ann")["id"]}


def element(api: ApiClient, catalog: int, values: Any) -> Any:
    item = {"name": "Bill", "custom_fields_values": [{"field_id": 551, "values": values}]}
    return api.post(f"/api/v4/catalogs/{catalog}/elements", [item])


def shown(api: ApiClient, catalog: int, values: Any) -> Any:
    response = element(api, catalog, values)
    assert response.status == 200, response.text
    return response.json()["_embedded"]["elements"][0]["custom_fields_values"][0]["values"]


@pytest.mark.parametrize(
    ("kind", "written", "shown"),
    [
        ("text", [{"value": "a\nb"}], [{"value": "a\nb"}]),
        ("textarea", [{"value": "a\nb"}], [{"value": "a\nb"}]),
        ("url", [{"value": "https://x.example"}], [{"value": "https://x.example"}]),
        ("streetaddress", [{"value": "5 Elm st"}], [{"value": "5 Elm st"}]),
        ("tracking_data", [{"value": "utm"}], [{"value": "utm"}]),
        ("numeric", [{"value": 12.5}], [{"value": "12.5"}]),
        ("numeric", [{"value": 7}], [{"value": "7"}]),
        ("numeric", [{"value": "12.50"}], [{"value": "12.50"}]),
        ("monetary", [{"value": 94.05}], [{"value": "94.05"}]),
        ("checkbox", [{"value": True}], [{"value": True}]),
        ("date", [{"value": AFTERNOON}], [{"value": MIDNIGHT}]),
        ("date", [{"value": "2031-04-05T00:00:00+01:00"}], [{"value": MIDNIGHT}]),
        ("birthday", [{"value": -86400}], [{"value": -86400 - 3600}]),
        ("date_time", [{"value": AFTERNOON}], [{"value": AFTERNOON}]),
        ("date_time", [{"value": "2031-04-05T14:30:00+00:00"}], [{"value": AFTERNOON}]),
        ("select", [{"enum_id": 301}], [option(301, "Courier", "courier")]),
        ("select", [{"value": "Pick-up"}], [option(302, "Pick-up")]),
        ("select", [{"enum_code": "courier"}], [option(301, "Courier", "courier")]),
        ("select", [{"enum_id": 302, "value": "Courier", "enum_code": None}], [option(302, "Pick-up")]),
        ("radiobutton", [{"enum_id": 301}], [option(301, "Courier", "courier")]),
        ("radiobutton", [{"enum_code": "courier"}], [option(301, "Courier", "courier")]),
        (
            "multiselect",
            [{"enum_id": 302}, {"value": "Courier"}],
            [option(302, "Pick-up"), option(301, "Courier", "courier")],
        ),
        ("multiselect", [{"enum_id": 301}, {"enum_id": 301}], [option(301, "Courier", "courier")]),
        ("smart_address", [{"value": "Austin", "enum_code": "city"}], [option(3, "Austin", "city")]),
        ("smart_address", [{"value": "US", "enum_id": 6}], [option(6, "US", "country")]),
        (
            "legal_entity",
            [{"value": {"name": "Fern", "entity_type": 2}}],
            [{"value": {"name": "Fern", "entity_type": 2}}],
        ),
        ("file", [{"value": {"file_uuid": UUID}}], [{"value": FILE}]),
    ],
)
def test_a_value_is_rendered_by_its_type(api: ApiClient, sandbox: Sandbox, kind: str, written: Any, shown: Any) -> None:
    field(sandbox, kind)
    assert write(api, written).status == 200
    assert read(api) == shown


@pytest.mark.parametrize(
    ("kind", "written", "code", "path"),
    [
        ("text", [{"value": 5}], "InvalidType", "values.0.value"),
        ("text", [{"value": "a", "enum_code": None}], "FieldNotExpected", "values.0.enum_code"),
        ("text", [{"value": "a"}, {"value": "b"}], "InvalidValue", "values"),
        ("numeric", [{"value": "five"}], "InvalidType", "values.0.value"),
        ("numeric", [{"value": True}], "InvalidType", "values.0.value"),
        ("checkbox", [{"value": 1}], "InvalidType", "values.0.value"),
        ("date", [{"value": "2031-04-05"}], "InvalidType", "values.0.value"),
        ("select", [{"value": "Drone"}], "NotSupportedChoice", "values.0.value"),
        ("select", [{"enum_id": 999}], "NotSupportedChoice", "values.0.enum_id"),
        ("select", [{"enum": "courier"}], "FieldNotExpected", "values.0.enum"),
        ("multiselect", [{"enum_id": 301, "enum_code": None}], "FieldNotExpected", "values.0.enum_code"),
        ("radiobutton", [{"enum_id": 301, "enum_code": None}], "FieldNotExpected", "values.0.enum_code"),
        ("smart_address", [{"value": "Austin"}], "FieldMissing", "values.0.enum_code"),
        ("smart_address", [{"value": "Austin", "enum_code": "planet"}], "NotSupportedChoice", "values.0.enum_code"),
        ("legal_entity", [{"value": {"vat_id": "7"}}], "FieldMissing", "values.0.value.name"),
        ("legal_entity", [{"value": {"name": "F", "age": 7}}], "FieldNotExpected", "values.0.value.age"),
        ("file", [{"value": {"file_name": "a"}}], "FieldMissing", "values.0.value.file_uuid"),
        ("text", [{}], "FieldMissing", "values.0.value"),
        ("select", [{}], "FieldMissing", "values.0.value"),
        ("smart_address", [{"enum_code": "city"}], "FieldMissing", "values.0.value"),
        ("text", "a", "InvalidType", "values"),
        ("text", ["a"], "InvalidType", "values.0"),
        ("text", [], "InvalidValue", "values"),
    ],
)
def test_a_value_of_the_wrong_shape_is_refused(
    api: ApiClient, sandbox: Sandbox, kind: str, written: Any, code: str, path: str
) -> None:
    field(sandbox, kind)
    assert validation_error(write(api, written)) == (code, f"custom_fields_values.0.{path}")


def test_a_field_is_named_by_id_or_code_and_read_with_both(api: ApiClient, sandbox: Sandbox) -> None:
    field(sandbox, "text")
    assert write(api, [{"value": "a"}], "field_code", "FIELD").status == 200
    [item] = api.rows(LEADS)[0]["custom_fields_values"]
    assert item == {
        "field_id": 551,
        "field_name": "Field",
        "field_code": "FIELD",
        "field_type": "text",
        "values": [{"value": "a"}],
        "is_computed": False,
    }


def test_the_other_name_of_a_field_may_be_null(api: ApiClient, sandbox: Sandbox) -> None:
    field(sandbox, "text")
    item = {"field_id": 551, "field_code": None, "values": [{"value": "a"}]}
    assert api.post(LEADS, [{"custom_fields_values": [item]}]).status == 200


@pytest.mark.parametrize(("key", "name"), [("field_id", 999), ("field_code", "NOPE"), ("field_code", "PHONE")])
def test_an_unknown_field_is_refused_at_the_key_that_names_it(api: ApiClient, key: str, name: Any) -> None:
    """PHONE is a field of contacts, not of leads."""
    assert validation_error(write(api, [{"value": "a"}], key, name)) == (
        "NotSupportedChoice",
        f"custom_fields_values.0.{key}",
    )


def test_an_item_needs_a_field_and_values_and_nothing_else(api: ApiClient, sandbox: Sandbox) -> None:
    field(sandbox, "text")
    body = [
        {
            "custom_fields_values": [
                {"values": None},
                {"field_id": 551},
                {"field_id": 551, "name": "F", "values": None},
            ]
        }
    ]
    assert validation_errors(api.post(LEADS, body)) == [
        ("0", "FieldMissing", "custom_fields_values.0.field_id"),
        ("0", "FieldMissing", "custom_fields_values.1.values"),
        ("0", "FieldNotExpected", "custom_fields_values.2.name"),
    ]


def test_only_null_clears_and_only_listed_fields_change(api: ApiClient, sandbox: Sandbox) -> None:
    field(sandbox, "text")
    other = sandbox.add_field("leads", "Other", "numeric")["id"]
    both = [{"field_id": 551, "values": [{"value": "a"}]}, {"field_id": other, "values": [{"value": 1}]}]
    number = api.create(LEADS, {"custom_fields_values": both})

    def change(values: Any) -> list[Any]:
        api.patch(f"{LEADS}/{number}", {"custom_fields_values": [{"field_id": 551, "values": values}]})
        return [item["field_id"] for item in api.rows(LEADS)[0]["custom_fields_values"]]

    assert change([{"value": ""}]) == [551, other]
    assert change([{"value": None}]) == [551, other]
    assert change(None) == [other]


def test_a_row_without_values_has_null(api: ApiClient, sandbox: Sandbox) -> None:
    field(sandbox, "text")
    number = api.create(LEADS, {"custom_fields_values": [{"field_id": 551, "values": [{"value": "a"}]}]})
    api.patch(f"{LEADS}/{number}", {"custom_fields_values": [{"field_id": 551, "values": None}]})
    assert api.rows(LEADS)[0]["custom_fields_values"] is None


def test_values_replace_all_values_of_the_field(api: ApiClient, sandbox: Sandbox) -> None:
    field(sandbox, "multiselect")
    number = api.create(LEADS, {"custom_fields_values": [{"field_id": 551, "values": [{"enum_id": 301}]}]})
    change = {"custom_fields_values": [{"field_id": 551, "values": [{"enum_id": 302}]}]}
    api.patch(f"{LEADS}/{number}", change)
    assert [value["enum_id"] for value in read(api)] == [302]


def test_a_phone_without_a_label_is_a_work_phone(api: ApiClient) -> None:
    phones = [{"value": "+1555"}, {"value": "+1556", "enum_code": "MOB"}]
    api.create(CONTACTS, {"custom_fields_values": [{"field_code": "PHONE", "values": phones}]})
    [item] = api.rows(CONTACTS)[0]["custom_fields_values"]
    assert [(value["value"], value["enum_code"]) for value in item["values"]] == [("+1555", "WORK"), ("+1556", "MOB")]
    assert "is_computed" not in item
    body = [{"custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "+1", "enum_code": "CAR"}]}]}]
    assert validation_error(api.post(CONTACTS, body)) == (
        "NotSupportedChoice",
        "custom_fields_values.0.values.0.enum_code",
    )


def test_a_chained_list_has_no_value_key(api: ApiClient, sandbox: Sandbox) -> None:
    catalog = sandbox.add("catalogs", name="Makes")["id"]
    element = sandbox.add("elements", catalog_id=catalog, name="Fern")["id"]
    field(sandbox, "chained_list", chained_lists=[{"catalog_id": catalog}])
    pair = {"catalog_id": catalog, "catalog_element_id": element}
    assert write(api, [pair]).status == 200
    assert read(api) == [pair]
    assert validation_error(write(api, [{**pair, "catalog_id": 1}]))[0] == "NotSupportedChoice"


def test_renaming_an_option_renames_it_in_every_row(api: ApiClient, sandbox: Sandbox) -> None:
    field(sandbox, "select")
    write(api, [{"enum_id": 301}])
    change = {"enums": [{"id": 301, "value": "Messenger"}, {"id": 302, "value": "Pick-up"}]}
    assert api.patch(f"{LEADS}/custom_fields/551", change).status == 200
    assert read(api)[0]["value"] == "Messenger"


def test_removing_an_option_removes_its_values(api: ApiClient, sandbox: Sandbox) -> None:
    field(sandbox, "select")
    write(api, [{"enum_id": 301}])
    api.patch(f"{LEADS}/custom_fields/551", {"enums": [{"id": 302, "value": "Pick-up"}]})
    assert read(api) is None


def test_a_category_is_a_node_of_its_tree_without_code(
    api: ApiClient, sandbox: Sandbox, target: dict[str, int]
) -> None:
    nodes = [{"id": 71, "value": "Tools"}, {"id": 72, "value": "Saws"}]
    sandbox.add_field(target["catalog"], "Group", "category", id=551, enums=nodes)
    for written in ({"enum_id": 72}, {"value": "Saws"}):
        assert shown(api, target["catalog"], [written]) == [{"value": "Saws", "enum_id": 72}]
    path = "custom_fields_values.0.values.0.enum_code"
    assert validation_error(element(api, target["catalog"], [{"enum_id": 72, "enum_code": None}])) == (
        "FieldNotExpected",
        path,
    )


def test_an_invoice_item_gets_its_sum(api: ApiClient, sandbox: Sandbox, target: dict[str, int]) -> None:
    sandbox.add_field(target["catalog"], "Items", "items", id=551)
    item = {"description": "Lamp", "unit_price": 49.5, "quantity": 2, "discount": {"type": "percentage", "value": 5}}
    [row] = shown(api, target["catalog"], [{"value": item}])
    assert row["value"] == {
        **item,
        "is_discount_recalculated": False,
        "is_total_sum_recalculated": False,
        "total_sum": 99.0,
    }
    wrong = element(api, target["catalog"], [{"value": {**item, "product_id": 5}}])
    assert validation_error(wrong) == ("NotSupportedChoice", "custom_fields_values.0.values.0.value.product_id")


def test_a_linked_entity_is_a_card_an_element_or_a_name(
    api: ApiClient, sandbox: Sandbox, target: dict[str, int]
) -> None:
    sandbox.add_field(target["catalog"], "Owner", "linked_entity", id=551)
    person = {"entity_id": target["contact"], "entity_type": "contacts"}
    assert shown(api, target["catalog"], [{"value": person}]) == [
        {"value": {"name": "Ann", **person, "catalog_id": None}}
    ]
    thing = {"entity_id": target["element"], "entity_type": "catalog_elements", "catalog_id": target["catalog"]}
    assert shown(api, target["catalog"], [{"value": thing}])[0]["value"]["name"] == "Supplier"
    assert shown(api, target["catalog"], [{"value": {"name": "Bob"}}])[0]["value"]["entity_id"] is None
    start = "custom_fields_values.0.values.0.value"
    assert validation_error(element(api, target["catalog"], [{"value": {}}])) == ("FieldMissing", f"{start}.name")
    unknown = {"entity_id": 5, "entity_type": "contacts"}
    assert validation_error(element(api, target["catalog"], [{"value": unknown}])) == (
        "NotSupportedChoice",
        f"{start}.entity_id",
    )


def test_payer_and_supplier_are_objects(api: ApiClient, sandbox: Sandbox, target: dict[str, int]) -> None:
    sandbox.add_field(target["catalog"], "Payer", "payer", id=551)
    payer = {"entity_id": target["contact"], "entity_type": "contacts", "type": "individual"}
    assert shown(api, target["catalog"], [{"value": payer}]) == [{"value": payer}]
    assert validation_error(element(api, target["catalog"], [{"value": {"type": "robot"}}]))[0] == "NotSupportedChoice"
    sandbox.add_field(target["catalog"], "Supplier", "supplier", "SUPPLIER")
    item = {"field_code": "SUPPLIER", "values": [{"value": {"entity_id": target["element"]}}]}
    url = f"/api/v4/catalogs/{target['catalog']}/elements"
    assert api.post(url, [{"name": "Bill", "custom_fields_values": [item]}]).status == 200


def test_a_price_is_a_decimal_text(api: ApiClient, sandbox: Sandbox, target: dict[str, int]) -> None:
    sandbox.add_field(target["catalog"], "Price", "price", id=551)
    assert shown(api, target["catalog"], [{"value": 49.90}]) == [{"value": "49.9"}]
