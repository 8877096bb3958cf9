"""Authorization and refresh against the sandbox, from a code to a request after the token expired."""

from __future__ import annotations

import pytest

from kommo_orm import Kommo, MemoryTokenStore, OAuth, Unauthorized
from kommo_orm.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
def kommo(sandbox: Sandbox) -> Kommo:
    oauth = OAuth(sandbox.client_id, sandbox.client_secret, sandbox.redirect_uri)
    return sandbox.connect(token=None, oauth=oauth, tokens=MemoryTokenStore(), backoff=0)


def grants(sandbox: Sandbox) -> list[str]:
    return [entry.json["grant_type"] for entry in sandbox.log if entry.path == "/oauth2/access_token"]


def test_authorize_saves_tokens_and_an_expired_one_is_refreshed(kommo: Kommo, sandbox: Sandbox):
    kommo.authorize(sandbox.authorization_code())
    assert kommo.account().subdomain == sandbox.subdomain
    assert grants(sandbox) == ["authorization_code"]
    sandbox.expire_access_token()
    assert kommo.account().subdomain == sandbox.subdomain
    assert grants(sandbox) == ["authorization_code", "refresh_token"]


async def test_async_code_does_the_same(kommo: Kommo, sandbox: Sandbox):
    await kommo.aauthorize(sandbox.authorization_code())
    sandbox.expire_access_token()
    assert (await kommo.aaccount()).subdomain == sandbox.subdomain
    assert grants(sandbox) == ["authorization_code", "refresh_token"]


def test_revoked_tokens_raise(kommo: Kommo, sandbox: Sandbox):
    kommo.authorize(sandbox.authorization_code())
    sandbox.revoke_tokens()
    with pytest.raises(Unauthorized):
        kommo.account()
