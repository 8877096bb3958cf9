from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient


def test_without_a_token_everything_is_401(sandbox: Sandbox) -> None:
    sandbox.token = "another"
    response = ApiClient(sandbox).get("/api/v4/account")
    assert response.status == 401
    assert response.json() == {
        "title": "Unauthorized",
        "type": "https://httpstatus.es/401",
        "status": 401,
        "detail": "Invalid user name or password",
    }


def test_the_host_of_another_account_does_not_know_the_token(sandbox: Sandbox) -> None:
    assert ApiClient(sandbox).get("https://sandbox.kommo.com/api/v4/account").status == 200
    assert ApiClient(sandbox).get("https://other.kommo.com/api/v4/account").status == 401


def test_an_administrator_may_act_for_a_user(sandbox: Sandbox, api: ApiClient) -> None:
    user = sandbox.add("users", name="Ann")
    response = api.get("/api/v4/account", X_Context_User_ID=str(user["id"]))
    assert response.json()["current_user_id"] == user["id"]
    assert api.get("/api/v4/account", X_Context_User_ID="7").status == 403
    assert api.get("/api/v4/users", X_Context_User_ID=str(user["id"])).status == 403
