"""Planned faults, as a client meets them."""

from __future__ import annotations

import httpx
import pytest

from kommo_orm.sandbox import Cut, Sandbox
from tests.sandbox.api_client import LEADS, ApiClient, Clock


@pytest.fixture
def http(sandbox: Sandbox) -> httpx.Client:
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    return httpx.Client(base_url="https://sandbox.kommo.com", transport=sandbox.transport, headers=headers)


def test_a_fault_meets_the_requests_it_was_planned_for(sandbox: Sandbox, api: ApiClient) -> None:
    sandbox.faults.next(status=504, method="PATCH", path=LEADS, times=2)
    lead = api.create(LEADS, {})
    change = [{"id": lead, "name": "B"}]
    assert [api.patch(LEADS, change).status for _ in range(3)] == [504, 504, 200]
    assert api.get(LEADS).status == 200
    assert sandbox.faults.pending == []


def test_a_status_alone_applies_nothing(sandbox: Sandbox, api: ApiClient) -> None:
    sandbox.faults.next(status=503)
    assert api.post(LEADS, [{}]).status == 503
    assert api.get(LEADS).status == 204


def test_a_gateway_may_time_out_after_the_request_was_applied(sandbox: Sandbox, api: ApiClient) -> None:
    sandbox.faults.next(status=504, applied=True)
    response = api.post(LEADS, [{}])
    assert (response.status, response.headers["content-type"]) == (504, "text/html; charset=utf-8")
    assert len(api.rows(LEADS)) == 1


def test_a_fault_can_depend_on_the_request(sandbox: Sandbox, api: ApiClient) -> None:
    sandbox.faults.next(status=500, when=lambda request: len(request.json() or []) > 1, times=None)
    assert api.post(LEADS, [{}]).status == 200
    assert api.post(LEADS, [{}, {}]).json()["detail"] == "An unknown error occurred."
    assert api.post(LEADS, [{}, {}]).status == 500
    sandbox.faults.clear()
    assert api.post(LEADS, [{}, {}]).status == 200


def test_a_body_may_be_anything(sandbox: Sandbox, api: ApiClient) -> None:
    sandbox.faults.next(body={"odd": []}, path="/api/v4/*")
    sandbox.faults.next(status=401, body=b"\xff", html=True)
    sandbox.faults.next(html=True)
    sandbox.faults.next(retry_after=9)
    assert api.get(LEADS).json() == {"odd": []}
    assert api.get(LEADS).body == b"\xff"
    page = api.get(LEADS)
    assert (page.status, page.text[:6]) == (200, "<html>")
    assert (api.get(LEADS).status, api.get(LEADS).status) == (429, 204)


def test_dropped_before_means_not_applied(sandbox: Sandbox, http: httpx.Client, api: ApiClient) -> None:
    sandbox.faults.next(drop_before=True)
    with pytest.raises(httpx.RemoteProtocolError):
        http.post(LEADS, json=[{}])
    assert api.get(LEADS).status == 204
    assert (sandbox.log[0].cut, sandbox.log[0].status) == (Cut.BEFORE, 0)


def test_dropped_after_means_applied(sandbox: Sandbox, http: httpx.Client, api: ApiClient) -> None:
    sandbox.faults.next(drop_after=True)
    with pytest.raises(httpx.ReadError):
        http.post(LEADS, json=[{}])
    assert len(api.rows(LEADS)) == 1


def test_truncated_means_applied_and_half_sent(sandbox: Sandbox, http: httpx.Client, api: ApiClient) -> None:
    sandbox.faults.next(truncate=True)
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete|complete message body"):
        http.post(LEADS, json=[{}])
    assert len(api.rows(LEADS)) == 1


def test_a_refused_request_does_not_arrive(sandbox: Sandbox, http: httpx.Client) -> None:
    sandbox.faults.next(refuse=True)
    with pytest.raises(httpx.ConnectError):
        http.post(LEADS, json=[{}])
    assert sandbox.log == []


def test_handle_returns_the_delay_and_the_transport_sleeps(
    sandbox: Sandbox, api: ApiClient, http: httpx.Client
) -> None:
    sandbox.faults.next(delay=30)
    assert api.get(LEADS).delay == 30
    sandbox.faults.next(delay=0.05)
    assert http.get(LEADS).elapsed.total_seconds() >= 0.05


def test_a_connection_breaks_in_one_way_only(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="one way"):
        sandbox.faults.next(drop_before=True, drop_after=True)
    with pytest.raises(ValueError, match="without a status"):
        sandbox.faults.next(drop_after=True, status=500)


def test_a_refused_request_does_not_use_up_a_fault(clock: Clock) -> None:
    sandbox = Sandbox(rate_limit=1, clock=clock)
    api = ApiClient(sandbox)
    api.get(LEADS)
    sandbox.faults.next(status=500)
    assert api.get(LEADS).status == 429
    clock.now += 2
    assert api.get(LEADS).status == 500
