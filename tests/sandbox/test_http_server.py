"""The sandbox over HTTP/1.1, and the transport for sync and async clients."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from kommo_orm.sandbox import Sandbox, SandboxServer
from tests.sandbox.api_client import LEADS, ApiClient

ACCOUNT = "/api/v4/account"


HEADERS = {"Authorization": "Bearer sandbox-token"}


@pytest.fixture
def live() -> Sandbox:
    """A sandbox with a running clock."""
    return Sandbox()


@pytest.fixture
def server(live: Sandbox) -> Iterator[SandboxServer]:
    with live.serve() as server:
        yield server


@pytest.fixture
def http(server: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=HEADERS) as client:
        yield client


def test_responses_over_http_and_in_process_are_equal(live: Sandbox, http: httpx.Client) -> None:
    response = http.post(LEADS, json=[{"name": "Ä", "request_id": "x"}])
    assert (response.status_code, response.headers["content-type"]) == (200, "application/hal+json")
    assert response.json()["_embedded"]["leads"][0]["request_id"] == "x"
    row = http.get(LEADS, params={"filter[name]": "Ä", "with": "contacts,loss_reason"}).json()["_embedded"]["leads"][0]
    assert row == ApiClient(live).rows(f"{LEADS}?filter[name]=Ä&with=contacts,loss_reason")[0]


def test_204_has_no_body_over_http(http: httpx.Client) -> None:
    response = http.get(f"{LEADS}/5")
    assert (response.status_code, response.content) == (204, b"")
    assert len(response.headers["x-request-id"]) == 32


def test_a_connection_is_kept_alive(server: SandboxServer) -> None:
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        for _ in range(3):
            connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 404")


def test_invalid_http_closes_the_connection(server: SandboxServer) -> None:
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(b"hello\r\n\r\n")
        assert connection.recv(100) == b""


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"drop_before": True}, httpx.RemoteProtocolError),
        ({"drop_after": True}, httpx.ReadError),
        ({"truncate": True}, httpx.RemoteProtocolError),
        ({"refuse": True}, httpx.ReadError),
    ],
)
def test_broken_connections_are_really_broken(
    live: Sandbox, http: httpx.Client, fault: dict[str, bool], error: type[Exception]
) -> None:
    live.faults.next(**fault)  # type: ignore[arg-type]
    with pytest.raises(error):
        http.get(ACCOUNT)
    assert http.get(ACCOUNT).status_code == 200


def test_latency_does_not_block_other_requests(live: Sandbox, http: httpx.Client) -> None:
    live.latency = 0.5
    with ThreadPoolExecutor(8) as pool:
        started = time.perf_counter()
        responses = list(pool.map(http.get, [ACCOUNT] * 8))
        spent = time.perf_counter() - started
    assert [response.status_code for response in responses] == [200] * 8
    assert 0.5 <= spent < 3.5  # four seconds without overlapping


def test_the_rate_is_counted_over_http(live: Sandbox, http: httpx.Client) -> None:
    now = [1_800_000_000.0]
    live.clock = lambda: now[0]
    live.rate.limit = 5
    codes = [http.get(ACCOUNT).status_code for _ in range(8)]
    assert codes == [200] * 5 + [429] * 3
    now[0] += 1.05
    assert http.get(ACCOUNT).status_code == 200


def test_a_closed_server_refuses_connections(live: Sandbox) -> None:
    with live.serve() as server:
        assert httpx.get(f"{server.url}/nowhere").status_code == 404
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_closing_does_not_wait_for_open_connections(live: Sandbox) -> None:
    live.faults.next(delay=30)
    server = live.serve()
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        while not live.log:
            time.sleep(0.01)
        started = time.perf_counter()
        server.close()
        assert time.perf_counter() - started < 5


async def test_one_transport_serves_async_clients_too(live: Sandbox) -> None:
    async with httpx.AsyncClient(
        base_url="https://sandbox.kommo.com", transport=live.transport, headers=HEADERS
    ) as client:
        response = await client.get(ACCOUNT)
    assert response.json()["subdomain"] == "sandbox"


def test_threads_share_one_account_without_losing_rows(live: Sandbox) -> None:
    api = ApiClient(live)

    def create(number: int) -> int:
        return api.create(LEADS, {"name": str(number)})

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, range(100)))) == 100
    assert len({row["name"] for row in live.rows("leads")}) == 100
