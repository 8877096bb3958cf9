from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox, SandboxRequest, SandboxResponse
from tests.sandbox.api_client import NOW, Clock
from tests.sandbox.v2.api_v2_client import LEADS, ApiV2Client

LOGIN = "/private/api/auth.php"
CURRENT = "/private/api/v2/json/accounts/current"


def log_in(
    api: ApiV2Client, login: str | None = None, key: str | None = None, query: str = "?type=json"
) -> SandboxResponse:
    given = {"USER_LOGIN": login or api.sandbox.login, "USER_HASH": key or api.sandbox.api_key}
    return api.sandbox.handle(SandboxRequest.of("POST", f"{LOGIN}{query}", json=given))


def cookie(response: SandboxResponse) -> str:
    return response.headers["set-cookie"].partition(";")[0]


def with_cookie(api: ApiV2Client, given: str, method: str, url: str, **headers: str) -> SandboxResponse:
    named = {"cookie": f"lang=en; {given}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return api.sandbox.handle(SandboxRequest.of(method, url, headers=named))


def test_a_login_returns_the_user_and_the_account(api: ApiV2Client, sandbox: Sandbox) -> None:
    response = log_in(api)
    shown = response.json()["response"]
    assert (response.status, shown["auth"], shown["server_time"]) == (200, True, NOW)
    assert shown["accounts"][0]["id"] == str(sandbox.account.id)
    assert shown["user"] == {"id": str(sandbox.users[0]["id"]), "language": "en"}
    assert "HttpOnly" in response.headers["set-cookie"]


def test_the_cookie_opens_every_api_for_fifteen_minutes(api: ApiV2Client, clock: Clock) -> None:
    number = api.add(LEADS, name="Pump")
    session = cookie(log_in(api))
    for url in ("/api/v2/account", "/api/v4/account", CURRENT):
        assert with_cookie(api, session, "GET", url).status == 200
    headers = {"cookie": session, "x-requested-with": "XMLHttpRequest"}
    deletion = SandboxRequest("POST", "/ajax/leads/multiple/delete/", "", headers, f"ID[]={number}".encode())
    assert api.sandbox.handle(deletion).json()["status"] == "success"
    clock.now = NOW + 15 * 60 - 1
    assert with_cookie(api, session, "GET", "/api/v2/account").status == 200
    clock.now = NOW + 15 * 60
    assert with_cookie(api, session, "GET", "/api/v2/account").status == 401
    assert with_cookie(api, "session_id=nonsense", "GET", "/api/v4/account").status == 401


def test_each_user_has_a_key(api: ApiV2Client, sandbox: Sandbox) -> None:
    eve = sandbox.add("users", name="Eve", email="eve@sandbox.example")["id"]
    session = cookie(log_in(api, "eve@sandbox.example", sandbox.key_of(eve)))
    assert with_cookie(api, session, "GET", "/api/v2/account").json()["current_user"] == eve
    assert sandbox.key_of(eve) != sandbox.api_key
    sandbox.end_sessions()
    assert with_cookie(api, session, "GET", "/api/v2/account").status == 401
    with pytest.raises(KeyError):
        sandbox.key_of(7)


def test_a_token_overrides_a_cookie(api: ApiV2Client) -> None:
    session = cookie(log_in(api))
    assert with_cookie(api, session, "GET", "/api/v2/account", authorization="Bearer nonsense").status == 401


def test_wrong_keys_lead_to_a_captcha(api: ApiV2Client) -> None:
    for _ in range(5):
        response = log_in(api, key="wrong")
        shown = response.json()["response"]
        assert (response.status, shown["auth"], shown["error_code"]) == (401, False, "110")
        assert "set-cookie" not in response.headers
    response = log_in(api)
    assert (response.status, response.json()["response"]["error_code"]) == (403, "111")


def test_a_right_key_resets_the_failures(api: ApiV2Client) -> None:
    for _ in range(4):
        log_in(api, key="wrong")
    assert log_in(api).status == 200
    assert log_in(api, "nobody@sandbox.example").json()["response"]["error_code"] == "110"
    assert log_in(api).status == 200


def test_inactive_users_and_other_accounts_are_refused(api: ApiV2Client, sandbox: Sandbox) -> None:
    eve = sandbox.add("users", name="Eve", email="eve@sandbox.example", rights={})["id"]
    api.post("/api/v4/users/deactivate", [{"id": eve}])
    assert log_in(api, "eve@sandbox.example", sandbox.key_of(eve)).json()["response"]["error_code"] == "112"
    given = {"USER_LOGIN": sandbox.login, "USER_HASH": sandbox.api_key}
    request = SandboxRequest.of("POST", f"https://other.kommo.com{LOGIN}?type=json", json=given)
    assert sandbox.handle(request).status == 401


def test_without_type_json_the_response_is_xml(api: ApiV2Client) -> None:
    response = log_in(api, query="")
    assert response.text.endswith("<root><auth>true</auth></root>")
    assert log_in(api, key="wrong", query="").text.endswith("<root><auth>false</auth></root>")


def test_a_login_by_form(api: ApiV2Client, sandbox: Sandbox) -> None:
    fields = (("USER_LOGIN", sandbox.login), ("USER_HASH", "another-key"))
    sandbox.account.logins.set_api_key(sandbox.users[0]["id"], "another-key")
    assert api.form(f"{LOGIN}?type=json", *fields).json()["response"]["auth"] is True


def test_the_key_is_an_option_of_the_sandbox(clock: Clock) -> None:
    sandbox = Sandbox(clock=clock, api_key="k-1")
    assert log_in(ApiV2Client(sandbox), key="k-1").status == 200
    sandbox.reset()
    assert log_in(ApiV2Client(sandbox), key="k-1").status == 200


def test_the_account_route_older_than_v2(api: ApiV2Client, sandbox: Sandbox) -> None:
    sandbox.add_field("leads", "Colour", "select", enums=["Red"], id=551)
    shown = api.get(CURRENT).json()["response"]["account"]
    assert (shown["id"], shown["unsorted_on"]) == (str(sandbox.account.id), "Y")
    assert (shown["users"][0]["is_admin"], shown["users"][0]["rights_lead_add"]) == ("Y", "A")
    won = next(row for row in shown["leads_statuses"] if row["id"] == "142")
    assert (won["sort"], won["editable"]) == ("10000", "N")
    colour = next(row for row in shown["custom_fields"]["leads"] if row["id"] == "551")
    assert (colour["type_id"], colour["multiple"], list(colour["enums"].values())) == ("4", "N", ["Red"])
