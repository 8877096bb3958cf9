from __future__ import annotations

import asyncio
import json
import multiprocessing
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from kommo_orm.auth import FileTokenStore, MemoryTokenStore, OAuth, Tokens, TokenStore
from kommo_orm.client import Kommo
from kommo_orm.errors import BadRequest, TokenStoreError, TransportError, Unauthorized
from tests.auth.token_service import HINTED, TokenService, build_jwt

SECRET = "secret-of-client"
OAUTH = OAuth("client-id", SECRET, "https://example.org/kommo")
SOON = timedelta(seconds=30)
LATER = timedelta(hours=12)


def tokens(generation: int, ends: timedelta | None = LATER, account: str = "acme.kommo.com") -> Tokens:
    until = None if ends is None else datetime.now(UTC) + ends
    return Tokens(f"access-{generation}", f"refresh-{generation}", until, account)


def a_store(given: Tokens | None) -> MemoryTokenStore:
    store = MemoryTokenStore()
    if given is not None:
        store.save("acme", given)
    return store


def a_kommo(service: httpx.BaseTransport, store: TokenStore, **options: Any) -> Kommo:
    options = {"rate": None, "backoff": 0.0, "retries": 3, "oauth": OAUTH} | options
    return Kommo("acme", tokens=store, transport=service, **options)


def test_valid_tokens_are_used_without_a_refresh() -> None:
    service, store = TokenService(generation=1), a_store(tokens(1))
    with a_kommo(service, store) as kommo:
        assert kommo.request("GET", "/x").status == 200
    assert service.refreshes == []


def test_a_rejected_token_is_refreshed_once_and_the_request_repeated() -> None:
    service, store = TokenService(generation=1), a_store(tokens(1))
    service.generation = 1
    service.access = lambda generation=None: f"access-{generation or service.generation}-b"  # type: ignore[method-assign]
    with a_kommo(service, store) as kommo:
        assert kommo.request("GET", "/x").status == 200
    assert service.refreshes == ["refresh-1"]
    saved = store.load("acme")
    assert saved is not None
    assert (saved.access, saved.refresh) == ("access-2-b", "refresh-2")


def test_a_token_that_expires_soon_is_refreshed_before_it_is_used() -> None:
    service, store = TokenService(generation=1), a_store(tokens(1, SOON))
    with a_kommo(service, store) as kommo:
        assert kommo.request("GET", "/x").status == 200
        assert kommo.request("GET", "/x").status == 200
    assert service.refreshes == ["refresh-1"]
    assert len(service.hosts) == 3


def test_the_margin_is_an_option() -> None:
    service, store = TokenService(generation=1), a_store(tokens(1, SOON))
    with a_kommo(service, store, refresh_margin=5) as kommo:
        kommo.request("GET", "/x")
    assert service.refreshes == []


def test_tokens_that_live_shorter_than_the_margin_are_used() -> None:
    service, store = TokenService(generation=1, expires_in=30), a_store(tokens(1, -SOON))
    with a_kommo(service, store) as kommo:
        for _ in range(3):
            assert kommo.request("GET", "/x").status == 200
    assert service.refreshes == ["refresh-1"]


