"""Seven requests a second, for the account and not for the process's one clock."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from kommo_orm import AccountBlocked, ConfigurationError, Kommo, RateLimited
from kommo_orm.sandbox import Sandbox
from tests.parity.ledger import proves


@proves(45, "R10")
def test_the_service_never_sees_more_than_the_rate() -> None:
    sandbox = Sandbox(rate_limit=30)  # twice the rate is too much, a few late ones are not
    with (
        sandbox.serve() as server,
        Kommo("acme", token=sandbox.token, base_url=server.url, rate=20) as kommo,
        Kommo("acme", token=sandbox.token, base_url=server.url, rate=20) as other,
        ThreadPoolExecutor(4) as threads,
    ):
        began = time.monotonic()
        # Two objects in several threads: the limit is the account's.
        asked = [threads.submit(one.request, "GET", "/api/v4/account") for one in (kommo, other) * 20]
        assert {one.result().status for one in asked} == {200}
        took = time.monotonic() - began
    assert {entry.status for entry in sandbox.log} == {200}
    assert took >= 1.5  # at two seconds' worth of requests


@proves(45, "B28")
def test_none_is_no_limit_and_zero_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="rate"):
        Kommo("acme", token="t", rate=0)
    assert Kommo("acme", token="t", rate=None).rate is None


@proves(46)
def test_a_busy_service_is_waited_for() -> None:
    sandbox = Sandbox()
    sandbox.faults.next(status=429, times=1)
    sandbox.faults.next(status=503, times=1)
    with sandbox.connect(backoff=0) as kommo:
        assert kommo.account().name
    assert [entry.status for entry in sandbox.log] == [429, 503, 200]


@proves(46)
def test_a_limit_that_stays_raises_and_a_block_stops_requests() -> None:
    busy = httpx.MockTransport(lambda _: httpx.Response(429, json={"retry_after": 0}))
    with Kommo("acme", token="t", transport=busy, retries=2, backoff=0) as kommo, pytest.raises(RateLimited):
        kommo.request("GET", "/api/v4/leads")
    asked: list[httpx.Request] = []

    def blocked(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(403, html="<html>blocked</html>")

    with Kommo("acme", token="t", transport=httpx.MockTransport(blocked), backoff=0) as kommo:
        for _ in range(3):
            with pytest.raises(AccountBlocked):
                kommo.request("GET", "/api/v4/leads")
    assert len(asked) == 1
