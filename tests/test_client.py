from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import threading
import time
import weakref
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from kommo_orm.auth import FileTokenStore, LongLivedToken, MemoryTokenStore, OAuth
from kommo_orm.client import Kommo
from kommo_orm.errors import (
    AccountBlocked,
    ConfigurationError,
    GatewayTimeout,
    NotConnected,
    NotFound,
    RateLimited,
    ServerError,
    TransportError,
    Unauthorized,
    UncertainWrite,
)
from kommo_orm.model import connection
from kommo_orm.transport.circuit_breaker import CircuitBreaker
from kommo_orm.transport.flow import Flow, emit_value, join_task, start_task
from kommo_orm.transport.http_messages import HttpResponse
from tests.transport.servers import free_port
from tests.transport.wires import get

TOKEN = "s3cret-token-of-tests"
OAUTH = OAuth("client-id", "secret-of-client", "https://example.org/kommo")


def ok(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"path": request.url.path})


def a_kommo(reply: Any = ok, **options: Any) -> Kommo:
    options = {"token": TOKEN, "rate": None, "backoff": 0.0} | options
    return Kommo("acme", transport=httpx.MockTransport(reply), **options)


class Script:
    """Answers in turn, the last one again and again."""

    def __init__(self, *responses: httpx.Response) -> None:
        self.requests: list[httpx.Request] = []
        self._responses = responses

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._responses[min(len(self.requests), len(self._responses)) - 1]


# ---- options


def test_making_one_does_no_io(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.create_connection", refused)
    Kommo("acme", token=TOKEN, base_url=f"http://127.0.0.1:{free_port()}").close()
    Kommo("acme", oauth=OAUTH, tokens=FileTokenStore(tmp_path / "tokens")).close()
    assert not (tmp_path / "tokens").exists()


def test_the_name_is_the_full_host() -> None:
    assert Kommo("Acme", token=TOKEN).name == "acme.kommo.com"
    assert Kommo("https://acme.amocrm.ru/leads", token=TOKEN).name == "acme.amocrm.ru"


def test_an_address_of_ones_own_replaces_the_host() -> None:
    seen: list[str] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200)

    with a_kommo(reply, base_url="http://localhost:8000/proxy/") as kommo:
        assert kommo.name == "acme.kommo.com"
        kommo.request("GET", "/api/v4/leads")
    assert seen == ["http://localhost:8000/proxy/api/v4/leads"]
    assert Kommo("any name", token=TOKEN, base_url="http://x").name == "any name"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"token": TOKEN, "oauth": OAUTH},
        {"token": TOKEN, "tokens": MemoryTokenStore()},
        {"token": ""},
        {"tokens": MemoryTokenStore()},
        {"token": TOKEN, "rate": 0},
        {"token": TOKEN, "rate": float("nan")},
        {"token": TOKEN, "page_size": 0},
        {"token": TOKEN, "page_size": 251},
        {"token": TOKEN, "page_size": True},
        {"token": TOKEN, "prefetch": 0},
        {"token": TOKEN, "timeout": -1},
        {"token": TOKEN, "retries": 0},
        {"token": TOKEN, "backoff": -1},
        {"token": TOKEN, "timezone": "Mars/Olympus"},
        {"token": TOKEN, "base_url": "localhost"},
    ],
    ids=str,
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Kommo("acme", **options)


def test_an_account_without_a_name_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        Kommo("", token=TOKEN)
    with pytest.raises(ConfigurationError):
        Kommo(" ", token=TOKEN, base_url="http://localhost")


def test_options_are_readable() -> None:
    kommo = Kommo("acme", token=LongLivedToken(TOKEN), rate=3, page_size=100, prefetch=2, timezone="Europe/Lisbon")
    assert (kommo.rate, kommo.page_size, kommo.prefetch) == (3, 100, 2)
    assert kommo.timezone == ZoneInfo("Europe/Lisbon")
    assert Kommo("acme", token=TOKEN, timezone=UTC).timezone is UTC


def test_an_account_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KOMMO_ACCOUNT", "acme")
    monkeypatch.setenv("KOMMO_TOKEN", TOKEN)
    monkeypatch.setenv("KOMMO_RATE", "2")
    assert Kommo.from_env().rate == 2
    assert Kommo.from_env(rate=5).rate == 5
    with pytest.raises(ConfigurationError, match="OTHER_ACCOUNT"):
        Kommo.from_env("OTHER_")


def test_nothing_secret_prints() -> None:
    kommo = Kommo("acme", token=TOKEN)
    assert repr(kommo) == "Kommo('acme.kommo.com')"
    assert TOKEN not in str(vars(kommo)["_credentials"])
    kommo.close()
    assert repr(kommo) == "Kommo('acme.kommo.com', closed)"


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_account_cannot_be_pickled_or_copied(way: Any) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        way(Kommo("acme", token=TOKEN))


# ---- which account


def test_with_is_use_and_close() -> None:
    with a_kommo() as kommo:
        assert connection.find_connection() is kommo
    assert kommo.closed
    with pytest.raises(NotConnected):
        connection.find_connection()


