from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_error

NEW = {"name": "Ann", "email": "ann@x.example", "password": "Passw0rd"}


def test_users_show_role_and_group_on_request(api: ApiClient, sandbox: Sandbox) -> None:
    role = sandbox.add("roles", name="Sellers", rights={"leads": {"view": "M"}})["id"]
    user = api.create("/api/v4/users", {**NEW, "rights": {"role_id": role}})
    plain = api.get(f"/api/v4/users/{user}").json()
    assert "_embedded" not in plain
    assert plain["_links"]["self"]["href"].endswith(f"/users/{user}/")
    assert (plain["rights"]["role_id"], plain["rights"]["leads"]) == (role, {"view": "M"})
    full = api.get(f"/api/v4/users/{user}?with=role,group,phone_number").json()
    assert [row["name"] for row in full["_embedded"]["roles"]] == ["Sellers"]
    assert full["_embedded"]["groups"][0]["id"] == 0
    assert full["phone_number"] is None
    page = api.get("/api/v4/users").json()
    assert (page["_total_items"], page["_page_count"]) == (2, 1)


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"password": "password"}, "InvalidValue", "password"),
        ({"name": " "}, "InvalidValue", "name"),
        ({"email": "owner@sandbox.example"}, "NotUnique", "email"),
        ({"rights": {"role_id": 5}}, "NotSupportedChoice", "rights.role_id"),
        ({"rights": {"leads": {"add": "G"}}}, "NotSupportedChoice", "rights.leads.add"),
        ({"is_admin": True}, "FieldNotExpected", "is_admin"),
    ],
)
def test_an_invalid_user_is_refused(api: ApiClient, change: dict[str, Any], code: str, path: str) -> None:
    assert validation_error(api.post("/api/v4/users", [{**NEW, **change}])) == (code, path)


def test_a_request_creates_at_most_ten_users(api: ApiClient) -> None:
    assert api.post("/api/v4/users", [NEW] * 11).status == 422


def test_users_can_be_deactivated_and_activated(api: ApiClient, sandbox: Sandbox) -> None:
    user = sandbox.add("users", name="Ann")["id"]
    assert api.post("/api/v4/users/deactivate", [{"id": user}]).status == 204
    assert sandbox.row("users", user)["rights"]["is_active"] is False  # type: ignore[index]
    assert api.post("/api/v4/users/activate", [{"id": user}]).status == 202
    assert api.post("/api/v4/users/activate", [{"id": 5}]).status == 400
    assert api.post("/api/v4/users/deactivate", [{"id": sandbox.users[0]["id"]}]).status == 403
