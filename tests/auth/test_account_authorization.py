"""A renamed account is found by its token, and an old API key is exchanged for a code."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import (
    BadRequest,
    ConfigurationError,
    Kommo,
    MemoryTokenStore,
    OAuth,
    Unauthorized,
    UnexpectedResponse,
)
from kommo_orm.auth.oauth import AccountDomain
from kommo_orm.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def integrated(sandbox: Sandbox, **options: Any) -> Kommo:
    oauth = OAuth(sandbox.client_id, sandbox.client_secret, sandbox.redirect_uri)
    return Kommo("sandbox", oauth=oauth, tokens=MemoryTokenStore(), transport=sandbox.transport, **options)


def test_the_refresh_token_finds_the_account(sandbox: Sandbox):
    with integrated(sandbox) as kommo:
        kommo.authorize(sandbox.authorization_code())
        sandbox.rename("olive")
        found = kommo.current_domain()
    assert found == AccountDomain(sandbox.account.id, "olive", "olive.kommo.com", "com")
    last = sandbox.log[-1]
    assert last.path == "/oauth2/account/current/subdomain"
    assert "authorization" not in last.request.headers
    assert "x-refresh-token" in last.request.headers


def test_a_long_lived_token_finds_the_account(sandbox: Sandbox):
    with sandbox.connect() as kommo:
        assert kommo.current_domain().domain == "sandbox.kommo.com"
    assert sandbox.log[-1].path == "/oauth2/account/subdomain"
    sandbox.faults.next(body={"id": 5})
    with sandbox.connect() as kommo, pytest.raises(UnexpectedResponse, match="no domain"):
        kommo.current_domain()


def test_with_base_url_the_access_token_finds_the_account(sandbox: Sandbox):
    with sandbox.serve() as server, integrated(sandbox, base_url=server.url) as kommo:
        pass
    with integrated(sandbox, base_url="http://proxy.example") as kommo:
        kommo.authorize(sandbox.authorization_code())
        assert kommo.current_domain().subdomain == "sandbox"
    assert sandbox.log[-1].path == "/oauth2/account/subdomain"


def test_an_api_key_is_exchanged_for_a_code(sandbox: Sandbox):
    login = sandbox.users[0]["email"]
    with integrated(sandbox) as kommo:
        kommo.exchange_api_key(login, sandbox.api_key)
        assert sandbox.log[-1].json == {
            "login": login,
            "api_key": sandbox.api_key,
            "client_uuid": sandbox.client_id,
            "client_secret": sandbox.client_secret,
        }
        kommo.authorize(sandbox.delivered_codes[-1])
        assert kommo.account().id == sandbox.account.id
        with pytest.raises(Unauthorized) as caught:
            kommo.exchange_api_key(login, "a-wrong-api-key-0000")
        assert "a-wrong-api-key-0000" not in str(caught.value)
        sandbox.faults.next(status=400, body={"hint": "no", "status": 400, "title": "Bad"})
        with pytest.raises(BadRequest):
            kommo.exchange_api_key(login, sandbox.api_key)
    with sandbox.connect() as plain, pytest.raises(ConfigurationError, match="long-lived"):
        plain.exchange_api_key(login, sandbox.api_key)


@pytest.mark.anyio
async def test_async_methods_do_the_same(sandbox: Sandbox):
    async with integrated(sandbox) as kommo:
        await kommo.aexchange_api_key(sandbox.users[0]["email"], sandbox.api_key)
        await kommo.aauthorize(sandbox.delivered_codes[-1])
        assert (await kommo.acurrent_domain()).domain == "sandbox.kommo.com"
