from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox, SandboxRequest, SandboxResponse
from tests.sandbox.api_client import NOW, ApiClient, Clock

TOKEN_URL = "https://sandbox.kommo.com/oauth2/access_token"


DAY = 24 * 3600


class Client:
    """An integration of the account: it gets tokens and sends requests with them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.known = {
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
            "redirect_uri": sandbox.redirect_uri,
        }

    def grant(self, url: str = TOKEN_URL, **values: Any) -> SandboxResponse:
        body = {key: value for key, value in {**self.known, **values}.items() if value is not None}
        return self.sandbox.handle(SandboxRequest.of("POST", url, json=body))

    def authorize(self) -> dict[str, Any]:
        response = self.grant(grant_type="authorization_code", code=self.sandbox.authorization_code())
        assert response.status == 200, response.text
        pair: dict[str, Any] = response.json()
        return pair

    def refresh(self, pair: dict[str, Any], **values: Any) -> SandboxResponse:
        return self.grant(grant_type="refresh_token", refresh_token=pair["refresh_token"], **values)

    def call(self, pair: dict[str, Any]) -> int:
        return self.sandbox.handle(SandboxRequest.of("GET", "/api/v4/account", token=pair["access_token"])).status


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


def get_status_and_hint(response: SandboxResponse) -> tuple[int, str | None]:
    assert response.json()["type"].endswith("OAuthProblemJson")
    return response.status, response.json().get("hint")


def test_an_api_key_is_exchanged_for_a_code(sandbox: Sandbox, api: ApiClient):
    body = {"login": sandbox.users[0]["email"], "api_key": sandbox.api_key}
    assert api.post("/oauth2/exchange_api_key", body).status == 400
    body |= {"client_uuid": sandbox.client_id, "client_secret": "wrong"}
    assert api.post("/oauth2/exchange_api_key", body).status == 401
    body["client_secret"] = sandbox.client_secret
    assert api.post("/oauth2/exchange_api_key", body | {"api_key": "x"}).status == 401
    assert (api.post("/oauth2/exchange_api_key", body).status, len(sandbox.delivered_codes)) == (202, 1)


def test_a_code_is_exchanged_for_a_pair(client: Client) -> None:
    pair = client.authorize()
    assert pair.keys() == {"token_type", "expires_in", "server_time", "access_token", "refresh_token"}
    assert (pair["token_type"], pair["expires_in"], pair["server_time"]) == ("Bearer", DAY, NOW)
    assert client.call(pair) == 200


def test_the_access_token_is_a_jwt_with_kommos_claims(client: Client, sandbox: Sandbox) -> None:
    part = client.authorize()["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert (claims["aud"], claims["account_id"], claims["exp"]) == (sandbox.client_id, sandbox.account.id, NOW + DAY)
    assert (claims["base_domain"], claims["api_domain"], claims["version"]) == ("kommo.com", "api-a.kommo.com", 2)


def test_a_code_works_once(client: Client, sandbox: Sandbox) -> None:
    code = sandbox.authorization_code()
    assert client.grant(grant_type="authorization_code", code=code).status == 200
    again = client.grant(grant_type="authorization_code", code=code)
    assert get_status_and_hint(again) == (400, "Authorization code has been revoked")


def test_a_code_is_valid_for_twenty_minutes(client: Client, sandbox: Sandbox, clock: Clock) -> None:
    code = sandbox.authorization_code()
    clock.now += 20 * 60 + 1
    assert get_status_and_hint(client.grant(grant_type="authorization_code", code=code)) == (
        400,
        "Authorization code has expired",
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"code": "garbage"}, (400, "Cannot decrypt the authorization code")),
        ({"client_secret": "wrong"}, (401, None)),
        ({"client_id": "wrong"}, (401, None)),
        ({"redirect_uri": "https://other.example"}, (400, "Redirect URI is not associated with client")),
        ({"redirect_uri": None}, (400, "Check the `redirect_uri` parameter")),
        ({"grant_type": "password"}, (400, "Check the `grant_type` parameter")),
        ({"url": "https://other.kommo.com/oauth2/access_token"}, (400, "Invalid account")),
    ],
)
def test_only_the_hint_describes_the_error(
    client: Client, sandbox: Sandbox, values: dict[str, Any], expected: tuple[int, str | None]
) -> None:
    body = {"grant_type": "authorization_code", "code": sandbox.authorization_code(), **values}
    assert get_status_and_hint(client.grant(**body)) == expected


def test_a_form_is_accepted_like_json(client: Client, sandbox: Sandbox) -> None:
    body = "&".join(f"{key}={value}" for key, value in client.known.items())
    body += f"&grant_type=authorization_code&code={sandbox.authorization_code()}"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert sandbox.handle(SandboxRequest("POST", "/oauth2/access_token", "", headers, body.encode())).status == 200


def test_an_access_token_expires(client: Client, clock: Clock) -> None:
    pair = client.authorize()
    clock.now += DAY - 1
    assert client.call(pair) == 200
    clock.now += 1
    assert client.call(pair) == 401


def test_a_test_can_expire_an_access_token(client: Client, sandbox: Sandbox) -> None:
    pair = client.authorize()
    sandbox.expire_access_token()
    assert client.call(pair) == 401
    assert client.call({"access_token": sandbox.token}) == 200
    assert client.call(client.refresh(pair).json()) == 200


def test_refreshing_revokes_the_former_access_token(client: Client) -> None:
    first = client.authorize()
    second = client.refresh(first).json()
    assert (client.call(first), client.call(second)) == (401, 200)


def test_the_old_refresh_token_works_until_the_new_pair_is_used(client: Client) -> None:
    first = client.authorize()
    lost = client.refresh(first).json()
    second = client.refresh(first).json()
    assert client.call(lost) == 401
    assert client.call(second) == 200
    assert get_status_and_hint(client.refresh(first)) == (401, "Token has been revoked")


def test_refreshing_with_the_new_token_is_a_use_too(client: Client) -> None:
    first = client.authorize()
    second = client.refresh(first).json()
    assert client.refresh(second).status == 200
    assert get_status_and_hint(client.refresh(first)) == (401, "Token has been revoked")


def test_two_workers_that_refresh_at_the_same_time_lose_a_pair(client: Client) -> None:
    first = client.authorize()
    one, two = client.refresh(first).json(), client.refresh(first).json()
    assert client.call(two) == 200
    assert client.call(one) == 401
    assert get_status_and_hint(client.refresh(one)) == (401, "Token has been revoked")


def test_a_refresh_token_is_valid_for_three_months(client: Client, clock: Clock) -> None:
    pair = client.authorize()
    clock.now += 91 * DAY
    assert get_status_and_hint(client.refresh(pair)) == (401, "Token has expired")
    assert get_status_and_hint(client.refresh({"refresh_token": "garbage"})) == (
        400,
        "Cannot decrypt the refresh token",
    )


def test_revoking_ends_both_tokens(client: Client, sandbox: Sandbox) -> None:
    pair = client.authorize()
    sandbox.revoke_tokens()
    assert client.call(pair) == 401
    assert get_status_and_hint(client.refresh(pair)) == (401, "Token has been revoked")


def test_a_renamed_account_is_found_by_its_refresh_token(client: Client, sandbox: Sandbox) -> None:
    pair = client.authorize()
    sandbox.rename("fern")
    assert client.refresh(pair).status == 404
    headers = {"x-refresh-token": pair["refresh_token"]}
    url = "https://api-a.kommo.com/oauth2/account/current/subdomain"
    found = sandbox.handle(SandboxRequest.of("GET", url, headers=headers)).json()
    assert found == {
        "id": sandbox.account.id,
        "subdomain": "fern",
        "domain": "fern.kommo.com",
        "top_level_domain": "com",
    }
    assert client.refresh(pair, url="https://fern.kommo.com/oauth2/access_token").status == 200


def test_the_deprecated_route_accepts_a_bearer_token(client: Client, sandbox: Sandbox) -> None:
    request = SandboxRequest.of("GET", "https://www.kommo.com/oauth2/account/subdomain", token=sandbox.token)
    assert sandbox.handle(request).json()["subdomain"] == "sandbox"
    refused = SandboxRequest.of("GET", "/oauth2/account/current/subdomain", headers={"X-Refresh-Token": "x"})
    assert sandbox.handle(refused).status == 401
