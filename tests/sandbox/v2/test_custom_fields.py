from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.v2.api_v2_client import ApiV2Client, get_error_code, get_sandbox_detail

FIELDS = "/api/v2/fields"


def field(**keys: Any) -> dict[str, Any]:
    return {"name": "Colour", "type": 4, "element_type": 2, "origin": "mine", "enums": ["Red", "Blue"], **keys}


def test_fields_are_added_and_deleted_by_origin(api: ApiV2Client, sandbox: Sandbox) -> None:
    answer = api.write(FIELDS, add=[field(request_id=7), field(name="Age", type="2", element_type=1)])
    assert [row["request_id"] for row in answer["items"]] == [7, 1]
    colour, age = (row["id"] for row in answer["items"])
    shown = next(row for row in sandbox.rows("custom_fields") if row["id"] == colour)
    assert (shown["type"], [option["value"] for option in shown["enums"]]) == ("select", ["Red", "Blue"])
    gone = [{"id": colour, "origin": "mine"}, {"id": age, "origin": "yours"}, {"id": 7, "origin": "mine"}]
    answer = api.write(FIELDS, delete=gone)
    assert [row["id"] for row in answer["items"]] == [colour]
    assert set(answer["errors"]["delete"]) == {str(age), "7"}


def test_fields_of_lists_are_added(api: ApiV2Client, sandbox: Sandbox) -> None:
    stock = sandbox.add("catalogs", name="Stock")["id"]
    api.write(FIELDS, add=[field(name="Size", type=1, element_type=stock)])
    assert [row["name"] for row in api.rows(f"/api/v4/catalogs/{stock}/custom_fields")] == ["Size"]


@pytest.mark.parametrize(
    "item",
    [field(type=99), field(element_type=7), field(type=16), field(enums=[]), field(name=""), {"name": "x", "type": 1}],
)
def test_wrong_fields_are_refused(api: ApiV2Client, item: Any) -> None:
    assert get_error_code(api.post(FIELDS, {"add": [item]})) == "400"


def test_unknown_keys_of_fields_are_refused(api: ApiV2Client) -> None:
    assert get_error_code(api.post(FIELDS, {})) == "103"
    assert "sort" in get_sandbox_detail(api.post(FIELDS, {"add": [field(sort=5)]}))
    assert "update" in get_sandbox_detail(api.post(FIELDS, {"update": [field()]}))