def test_use_does_not_close() -> None:
    kommo = a_kommo()
    with kommo.use() as same:
        assert same is kommo
        assert connection.find_connection() is kommo
    assert kommo.request("GET", "/x").status == 200
    kommo.close()


def test_the_innermost_account_counts() -> None:
    with a_kommo() as outer:
        with Kommo("other", token=TOKEN) as inner:
            assert connection.find_connection() is inner
        assert connection.find_connection() is outer


def test_an_active_account_serves_the_whole_process() -> None:
    found: list[Any] = []
    kommo = a_kommo().activate()
    thread = threading.Thread(target=lambda: found.append(connection.find_connection()))
    thread.start()
    thread.join()
    assert found == [kommo]
    with pytest.raises(ConfigurationError, match="active account"):
        Kommo("other", token=TOKEN).activate()
    kommo.close()
    with pytest.raises(NotConnected):
        connection.find_connection()


def test_an_open_account_is_found_by_its_name() -> None:
    kommo = a_kommo()
    assert connection.find_connection(own="acme.kommo.com") is kommo
    kommo.close()
    with pytest.raises(NotConnected):
        connection.find_connection(own="acme.kommo.com")


async def test_async_with_is_use_and_close_too() -> None:
    async with a_kommo() as kommo:
        assert connection.find_connection() is kommo
        assert (await kommo.arequest("GET", "/x")).status == 200
    assert kommo.closed


def test_an_account_may_be_entered_in_one_context_and_left_in_another() -> None:
    kommo = a_kommo()
    asyncio.run(kommo.__aenter__())
    asyncio.run(kommo.__aexit__(None, None, None))
    assert kommo.closed


def test_a_closed_account_says_so_and_closing_twice_does_nothing() -> None:
    kommo = a_kommo()
    kommo.close()
    kommo.close()
    asyncio.run(kommo.aclose())
    for ask in (
        lambda: kommo.request("GET", "/x"),
        lambda: asyncio.run(kommo.arequest("GET", "/x")),
        kommo.activate,
        lambda: kommo.use().__enter__(),
        kommo.__enter__,
        lambda: kommo.stream(emit_value(1)),
        lambda: kommo.astream(emit_value(1)),
    ):
        with pytest.raises(NotConnected, match="closed"):
            ask()


def test_nothing_holds_an_account_that_nobody_uses() -> None:
    kommo = a_kommo(rate=7.0)
    kommo.request("GET", "/x")
    with pytest.raises(NotFound):
        kommo_404 = a_kommo(lambda request: httpx.Response(404, json={}))
        kommo_404.request("GET", "/x")
    connection._open.clear()
    alive = weakref.ref(kommo)
    del kommo
    if alive() is not None:
        gc.collect()
    assert alive() is None


# ---- asking


def test_refusals_are_raised_as_what_they_mean() -> None:
    with a_kommo(lambda request: httpx.Response(404, json={"detail": "Lead not found"})) as kommo:
        with pytest.raises(NotFound, match="Lead not found"):
            kommo.request("GET", "/api/v4/leads/5")


def test_nothing_found_is_a_success() -> None:
    with a_kommo(lambda request: httpx.Response(204)) as kommo:
        answer = kommo.request("GET", "/api/v4/leads")
    assert answer.status == 204
    assert answer.empty


def test_writes_are_counted_as_they_begin() -> None:
    with a_kommo() as kommo, a_kommo() as same_account:
        before = kommo.writes
        kommo.request("GET", "/x")
        kommo.request("PATCH", "/x", json={})
        same_account.request("POST", "/x", json=[{}])
        assert kommo.writes == same_account.writes == before + 2


def test_a_429_is_waited_for() -> None:
    script = Script(httpx.Response(429, json={"retry_after": 0.05}), httpx.Response(200, json={}))
    with a_kommo(script) as kommo:
        began = time.perf_counter()
        kommo.request("POST", "/api/v4/leads", json=[{}])
        assert time.perf_counter() - began >= 0.05
    assert len(script.requests) == 2


def test_a_429_that_stays_is_raised() -> None:
    with a_kommo(Script(httpx.Response(429, text="<html>")), retries=3) as kommo, pytest.raises(RateLimited) as caught:
        kommo.request("GET", "/x")
    assert "Tried 3 times" in str(caught.value)


