from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient


def test_a_role_changes_the_rights_of_its_users(api: ApiClient, sandbox: Sandbox) -> None:
    role = api.create("/api/v4/roles", {"name": "Sellers", "rights": {"mail_access": True}})
    user = sandbox.add("users", name="Ann", rights={"role_id": role})["id"]
    assert api.patch(f"/api/v4/roles/{role}", {"rights": {"mail_access": False}}).status == 200
    assert sandbox.row("users", user)["rights"]["mail_access"] is False  # type: ignore[index]
    assert api.get(f"/api/v4/roles/{role}?with=users").json()["_embedded"]["users"] == [user]
    assert api.delete(f"/api/v4/roles/{role}").status == 204
    assert api.get(f"/api/v4/roles/{role}").status == 404
    assert sandbox.row("users", user)["rights"]["role_id"] is None  # type: ignore[index]