def test_new_tokens_are_saved_before_they_are_used() -> None:
    service, store = TokenService(generation=1), a_store(tokens(1, SOON))
    seen: list[str] = []

    def looking(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/x":
            saved = store.load("acme")
            seen.append(saved.access if saved else "")
        return None

    service.extra = looking
    with a_kommo(service, store) as kommo:
        kommo.request("GET", "/x")
    assert seen == ["access-2"]


def test_tokens_that_cannot_be_saved_are_not_used() -> None:
    class Full(MemoryTokenStore):
        def save(self, account: str, tokens: Tokens) -> None:
            raise TokenStoreError("no space")

    service, store = TokenService(generation=1), Full()
    MemoryTokenStore.save(store, "acme", tokens(1, SOON))
    with a_kommo(service, store) as kommo, pytest.raises(TokenStoreError):
        kommo.request("GET", "/x")
    assert len(service.hosts) == 1
    with store.lock("acme"):  # and the lock was left
        pass


def test_a_401_after_a_refresh_raises() -> None:
    service, store = TokenService(generation=1), a_store(tokens(1))
    service.extra = lambda request: httpx.Response(401, json={}) if request.url.path == "/x" else None
    with a_kommo(service, store) as kommo:
        for _ in range(2):  # and a later request may renew again: nothing is counted for ever
            with pytest.raises(Unauthorized):
                kommo.request("GET", "/x")
    assert service.refreshes == ["refresh-1", "refresh-2"]


def test_a_refresh_whose_answer_was_lost_is_sent_again_with_the_same_token() -> None:
    service, store = TokenService(generation=1), a_store(tokens(1, SOON))
    spent: list[str] = []

    def losing(request: httpx.Request) -> httpx.Response | None:
        spent.append(json.loads(request.content)["refresh_token"])
        if len(spent) == 1:
            raise httpx.ReadError("lost", request=request)
        return None

    service.before_token = losing
    with a_kommo(service, store) as kommo:
        assert kommo.request("GET", "/x").status == 200
    assert spent == ["refresh-1", "refresh-1"]


def test_a_failed_refresh_is_ignored_while_the_old_token_is_valid() -> None:
    service, store = TokenService(generation=1), a_store(tokens(1, SOON))
    service.before_token = lambda request: httpx.Response(502, text="<html>")
    with a_kommo(service, store) as kommo:
        assert kommo.request("GET", "/x").status == 200
    assert service.refreshes == []


def test_a_failed_refresh_of_an_expired_token_raises() -> None:
    service, store = TokenService(generation=1), a_store(tokens(1, -SOON))

    def losing(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no way", request=request)

    service.before_token = losing
    with a_kommo(service, store) as kommo, pytest.raises(TransportError):
        kommo.request("GET", "/x")


def test_a_difference_of_clocks_is_corrected_after_the_first_grant() -> None:
    ahead = datetime.now(UTC) - timedelta(days=3)  # our clock is three days ahead of the service's
    service, store = TokenService(generation=1), a_store(Tokens("access-1", "refresh-1", ahead, "acme.kommo.com"))
    service.server_time = int(ahead.timestamp())
    with a_kommo(service, store) as kommo:
        for _ in range(3):
            assert kommo.request("GET", "/x").status == 200
    assert service.refreshes == ["refresh-1"]


def test_tokens_refreshed_by_another_process_are_used() -> None:
    service, store = TokenService(generation=1), a_store(tokens(1))
    with a_kommo(service, store) as kommo:
        kommo.request("GET", "/x")
        service.generation = 5
        store.save("acme", tokens(5))
        assert kommo.request("GET", "/x").status == 200
    assert service.refreshes == []


def test_tokens_refreshed_without_our_lock_are_used() -> None:
    service, store = TokenService(generation=9), a_store(tokens(1, -SOON))

    def winning(request: httpx.Request) -> httpx.Response | None:
        store.save("acme", tokens(9))
        return None

    service.before_token = winning
    with a_kommo(service, store) as kommo:
        assert kommo.request("GET", "/x").status == 200
    assert service.refreshes == ["refresh-1"]


def test_a_spent_refresh_token_raises_and_says_to_authorize_again() -> None:
    service, store = TokenService(generation=9), a_store(tokens(1, -SOON))
    with a_kommo(service, store) as kommo, pytest.raises(Unauthorized) as caught:
        kommo.request("GET", "/x")
    text = str(caught.value)
    assert "Token has been revoked" in text
    assert "authorize_url" in text
    assert caught.value.code == "Token has been revoked"
    assert "refresh-1" not in text


def test_an_account_without_tokens_raises_unauthorized() -> None:
    with a_kommo(TokenService(), a_store(None)) as kommo, pytest.raises(Unauthorized, match="not authorized yet"):
        kommo.request("GET", "/x")


def test_wrong_settings_do_not_ask_for_a_new_authorization() -> None:
    oauth = OAuth("client-id", "another-secret", "https://example.org/kommo")
    with (
        a_kommo(TokenService(), a_store(tokens(1, -SOON)), oauth=oauth) as kommo,
        pytest.raises(Unauthorized) as caught,
    ):
        kommo.request("GET", "/x")
    assert "client_secret" in str(caught.value)
    assert "authorize_url" not in str(caught.value)


class Renamed(TokenService):
    """The account was renamed: its old host is gone, and the shared host knows the new one."""

    def __init__(self, old_status: int = 404, new: str = "acme-new.kommo.com") -> None:
        super().__init__(generation=1)
        self.headers: list[httpx.Headers] = []
        self.old_status, self.new = old_status, new

    def _reply(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "api-c.kommo.com":
            self.headers.append(request.headers)
            return httpx.Response(200, json={"id": 1, "subdomain": "acme-new", "domain": self.new})
        if request.url.host == "acme.kommo.com":
            return httpx.Response(self.old_status, json=HINTED | {"status": self.old_status})
        return super()._reply(request)


def renamed_tokens() -> Tokens:
    return Tokens(build_jwt(api_domain="api-c.kommo.com"), "refresh-1", datetime.now(UTC) - SOON, "acme.kommo.com")


@pytest.mark.parametrize("status", [401, 404])
def test_a_renamed_account_is_followed(status: int) -> None:
    service, store = Renamed(status), a_store(renamed_tokens())
    with a_kommo(service, store) as kommo:
        assert kommo.request("GET", "/x").status == 200
    assert service.headers[0]["X-Refresh-Token"] == "refresh-1"
    assert "Authorization" not in service.headers[0]
    assert service.refreshes == ["refresh-1"]
    saved = store.load("acme")
    assert saved is not None
    assert saved.account == "acme-new.kommo.com"
    assert set(service.hosts) == {"acme-new.kommo.com"}
    with a_kommo(service, store) as again:  # and the next one starts there
        assert again.request("GET", "/x").status == 200


def test_a_renamed_account_is_followed_to_hosts_of_kommo_only() -> None:
    service = Renamed(new="acme.example.org")
    with a_kommo(service, a_store(renamed_tokens())) as kommo, pytest.raises(Unauthorized):
        kommo.request("GET", "/x")
    strange = Tokens(build_jwt(api_domain="api.example.org"), "refresh-1", datetime.now(UTC) - SOON, "acme.kommo.com")
    service = Renamed()
    with a_kommo(service, a_store(strange)) as kommo, pytest.raises(Unauthorized):
        kommo.request("GET", "/x")
    assert service.headers == []


def test_a_renamed_account_is_not_followed_with_base_url() -> None:
    service = Renamed()
    with (
        a_kommo(service, a_store(renamed_tokens()), base_url="https://acme.kommo.com") as kommo,
        pytest.raises(Unauthorized),
    ):
        kommo.request("GET", "/x")
    assert service.headers == []


@pytest.fixture
def expired() -> Iterator[tuple[TokenService, MemoryTokenStore]]:
    """The stored token looks good and is not: everybody meets the 401."""
    yield TokenService(generation=2, seconds=0.01), a_store(Tokens("access-old", "refresh-2", None, "acme.kommo.com"))


def test_twenty_threads_refresh_once(expired: tuple[TokenService, MemoryTokenStore]) -> None:
    service, store = expired
    statuses: list[int] = []
    with a_kommo(service, store) as kommo:
        threads = [
            threading.Thread(target=lambda: statuses.append(kommo.request("GET", "/x").status)) for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 20
    assert service.refreshes == ["refresh-2"]


async def test_a_hundred_tasks_refresh_once(expired: tuple[TokenService, MemoryTokenStore]) -> None:
    service, store = expired
    async with a_kommo(service, store) as kommo:
        answers = await asyncio.gather(*(kommo.arequest("GET", "/x") for _ in range(100)))
    assert [answer.status for answer in answers] == [200] * 100
    assert service.refreshes == ["refresh-2"]


def test_threads_and_tasks_of_several_objects_refresh_once(expired: tuple[TokenService, MemoryTokenStore]) -> None:
    service, store = expired
    statuses: list[int] = []

    def work() -> None:
        with a_kommo(service, store) as kommo:
            statuses.append(kommo.request("GET", "/x").status)

    async def tasks() -> None:
        async with a_kommo(service, store) as kommo:
            answers = await asyncio.gather(*(kommo.arequest("GET", "/x") for _ in range(40)))
            statuses.extend(answer.status for answer in answers)

    threads = [threading.Thread(target=work) for _ in range(20)]
    threads += [threading.Thread(target=lambda: asyncio.run(tasks())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert statuses == [200] * 140
    assert service.refreshes == ["refresh-2"]


async def test_a_cancelled_refresh_releases_the_lock() -> None:
    service, store = TokenService(generation=1, seconds=0.1), a_store(tokens(1, SOON))
    async with a_kommo(service, store) as kommo:
        first = asyncio.create_task(kommo.arequest("GET", "/x"))
        while not service.arrivals:
            await asyncio.sleep(0.001)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        answer = await asyncio.wait_for(kommo.arequest("GET", "/x"), 5)
    assert answer.status == 200
    assert service.refreshes == ["refresh-1"]


def _work(folder: Path, url: str, ready: Any, go: Any, results: Any) -> None:
    with Kommo("acme", oauth=OAUTH, tokens=FileTokenStore(folder), base_url=url, rate=None, retries=1) as kommo:
        ready.release()
        go.wait(20)
        try:
            results.put(kommo.request("GET", "/x").status)
        except Exception as error:  # noqa: BLE001
            results.put(repr(error))


@pytest.mark.slow
def test_processes_that_share_a_store_refresh_once(tmp_path: Path) -> None:
    service = TokenService(generation=2, seconds=0.05)
    store = FileTokenStore(tmp_path)
    store.save("acme", tokens(2, -SOON))
    context = multiprocessing.get_context("spawn")
    with serving(service) as url:
        ready, go, results = context.Semaphore(0), context.Event(), context.SimpleQueue()
        processes = [context.Process(target=_work, args=(tmp_path, url, ready, go, results)) for _ in range(3)]
        for process in processes:
            process.start()
        for _ in processes:
            assert ready.acquire(timeout=30)
        go.set()
        statuses = [results.get() for _ in processes]
        for process in processes:
            process.join(20)
    assert statuses == [200, 200, 200]
    assert service.refreshes == ["refresh-2"]


def serving(service: TokenService) -> Any:
    """The same service over HTTP."""
    from contextlib import contextmanager
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = httpx.Request(self.command, f"http://x{self.path}", headers=dict(self.headers), content=body)
            response = service.handle_request(request)
            self.send_response(response.status_code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    @contextmanager
    def running() -> Iterator[str]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()

    return running()


def test_authorize_saves_and_uses_the_tokens() -> None:
    service, store = TokenService(generation=1), a_store(None)
    with a_kommo(service, store) as kommo:
        granted = kommo.authorize("good-code")
        assert granted == store.load("acme")
        assert granted.account == "acme.kommo.com"
        assert kommo.request("GET", "/x").status == 200
    assert service.codes == ["good-code"]


async def test_aauthorize_does_the_same() -> None:
    service, store = TokenService(generation=1), a_store(None)
    async with a_kommo(service, store) as kommo:
        assert await kommo.aauthorize("good-code") == store.load("acme")


def test_an_expired_code_raises() -> None:
    with a_kommo(TokenService(), a_store(None)) as kommo, pytest.raises(BadRequest) as caught:
        kommo.authorize("old-code-1")
    assert "20 minutes" in str(caught.value)
    assert caught.value.code == "Authorization code has expired"
    assert "old-code-1" not in str(caught.value) + caught.value.body


def test_oauth_requests_are_not_counted_as_writes() -> None:
    with a_kommo(TokenService(generation=1), a_store(tokens(1, SOON))) as kommo:
        before = kommo.writes
        kommo.request("GET", "/x")
        assert kommo.writes == before
        kommo.request("PATCH", "/x", json={})
        assert kommo.writes == before + 1
