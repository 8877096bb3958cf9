from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, LEADS, ApiClient, validation_error

FIELDS = f"{LEADS}/custom_fields"


SELECT = {"name": "Way", "type": "select", "code": "WAY", "enums": [{"value": "A"}, {"value": "B", "code": "b"}]}


def test_a_creation_is_201_and_returns_whole_fields(api: ApiClient, sandbox: Sandbox) -> None:
    response = api.post(FIELDS, [{**SELECT, "request_id": "w"}])
    [row] = response.json()["_embedded"]["custom_fields"]
    assert (response.status, response.json()["_total_items"], "_links" in response.json()) == (201, 1, False)
    assert row["enums"] == [
        {"id": 1001 + 6 + 3 + 6 + 3, "value": "A", "sort": 1},
        {"id": 1002 + 6 + 3 + 6 + 3, "value": "B", "sort": 2, "code": "b"},
    ]
    assert (
        row.items()
        >= {
            "name": "Way",
            "type": "select",
            "account_id": sandbox.account.id,
            "code": "WAY",
            "entity_type": "leads",
            "is_predefined": False,
            "is_deletable": True,
            "request_id": "w",
            "group_id": None,
            "settings": None,
        }.items()
    )


def test_a_single_object_returns_an_object(api: ApiClient) -> None:
    response = api.post(FIELDS, {"name": "A", "type": "text"})
    assert (response.status, response.json()["name"]) == (201, "A")


@pytest.mark.parametrize(
    ("item", "code", "path"),
    [
        ({"type": "text"}, "FieldMissing", "name"),
        ({"name": "A"}, "FieldMissing", "type"),
        ({"name": "A", "type": "price"}, "NotSupportedChoice", "type"),
        ({"name": "A", "type": "text", "enums": []}, "FieldNotExpected", "enums"),
        ({"name": "A", "type": "monetary"}, "FieldMissing", "currency"),
        ({"name": "A", "type": "select", "enums": [{"value": "x"}, {"value": "x"}]}, "NotUnique", "enums"),
        ({"name": "A", "type": "text", "code": "UTM_SOURCE"}, "NotUnique", "code"),
        ({"name": "A", "type": "text", "is_predefined": True}, "FieldNotExpected", "is_predefined"),
    ],
)
def test_an_invalid_definition_is_refused(api: ApiClient, item: dict[str, Any], code: str, path: str) -> None:
    assert validation_error(api.post(FIELDS, [item])) == (code, path)


def test_a_field_is_in_a_group_of_its_own_entity(api: ApiClient) -> None:
    group = api.post(f"{FIELDS}/groups", [{"name": "G"}]).json()["_embedded"]["custom_field_groups"][0]["id"]
    other = api.post(f"{CONTACTS}/custom_fields/groups", [{"name": "G"}]).json()["_embedded"]["custom_field_groups"][0]
    text = {"name": "T", "type": "text"}
    for known in (group, "default", None):
        assert api.post(FIELDS, [{**text, "group_id": known}]).status == 201
    for unknown in ("leads_5", other["id"]):
        refused = api.post(FIELDS, [{**text, "group_id": unknown}])
        assert validation_error(refused) == ("NotSupportedChoice", "group_id")


def test_an_update_replaces_all_options(api: ApiClient) -> None:
    number = api.create(FIELDS, SELECT)
    kept = api.get(f"{FIELDS}/{number}").json()["enums"][1]["id"]
    change = {"enums": [{"id": kept, "value": "B2"}, {"value": "C"}]}
    enums = api.patch(f"{FIELDS}/{number}", change).json()["enums"]
    assert [(row["id"] == kept, row["value"], row.get("code")) for row in enums] == [
        (True, "B2", "b"),
        (False, "C", None),
    ]
    assert validation_error(api.patch(f"{FIELDS}/{number}", {"name": "New"})) == ("FieldMissing", "enums")
    assert validation_error(api.patch(f"{FIELDS}/{number}", {"enums": [{"id": 5, "value": "x"}]}))[1] == "enums.0.id"


def test_a_batch_update_returns_whole_fields_without_links(api: ApiClient) -> None:
    number = api.create(FIELDS, {"name": "A", "type": "text"})
    answer = api.patch(FIELDS, [{"id": number, "name": "B"}]).json()
    assert (answer["_embedded"]["custom_fields"][0]["name"], "_links" in answer) == ("B", False)
    assert validation_error(api.patch(FIELDS, [{"id": 5, "name": "B"}])) == ("NotSupportedChoice", "id")
    assert validation_error(api.patch(FIELDS, [{"id": number, "type": "url"}])) == ("NotSupportedChoice", "type")


def test_deleting_a_field_deletes_its_values(api: ApiClient, sandbox: Sandbox) -> None:
    number = api.create(FIELDS, {"name": "A", "type": "text"})
    lead = api.create(LEADS, {"custom_fields_values": [{"field_id": number, "values": [{"value": "a"}]}]})
    assert api.delete(f"{FIELDS}/{number}").status == 204
    assert api.get(f"{LEADS}/{lead}").json()["custom_fields_values"] is None
    assert api.get(f"{FIELDS}/{number}").status == 404


def test_predefined_fields_cannot_be_deleted(api: ApiClient) -> None:
    phone = next(row for row in api.rows(f"{CONTACTS}/custom_fields") if row["code"] == "PHONE")
    assert [option["value"] for option in phone["enums"]] == ["WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"]
    assert api.delete(f"{CONTACTS}/custom_fields/{phone['id']}").status == 403


def test_the_list_has_counts_filters_and_an_order(api: ApiClient) -> None:
    made = api.create(FIELDS, SELECT)
    page = api.get(f"{FIELDS}?limit=4&page=2").json()
    assert (page["_page"], page["_total_items"], page["_page_count"]) == (2, 9, 3)
    assert api.ids(f"{FIELDS}?filter[type][0]=select") == [made]
    assert api.ids(f"{FIELDS}?filter[id][]={made}") == [made]
    assert api.ids(f"{FIELDS}?order[id]=desc")[0] == made


def test_fields_of_lists_have_other_keys(api: ApiClient, sandbox: Sandbox) -> None:
    catalog = sandbox.add("catalogs", name="Cars")["id"]
    url = f"/api/v4/catalogs/{catalog}/custom_fields"
    nodes = [{"request_id": "a", "value": "Tools"}, {"parent_request_id": "a", "value": "Saws"}]
    number = api.create(url, {"name": "Shelf", "type": "category", "nested": nodes})
    row = api.get(f"{url}/{number}").json()
    tools, saws = row["nested"]
    assert (tools["parent_id"], saws["parent_id"]) == (None, tools["id"])
    assert not row.keys() & {"group_id", "required_statuses", "is_predefined", "tracking_callback"}
    assert (row["catalog_id"], row["entity_type"], row["is_visible"]) == (catalog, "catalogs", True)


def test_only_administrators_write_definitions(api: ApiClient, sandbox: Sandbox) -> None:
    user = str(sandbox.add("users", name="Ann")["id"])
    assert api.get(FIELDS, X_Context_User_ID=user).status == 200
    assert api.post(FIELDS, [SELECT], X_Context_User_ID=user).status == 403
