from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.v2.asking import Old, code, complaint

FIELDS = "/api/v2/fields"


def field(**keys: Any) -> dict[str, Any]:
    return {"name": "Colour", "type": 4, "element_type": 2, "origin": "mine", "enums": ["Red", "Blue"], **keys}


def test_fields_are_added_and_deleted_by_origin(old: Old, sandbox: Sandbox) -> None:
    answer = old.write(FIELDS, add=[field(request_id=7), field(name="Age", type="2", element_type=1)])
    assert [row["request_id"] for row in answer["items"]] == [7, 1]
    colour, age = (row["id"] for row in answer["items"])
    shown = next(row for row in sandbox.rows("custom_fields") if row["id"] == colour)
    assert (shown["type"], [option["value"] for option in shown["enums"]]) == ("select", ["Red", "Blue"])
    gone = [{"id": colour, "origin": "mine"}, {"id": age, "origin": "yours"}, {"id": 7, "origin": "mine"}]
    answer = old.write(FIELDS, delete=gone)
    assert [row["id"] for row in answer["items"]] == [colour]
    assert set(answer["errors"]["delete"]) == {str(age), "7"}


def test_fields_of_lists(old: Old, sandbox: Sandbox) -> None:
    stock = sandbox.add("catalogs", name="Stock")["id"]
    old.write(FIELDS, add=[field(name="Size", type=1, element_type=stock)])
    assert [row["name"] for row in old.rows(f"/api/v4/catalogs/{stock}/custom_fields")] == ["Size"]


@pytest.mark.parametrize(
    "item",
    [field(type=99), field(element_type=7), field(type=16), field(enums=[]), field(name=""), {"name": "x", "type": 1}],
)
def test_wrong_fields(old: Old, item: Any) -> None:
    assert code(old.post(FIELDS, {"add": [item]})) == "400"


def test_unknown_keys_of_fields(old: Old) -> None:
    assert code(old.post(FIELDS, {})) == "103"
    assert "sort" in complaint(old.post(FIELDS, {"add": [field(sort=5)]}))
    assert "update" in complaint(old.post(FIELDS, {"update": [field()]}))
