"""The account, its users and its roles."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, Clock, validation_error

NEW = {"name": "Ann", "email": "ann@x.example", "password": "Passw0rd"}


def test_the_account_shows_more_only_when_asked(api: ApiClient, sandbox: Sandbox) -> None:
    plain = api.get("/api/v4/account").json()
    assert "_embedded" not in plain
    assert plain["current_user_id"] == sandbox.users[0]["id"]
    withs = "amojo_id,uuid,amojo_rights,users_groups,task_types,version,entity_names,datetime_settings,drive_url"
    full = api.get(f"/api/v4/account?with={withs},is_api_filter_enabled,invoices_settings").json()
    assert full.keys() - plain.keys() == {
        "amojo_id",
        "uuid",
        "version",
        "drive_url",
        "is_api_filter_enabled",
        "invoices_settings",
        "entity_names",
        "_embedded",
    }
    assert [row["code"] for row in full["_embedded"]["task_types"]] == ["FOLLOW_UP", "MEETING"]
    assert full["_embedded"]["users_groups"] == [{"id": 0, "name": "Sales", "uuid": None}]


def test_the_zone_has_a_name_and_an_offset(clock: Clock) -> None:
    api = ApiClient(Sandbox(timezone="America/Sao_Paulo", clock=clock))
    settings = api.get("/api/v4/account?with=datetime_settings").json()["_embedded"]["datetime_settings"]
    assert (settings["timezone"], settings["timezone_offset"]) == ("America/Sao_Paulo", "-03:00")


def test_users_show_role_and_group_on_demand(api: ApiClient, sandbox: Sandbox) -> None:
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
def test_a_bad_user_is_refused(api: ApiClient, change: dict[str, Any], code: str, path: str) -> None:
    assert validation_error(api.post("/api/v4/users", [{**NEW, **change}])) == (code, path)


def test_ten_users_a_call(api: ApiClient) -> None:
    assert api.post("/api/v4/users", [NEW] * 11).status == 422


def test_users_are_switched_off_and_on(api: ApiClient, sandbox: Sandbox) -> None:
    user = sandbox.add("users", name="Ann")["id"]
    assert api.post("/api/v4/users/deactivate", [{"id": user}]).status == 204
    assert sandbox.row("users", user)["rights"]["is_active"] is False  # type: ignore[index]
    assert api.post("/api/v4/users/activate", [{"id": user}]).status == 202
    assert api.post("/api/v4/users/activate", [{"id": 5}]).status == 400
    assert api.post("/api/v4/users/deactivate", [{"id": sandbox.users[0]["id"]}]).status == 403


def test_roles_change_their_users(api: ApiClient, sandbox: Sandbox) -> None:
    role = api.create("/api/v4/roles", {"name": "Sellers", "rights": {"mail_access": True}})
    user = sandbox.add("users", name="Ann", rights={"role_id": role})["id"]
    assert api.patch(f"/api/v4/roles/{role}", {"rights": {"mail_access": False}}).status == 200
    assert sandbox.row("users", user)["rights"]["mail_access"] is False  # type: ignore[index]
    assert api.get(f"/api/v4/roles/{role}?with=users").json()["_embedded"]["users"] == [user]
    assert api.delete(f"/api/v4/roles/{role}").status == 204
    assert api.get(f"/api/v4/roles/{role}").status == 404
    assert sandbox.row("users", user)["rights"]["role_id"] is None  # type: ignore[index]