def test_a_block_is_not_hammered(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("kommo_orm.client.CircuitBreaker", lambda: CircuitBreaker(lambda: now[0]))
    script = Script(httpx.Response(403, text="<html>403 Forbidden</html>"), httpx.Response(200, json={}))
    with a_kommo(script, block_seconds=60) as kommo:
        for _ in range(5):
            with pytest.raises(AccountBlocked):
                kommo.request("GET", "/x")
        assert len(script.requests) == 1
        now[0] += 60
        assert kommo.request("GET", "/x").status == 200
    with a_kommo() as elsewhere:  # another transport is another road
        assert elsewhere.request("GET", "/x").status == 200


def test_a_batch_that_is_too_large_comes_back_at_once() -> None:
    script = Script(httpx.Response(504, text="<html>"))
    with a_kommo(script) as kommo, pytest.raises(GatewayTimeout):
        kommo.request("PATCH", "/api/v4/leads", json=[{"id": 1}, {"id": 2}])
    assert len(script.requests) == 1


def test_a_post_is_not_repeated_unless_it_does_no_harm() -> None:
    script = Script(httpx.Response(502, text="<html>"), httpx.Response(200, json={}))
    with a_kommo(script) as kommo:
        with pytest.raises(UncertainWrite):
            kommo.request("POST", "/api/v4/leads", json=[{}])
        assert len(script.requests) == 1
    script = Script(httpx.Response(502, text="<html>"), httpx.Response(200, json={}))
    with a_kommo(script) as kommo:
        assert kommo.request("POST", "/api/v4/leads/5/link", json=[{}], repeat=True).status == 200
    script = Script(httpx.Response(500, text=""))
    with a_kommo(script) as kommo, pytest.raises(ServerError):
        kommo.request("DELETE", "/api/v4/webhooks")
    assert len(script.requests) == 1


def test_a_refused_token_is_told() -> None:
    with a_kommo(Script(httpx.Response(401, json={"detail": "Неверный логин или пароль"}))) as kommo:
        with pytest.raises(Unauthorized, match="wrong, expired or revoked"):
            kommo.request("GET", "/x")


def test_the_zone_is_asked_once() -> None:
    body = {"_embedded": {"datetime_settings": {"timezone": "Europe/Lisbon"}}}
    script = Script(httpx.Response(200, json=body))
    with a_kommo(script) as kommo:
        assert kommo.timezone is None
        assert kommo.run(kommo.find_timezone()) == ZoneInfo("Europe/Lisbon")
        assert kommo.run(kommo.find_timezone()) == kommo.timezone
    assert [request.url.query for request in script.requests] == [b"with=datetime_settings"]
    with a_kommo(script, timezone="Asia/Tokyo") as kommo:
        assert kommo.run(kommo.find_timezone()) == ZoneInfo("Asia/Tokyo")
    assert len(script.requests) == 1


def pages(kommo: Kommo, count: int) -> Flow[None]:
    for number in range(count):
        task = yield from start_task(kommo.ask(get(f"/{number}")))
        answer: HttpResponse = yield from join_task(task)
        yield from emit_value(answer.json()["path"])


def test_streams_of_both_kinds() -> None:
    with a_kommo() as kommo:
        assert list(kommo.stream(pages(kommo, 3))) == ["/0", "/1", "/2"]

    async def main() -> list[str]:
        async with a_kommo() as kommo:
            return [path async for path in kommo.astream(pages(kommo, 3))]

    assert asyncio.run(main()) == ["/0", "/1", "/2"]


def test_one_object_serves_threads_and_loops_at_once() -> None:
    with a_kommo(rate=1000) as kommo:
        paths: list[str] = []

        def sync() -> None:
            paths.extend(kommo.request("GET", f"/{number}").json()["path"] for number in range(10))

        async def main() -> None:
            answers = await asyncio.gather(*(kommo.arequest("GET", f"/{number}") for number in range(10)))
            paths.extend(answer.json()["path"] for answer in answers)

        threads = [threading.Thread(target=sync) for _ in range(3)]
        threads += [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(paths) == sorted([f"/{number}" for number in range(10)] * 6)


def test_several_event_loops_one_after_the_other() -> None:
    kommo = a_kommo()

    async def main() -> int:
        return (await kommo.arequest("GET", "/x")).status

    assert [asyncio.run(main()) for _ in range(3)] == [200] * 3
    kommo.close()


def test_the_sync_face_works_inside_a_running_loop() -> None:
    async def main() -> int:
        with a_kommo() as kommo:
            return kommo.request("GET", "/x").status

    assert asyncio.run(main()) == 200


def test_a_wrong_port_is_a_transport_error() -> None:
    with Kommo("acme", token=TOKEN, base_url=f"http://127.0.0.1:{free_port()}", retries=1) as kommo:
        with pytest.raises(TransportError) as caught:
            kommo.request("GET", "/x")
    assert caught.value.applied is False


# ---- OAuth


def test_the_address_to_ask_for_access_is_that_of_the_accounts_cloud() -> None:
    store = MemoryTokenStore()
    assert Kommo("acme", oauth=OAUTH, tokens=store).authorize_url("x7f").startswith("https://www.kommo.com/oauth?")
    russian = Kommo("acme.amocrm.ru", oauth=OAUTH, tokens=store)
    assert russian.authorize_url("x7f", mode="popup").endswith("state=x7f&mode=popup")
    assert russian.authorize_url("x7f").startswith("https://www.amocrm.ru/oauth?")


def test_a_long_lived_token_cannot_authorise() -> None:
    with a_kommo() as kommo:
        with pytest.raises(ConfigurationError, match="long-lived"):
            kommo.authorize_url("x")
        with pytest.raises(ConfigurationError, match="long-lived"):
            kommo.authorize("code")
