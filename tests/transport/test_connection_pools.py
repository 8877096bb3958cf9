from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import threading
from typing import Any

import httpx
import pytest

from kommo_orm.client import Kommo
from kommo_orm.errors import ConfigurationError, NotConnected
from kommo_orm.transport.client_options import build_pool_options
from kommo_orm.transport.connection_pools import ConnectionPools, PoolOptions
from tests.transport.servers import StrictServer


def ok(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={})


def test_one_client_per_process_made_when_needed() -> None:
    pools = ConnectionPools(PoolOptions())
    assert pools.open_client is None
    assert pools.get_client() is pools.get_client()
    pools.close()


def test_one_client_per_event_loop() -> None:
    pools = ConnectionPools(PoolOptions())
    clients: list[Any] = []

    async def main() -> None:
        clients.append(pools.get_async_client())
        assert pools.get_async_client() is clients[-1]
        await clients[-1].aclose()

    asyncio.run(main())
    asyncio.run(main())
    assert clients[0] is not clients[1]
    pools.close()


def test_closing_closes_both_kinds() -> None:
    pools = ConnectionPools(PoolOptions())
    client = pools.get_client()

    async def main() -> None:
        other = pools.get_async_client()
        await pools.aclose()
        assert other.is_closed

    asyncio.run(main())
    assert client.is_closed
    with pytest.raises(NotConnected):
        pools.get_client()


def test_closing_from_another_thread_closes_a_running_loops_client() -> None:
    pools = ConnectionPools(PoolOptions())
    opened, closed = threading.Event(), threading.Event()
    states: list[bool] = []

    async def main() -> None:
        client = pools.get_async_client()
        opened.set()
        while not closed.is_set():
            await asyncio.sleep(0.01)
        for _ in range(500):
            await asyncio.sleep(0.01)
            if client.is_closed:
                break
        states.append(client.is_closed)

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    opened.wait(5)
    pools.close()
    closed.set()
    thread.join()
    assert states == [True]


@pytest.mark.parametrize("closed", [True, False])
def test_a_loop_that_ends_closes_its_connections(closed: bool) -> None:
    """Nobody awaited `aclose`; an unclosed socket would be a ResourceWarning, which is an error here."""
    with StrictServer(limit=1000).running() as server:
        kommo = Kommo("acme", token="a-token", base_url=server.url, rate=None)

        async def main() -> int:
            return (await kommo.arequest("GET", "/x")).status

        assert [asyncio.run(main()), asyncio.run(main())] == [200, 200]
        if closed:
            kommo.close()
        del kommo
        gc.collect()


class SyncOnly(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={})


class AsyncOnly(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={})


def test_a_transport_of_one_kind_serves_its_own_face_only() -> None:
    async def ask(kommo: Kommo) -> int:
        return (await kommo.arequest("GET", "/x")).status

    with Kommo("acme", token="a-token", rate=None, transport=SyncOnly()) as kommo:
        assert kommo.request("GET", "/x").status == 200
        with pytest.raises(ConfigurationError, match="cannot be used by async code"):
            asyncio.run(ask(kommo))
    with Kommo("acme", token="a-token", rate=None, transport=AsyncOnly()) as kommo:
        assert asyncio.run(ask(kommo)) == 200
        with pytest.raises(ConfigurationError, match="cannot be used by sync code"):
            kommo.request("GET", "/x")


def test_a_transport_has_its_own_idea_of_tls_and_proxies() -> None:
    with pytest.raises(ConfigurationError):
        build_pool_options(transport=SyncOnly(), proxy="http://localhost:3128")
    with pytest.raises(ConfigurationError):
        build_pool_options(transport=SyncOnly(), verify=False)


def test_a_file_of_certificates_must_be_one(tmp_path: Any) -> None:
    with pytest.raises(ConfigurationError, match="certificates"):
        build_pool_options(verify=str(tmp_path / "absent.pem"))
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    with pytest.raises(ConfigurationError, match="certificates"):
        build_pool_options(verify=str(bad))


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), True])
def test_timeouts_that_cannot_be_are_refused(timeout: float) -> None:
    with pytest.raises(ConfigurationError):
        build_pool_options(timeout=timeout)


def test_timeouts_in_seconds_or_httpx_own() -> None:
    assert build_pool_options(timeout=60).timeout == httpx.Timeout(60, connect=5)
    assert build_pool_options(timeout=2).timeout == httpx.Timeout(2)
    assert build_pool_options(timeout=None).timeout == httpx.Timeout(None)
    own = httpx.Timeout(3, read=9)
    assert build_pool_options(timeout=own).timeout is own


def test_a_proxys_password_is_not_in_the_repr() -> None:
    assert "pass" not in repr(build_pool_options(proxy="http://user:pass@localhost:3128"))


def test_a_request_that_finds_its_connections_closed_says_so() -> None:
    class Closing(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json={})

    kommo = Kommo("acme", token="a-token", rate=None, transport=Closing())
    client = kommo._pools.get_client()
    client.close()
    with pytest.raises(NotConnected, match="closed meanwhile"):
        kommo.request("GET", "/x")


def test_hooks_see_requests_and_responses_in_both_faces() -> None:
    seen: list[str] = []

    def sync_hook(subject: httpx.Request | httpx.Response) -> None:
        seen.append(f"sync {type(subject).__name__}")

    async def async_hook(subject: httpx.Request | httpx.Response) -> None:
        seen.append(f"async {type(subject).__name__}")

    async def ask(kommo: Kommo) -> None:
        await kommo.arequest("GET", "/x")

    transport = httpx.MockTransport(ok)
    hooks = {"request": [sync_hook], "response": [sync_hook]}
    with Kommo("acme", token="a-token", rate=None, transport=transport, event_hooks=hooks) as kommo:
        kommo.request("GET", "/x")
        asyncio.run(ask(kommo))
    assert seen == ["sync Request", "sync Response"] * 2
    with Kommo("acme", token="a-token", rate=None, transport=transport, event_hooks={"request": [async_hook]}) as kommo:
        asyncio.run(ask(kommo))
        with pytest.raises(ConfigurationError, match="async"):
            kommo.request("GET", "/x")
    assert seen[-1] == "async Request"


def _child(kommo: Kommo, results: Any) -> None:
    try:
        results.put((kommo.request("GET", "/child").status, os.getpid()))
    except BaseException as error:  # noqa: BLE001
        results.put((repr(error), 0))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_fork_makes_connections_of_its_own() -> None:
    context = multiprocessing.get_context("fork")
    with (
        StrictServer(limit=1000).running() as server,
        Kommo("acme", token="a-token", base_url=server.url, rate=50, retries=1) as kommo,
    ):
        kommo.request("GET", "/before")
        results = context.SimpleQueue()
        children = [context.Process(target=_child, args=(kommo, results)) for _ in range(2)]
        for child in children:
            child.start()
        answers = [results.get() for _ in children]
        for child in children:
            child.join(10)
        assert kommo.request("GET", "/after").status == 200
    assert [status for status, _ in answers] == [200, 200]
    assert server.connections == 3
