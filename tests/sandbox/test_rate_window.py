from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, Clock

ACCOUNT = "/api/v4/account"


def statuses(api: ApiClient, count: int) -> list[int]:
    return [api.get(ACCOUNT).status for _ in range(count)]


def test_the_eighth_request_within_a_second_is_429_html(clock: Clock) -> None:
    api = ApiClient(Sandbox(rate_limit=7, clock=clock))
    assert statuses(api, 7) == [200] * 7
    refused = api.get(ACCOUNT)
    assert (refused.status, refused.headers["content-type"]) == (429, "text/html; charset=utf-8")


def test_the_window_rolls(clock: Clock) -> None:
    api = ApiClient(Sandbox(rate_limit=2, clock=clock))
    for offset, expected in ((0.0, 200), (0.6, 200), (0.9, 429), (1.59, 429), (2.6, 200)):
        clock.now = 1000 + offset
        assert api.get(ACCOUNT).status == expected, offset


@pytest.mark.parametrize("gap", [1 / 7, 0.5])
def test_an_even_rate_is_never_refused(clock: Clock, gap: float) -> None:
    api = ApiClient(Sandbox(rate_limit=7, clock=clock))
    for step in range(50):
        clock.now = 1000 + step * gap + 1e-6 * step
        assert api.get(ACCOUNT).status == 200


def test_the_body_may_contain_the_seconds_to_wait(clock: Clock) -> None:
    api = ApiClient(Sandbox(rate_limit=1, retry_after=3, clock=clock))
    assert statuses(api, 1) == [200]
    refused = api.get(ACCOUNT)
    assert (refused.json()["retry_after"], refused.json()["status"]) == (3, 429)


def test_too_many_refusals_block_the_address(clock: Clock) -> None:
    sandbox = Sandbox(rate_limit=1, block_after=2, clock=clock)
    api = ApiClient(sandbox)
    assert statuses(api, 4) == [200, 429, 403, 403]
    clock.now += 60
    blocked = api.get(ACCOUNT)
    assert (blocked.status, blocked.headers["content-type"]) == (403, "text/html; charset=utf-8")
    sandbox.rate.reset()
    assert statuses(api, 1) == [200]


def test_without_a_limit_nothing_is_refused(api: ApiClient) -> None:
    assert statuses(api, 50) == [200] * 50
