from __future__ import annotations

import logging

import httpcore
import httpx
import pytest

from kommo_orm.auth import LegacyLogin, MemoryTokenStore, OAuth, Tokens
from kommo_orm.chats import ChatChannel
from kommo_orm.client import Kommo
from kommo_orm.errors import NotFound, TransportError
from kommo_orm.sandbox import Sandbox

TOKEN = "s3cret-token-of-tests"


def reply(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/missing":
        return httpx.Response(404, json={"detail": f"who sent {TOKEN}?"}, headers={"X-Request-Id": "abc"})
    if request.url.path == "/broken":
        raise httpx.ReadError(f"reset while sending Bearer {TOKEN}", request=request)
    return httpx.Response(200, json={"echo": TOKEN}, headers={"X-Request-Id": "abc"})


@pytest.fixture
def kommo() -> Kommo:
    return Kommo("acme", token=TOKEN, rate=None, backoff=0.0, retries=2, transport=httpx.MockTransport(reply))


def test_one_line_a_request(kommo: Kommo, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "kommo_orm.http")
    kommo.request("GET", "/api/v4/leads", params={"query": "Ann"})
    [record] = caplog.records
    assert record.levelno == logging.INFO
    assert record.getMessage().startswith("GET /api/v4/leads 200 ")
    assert "abc" in record.getMessage()
    assert "Ann" not in record.getMessage()
    fields = {name: getattr(record, name) for name in ("method", "path", "status", "attempt", "request_id")}
    assert fields == {"method": "GET", "path": "/api/v4/leads", "status": 200, "attempt": 1, "request_id": "abc"}
    assert getattr(record, "ms", -1) >= 0


def test_refusals_and_failures_are_warnings(kommo: Kommo, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NotFound):
        kommo.request("GET", "/missing")
    with pytest.raises(TransportError):
        kommo.request("GET", "/broken")
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 4
    refusal, first, retry, second = (record.getMessage() for record in caplog.records)
    assert "GET /missing 404" in refusal
    assert "GET /broken no answer" in first
    assert "attempt 1 failed" in retry
    assert "attempt 2" in second


def test_bodies_appear_at_debug_only_and_never_with_secrets(kommo: Kommo, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "kommo_orm")
    kommo.request("POST", "/x", json={"name": "Ann", "client_secret": "hidden-one"}, params={"code": "c0de"})
    kommo.request("POST", "/x", form={"USER_HASH": "hash-1", "name": "Bob"})
    with pytest.raises(NotFound):
        kommo.request("GET", "/missing")
    with pytest.raises(TransportError):
        kommo.request("GET", "/broken")
    assert "Ann" in caplog.text
    assert "Bob" in caplog.text
    for secret in (TOKEN, "hidden-one", "c0de", "hash-1"):
        assert secret not in caplog.text


def test_the_tokens_of_a_refresh_never_show(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def server(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth2/access_token":
            grant = {"access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 86400}
            return httpx.Response(200, json=grant)
        good = request.headers["Authorization"] == "Bearer access-2"
        return httpx.Response(200 if good else 401, json={})

    store = MemoryTokenStore()
    store.save("acme", Tokens("access-1", "refresh-1", None, "acme.kommo.com"))
    oauth = OAuth("client-id", "client-secret-1", "https://example.org/kommo")
    with Kommo("acme", oauth=oauth, tokens=store, rate=None, transport=httpx.MockTransport(server)) as kommo:
        kommo.request("GET", "/api/v4/leads")
        shown = caplog.text + repr(kommo) + repr(store) + repr(store.load("acme")) + repr(kommo.last_response)
    assert "/oauth2/access_token" in shown
    for secret in ("access-1", "access-2", "refresh-1", "refresh-2", "client-secret-1"):
        assert secret not in shown


def test_addresses_that_are_keys_are_hidden_in_the_lines_of_httpx_too(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="httpx"):
        logging.getLogger("httpx").info(
            'HTTP Request: %s "%s"', "https://drive-a.kommo.com/upload/57e5c9561f8348d4.2", "200 OK"
        )
    assert "57e5c9561f8348d4" not in caplog.text
    assert "200 OK" in caplog.text


def headers_sent(sandbox: Sandbox, name: str) -> list[str]:
    return [entry.request.headers[name] for entry in sandbox.log if name in entry.request.headers]


def test_over_real_connections_the_session_of_a_login_never_shows(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox = Sandbox()
    login = LegacyLogin("owner@sandbox.example", sandbox.api_key, pause=0.0)
    with sandbox.serve() as server, Kommo("acme", login=login, base_url=server.url, rate=None) as kommo:
        kommo.request("GET", "/api/v4/account")
    [*_, cookie] = headers_sent(sandbox, "cookie")
    secrets = [pair.partition("=")[2] for pair in cookie.split("; ") if pair.startswith("session_id=")]
    assert secrets
    assert "receive_response_headers.complete" in caplog.text
    assert "Set-Cookie" in caplog.text or "set-cookie" in caplog.text
    for secret in secrets:
        assert secret not in caplog.text


async def test_over_real_connections_tokens_never_show(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox = Sandbox()
    with sandbox.serve() as server, Kommo("acme", token=sandbox.token, base_url=server.url, rate=None) as kommo:
        kommo.request("GET", "/api/v4/account")
        await kommo.arequest("GET", "/api/v4/account")
        await kommo.aclose()
    assert headers_sent(sandbox, "authorization") == [f"Bearer {sandbox.token}"] * 2
    assert caplog.text.count("send_request_headers.complete") == 2
    assert sandbox.token not in caplog.text


def test_over_real_connections_signatures_of_chats_never_show(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox = Sandbox()
    with (
        sandbox.serve() as server,
        ChatChannel(sandbox.channel_id, sandbox.channel_secret, base_url=server.url, rate=None) as channel,
    ):
        channel.connect("52e591f7-c98f-4255-8495-827210138c81", "Olive")
    [signature] = headers_sent(sandbox, "x-signature")
    assert "send_request_headers.complete" in caplog.text
    assert signature not in caplog.text
    assert sandbox.channel_secret not in caplog.text


HEADERS = [(b"Authorization", b"Basic abc-1"), (b"cookie", b"session=abc-2"), (b"x-signature", b"abc-3")]


@pytest.mark.parametrize(
    "name",
    sorted({*(name for name in logging.root.manager.loggerDict if name.startswith(("httpcore.", "hpack."))), "httpx"}),
)
def test_whatever_carries_requests_writes_no_headers_down(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each module of httpcore has a logger of its own; other versions of it write more than the installed one."""
    assert httpcore.__name__ == "httpcore"  # imported, so its loggers are known
    caplog.set_level(logging.DEBUG)
    logging.getLogger(name).debug("send_request_headers.started headers=%r", HEADERS)
    logging.getLogger(name).debug(repr(HEADERS))
    logging.getLogger(name).debug("Adding %s to the header table", HEADERS[0])
    assert len(caplog.records) == 3
    for secret in ("abc-1", "abc-2", "abc-3"):
        assert secret not in caplog.text
