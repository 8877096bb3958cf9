from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from kommo_orm.accounts import Accounts
from kommo_orm.auth import MemoryTokenStore, OAuth, Tokens
from kommo_orm.errors import ConfigurationError, NotConnected

OAUTH = OAuth("client-id", "secret-of-client", "https://example.org/kommo")


def reply(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"host": request.url.host, "token": request.headers["Authorization"][7:]})


def many() -> Accounts:
    store = MemoryTokenStore()
    for name in ("acme", "other"):
        store.save(name, Tokens(f"access-of-{name}", "r", datetime.now(UTC) + timedelta(hours=1), f"{name}.kommo.com"))
    return Accounts(oauth=OAUTH, tokens=store, transport=httpx.MockTransport(reply), rate=None, page_size=50)


def test_each_account_is_opened_once_whatever_it_is_called() -> None:
    with many() as accounts:
        assert accounts["acme"] is accounts["acme.kommo.com"] is accounts["https://acme.kommo.com"]
        assert accounts["acme"] is not accounts["other"]
        assert accounts["acme"].page_size == 50
        assert "secret" not in repr(accounts)


def test_each_account_has_its_own_host_and_tokens_and_all_share_their_connections() -> None:
    with many() as accounts:
        said = [accounts[name].request("GET", "/x").json() for name in ("acme", "other")]
        assert accounts["acme"]._pools is accounts["other"]._pools
    assert said == [
        {"host": "acme.kommo.com", "token": "access-of-acme"},
        {"host": "other.kommo.com", "token": "access-of-other"},
    ]


def test_closing_one_leaves_the_others_open_and_it_can_be_opened_again() -> None:
    with many() as accounts:
        with accounts["acme"] as kommo:
            kommo.request("GET", "/x")
        assert kommo.closed
        assert accounts["other"].request("GET", "/x").status == 200
        assert accounts["acme"] is not kommo
        assert accounts["acme"].request("GET", "/x").status == 200


def test_closing_all_closes_each() -> None:
    accounts = many()
    kommo = accounts["acme"]
    accounts.close()
    accounts.close()
    assert kommo.closed
    with pytest.raises(NotConnected):
        accounts["acme"]


async def test_async_code_closes_all_too() -> None:
    async with many() as accounts:
        kommo = accounts["acme"]
        answers = await asyncio.gather(kommo.arequest("GET", "/x"), accounts["other"].arequest("GET", "/x"))
        assert [answer.status for answer in answers] == [200, 200]
    assert kommo.closed


def test_wrong_options_are_refused_at_the_latest_when_an_account_is_opened() -> None:
    with pytest.raises(ConfigurationError):
        Accounts(oauth=OAUTH, timeout=-1)
    with Accounts() as accounts, pytest.raises(ConfigurationError):
        accounts["acme"]
    with many() as accounts, pytest.raises(ConfigurationError):
        accounts["acme.example.org"]
