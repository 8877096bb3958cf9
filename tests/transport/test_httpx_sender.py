"""Every way in which a request can die, over real sockets, for both faces."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

import httpcore
import httpx
import pytest

from kommo_orm.client import Kommo
from kommo_orm.errors import (
    AccountBlocked,
    ConfigurationError,
    KommoError,
    NotFound,
    RateLimited,
    ServerError,
    TransportError,
    UncertainWrite,
    UnexpectedResponse,
)
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Pairs
from kommo_orm.transport.httpx_sender import _HeaderWatch
from tests.transport.servers import (
    Fate,
    StrictServer,
    answers,
    dying_server,
    free_port,
    hangs_up,
    resets,
    stays_silent,
    talks_nonsense,
)

TOKEN = "s3cret-token-of-tests"
Ask = Callable[..., HttpResponse]


def ask_sync(base_url: str, method: str = "GET", path: str = "/api/v4/leads", **options: Any) -> HttpResponse:
    call, kommo = _split(options)
    with Kommo("acme", token=TOKEN, base_url=base_url, **kommo) as open_one:
        return open_one.request(method, path, **call)


def ask_async(base_url: str, method: str = "GET", path: str = "/api/v4/leads", **options: Any) -> HttpResponse:
    call, kommo = _split(options)

    async def main() -> HttpResponse:
        async with Kommo("acme", token=TOKEN, base_url=base_url, **kommo) as open_one:
            return await open_one.arequest(method, path, **call)

    return asyncio.run(main())


def _split(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = ("params", "json", "form", "headers", "repeat")
    call: dict[str, Any] = {name: options.pop(name) for name in names if name in options}
    kommo: dict[str, Any] = {"rate": None, "retries": 2, "backoff": 0.0, "timeout": 0.3}
    return call, kommo | options


@pytest.fixture(params=[ask_sync, ask_async], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    face: Ask = request.param
    return face


def test_a_refused_connection_never_reached_the_service(ask: Ask) -> None:
    with pytest.raises(TransportError) as caught:
        ask(f"http://127.0.0.1:{free_port()}")
    assert caught.value.applied is False
    assert "GET /api/v4/leads" in str(caught.value)
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


def test_a_refused_connection_names_the_host_in_a_short_traceback(ask: Ask) -> None:
    port = free_port()
    with pytest.raises(TransportError, match=f"has no answer from 127.0.0.1:{port}: ConnectError") as caught:
        ask(f"http://127.0.0.1:{port}")
    text = "".join(traceback.format_exception(caught.value))
    assert "httpcore" not in text
    assert "kommo_orm/transport/httpx_sender.py" not in text
    assert text.count("Traceback (most recent call last)") == 1
    assert text.count(", line ") <= 15


def test_a_create_whose_connection_is_refused_is_no_uncertain_write(ask: Ask) -> None:
    with pytest.raises(TransportError) as caught:
        ask(f"http://127.0.0.1:{free_port()}", "POST", json=[{}])
    assert caught.value.applied is False


DEATHS: dict[str, Fate] = {"reset": resets, "hung up": hangs_up, "silent": stays_silent, "nonsense": talks_nonsense}
DEATHS["truncated"] = answers(b'{"id": 1', length=500)


@pytest.mark.parametrize("fate", DEATHS.values(), ids=DEATHS)
def test_after_it_left_nobody_knows(ask: Ask, fate: Any) -> None:
    with dying_server(fate) as (url, requests), pytest.raises(TransportError) as caught:
        ask(url)
    assert caught.value.applied is None
    assert len(requests) == 2


@pytest.mark.parametrize("fate", DEATHS.values(), ids=DEATHS)
def test_a_create_is_then_uncertain_and_not_sent_again(ask: Ask, fate: Any) -> None:
    with dying_server(fate) as (url, requests), pytest.raises(UncertainWrite) as caught:
        ask(url, "POST", json=[{}])
    assert "POST /api/v4/leads" in str(caught.value)
    assert isinstance(caught.value.__cause__, TransportError)
    assert len(requests) == 1


@pytest.mark.parametrize("fate", DEATHS.values(), ids=DEATHS)
def test_a_second_attempt_may_succeed(ask: Ask, fate: Any) -> None:
    with dying_server(fate, answers(b'{"id": 5}')) as (url, requests):
        assert ask(url).json() == {"id": 5}
    assert len(requests) == 2


def test_a_post_that_does_no_harm_twice_is_sent_again(ask: Ask) -> None:
    with dying_server(resets, answers(b"{}")) as (url, requests):
        assert ask(url, "POST", json=[{}], repeat=True).status == 200
    assert len(requests) == 2


REFUSALS = {
    "404 as a web page": (answers(b"<html>no</html>", "404 Not Found", "text/html"), NotFound),
    "429 without a wait": (answers(b"<html>slow</html>", "429 Too Many", "text/html"), RateLimited),
    "502 as a web page": (answers(b"<html>bad</html>", "502 Bad Gateway", "text/html"), ServerError),
    "403 as a web page": (answers(b"<html>403</html>", "403 Forbidden", "text/html"), AccountBlocked),
}


@pytest.mark.parametrize(("fate", "error"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_as_web_pages_have_their_own_errors(ask: Ask, fate: Any, error: type[KommoError]) -> None:
    with dying_server(fate) as (url, _requests), pytest.raises(error):
        ask(url)


def test_a_web_page_as_a_success_is_no_json(ask: Ask) -> None:
    with dying_server(answers(b"<html>maintenance</html>", kind="text/html")) as (url, _requests):
        answer = ask(url)
    with pytest.raises(UnexpectedResponse, match="maintenance"):
        answer.json()


def test_no_secret_is_in_an_error_or_its_traceback(ask: Ask) -> None:
    secret = "hidden" + "-one"  # not in one piece, for tracebacks quote the source
    with dying_server(resets) as (url, requests), pytest.raises(TransportError) as caught:
        ask(url, "POST", "/oauth2/access_token", json={"client_secret": secret}, repeat=True)
    assert TOKEN.encode() in requests[0]
    text = "".join(traceback.format_exception(caught.value))
    cause: Any = caught.value.__cause__
    for hidden in (TOKEN, secret):
        assert hidden not in text
        assert hidden not in repr(cause.request.headers) + str(dict(cause.request.headers))
        assert hidden.encode() not in cause.request.content


def sent(**options: Any) -> httpx.Request:
    """The request that a call becomes."""
    requests: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={})

    call, kommo = _split(options)
    method, path = call.pop("method", "GET"), options.pop("path", "/api/v4/leads")
    kommo.pop("path", None)
    with Kommo("acme", token=TOKEN, transport=httpx.MockTransport(reply), **kommo) as open_one:
        open_one.request(method, path, **call)
    return requests[0]


def test_the_address_keeps_brackets_and_commas() -> None:
    request = sent(params={"filter": {"id": [1, 2]}, "with": ["contacts", "source"], "query": "a&b"})
    assert request.url.raw_path == b"/api/v4/leads?filter[id][]=1&filter[id][]=2&with=contacts,source&query=a%26b"
    assert request.url.host == "acme.kommo.com"
    assert request.url.scheme == "https"


def test_params_are_added_to_a_query_that_is_there() -> None:
    assert sent(path="/api/v4/leads?page=2", params={"limit": 5}).url.query == b"page=2&limit=5"


def test_the_path_may_lack_its_slash() -> None:
    assert sent(path="api/v4/leads").url.path == "/api/v4/leads"


def test_every_request_says_who_asks() -> None:
    request = sent(context_user_id=41)
    assert request.headers["User-Agent"].startswith("kommo_orm/")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["X-Context-User-ID"] == "41"
    assert sent(user_agent="shop/1.0").headers["User-Agent"] == "shop/1.0"


def test_bodies_are_json_or_forms() -> None:
    assert sent(json=[{"name": "Ж"}]).content.decode() == '[{"name":"Ж"}]'
    assert sent(json=None).content == b"null"
    assert sent(json={}).headers["Content-Type"] == "application/json"
    form = sent(form={"a": {"b": 1}, "c": "x y"})
    assert form.content == b"a[b]=1&c=x%20y"
    assert form.headers["Content-Type"] == "application/x-www-form-urlencoded"
    with pytest.raises(ConfigurationError):
        sent(form={"a": 1}, json={})


def test_values_that_are_no_json_are_an_error_of_ours() -> None:
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        sent(json={"x": object()})


def test_headers_that_cannot_be_sent_are_an_error_of_ours() -> None:
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        sent(headers={"X-Name": "Ж"})


@pytest.mark.parametrize(
    "path",
    ["https://example.org/x", "http://acme.kommo.com/x", "https://kommo.com.evil.org/", "https://acme.kommo.co/"],
)
def test_a_token_is_not_sent_to_strangers(path: str) -> None:
    with pytest.raises(ConfigurationError, match="not sent there"):
        sent(path=path)


def test_a_token_is_sent_to_kommos_other_hosts() -> None:
    request = sent(path="https://drive-b.kommo.com/v1.0/files")
    assert request.url.host == "drive-b.kommo.com"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"


def test_cookies_are_not_kept() -> None:
    seen: list[str | None] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "session=abc; Path=/"})

    with Kommo("acme", token=TOKEN, rate=None, transport=httpx.MockTransport(reply)) as kommo:
        kommo.request("GET", "/1")
        kommo.request("GET", "/2")
    assert seen == [None, None]


def test_an_answer_carries_what_came_back() -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        return httpx.Response(201, json={"id": 1}, headers={"X-Request-Id": "abc"})

    with Kommo("acme", token=TOKEN, rate=None, transport=httpx.MockTransport(reply)) as kommo:
        answer = kommo.request("POST", "/api/v4/leads", json=[{}])
        assert kommo.last_response is answer
    assert (answer.status, answer.request_id, answer.json(), answer.attempts) == (201, "abc", {"id": 1}, 1)
    assert answer.media_type == "application/json"
    assert answer.seconds >= 0
    assert isinstance(answer.request, HttpRequest)


def test_headers_of_a_call_are_added() -> None:
    pairs: Pairs = (("X-Requested-With", "XMLHttpRequest"),)
    assert sent(headers=dict(pairs)).headers["X-Requested-With"] == "XMLHttpRequest"


@pytest.mark.parametrize("method", [b"GET", b"CONNECT"])
def test_the_trace_reports_when_the_headers_leave_and_then_takes_itself_off(method: bytes) -> None:
    request, sent = httpx.Request("GET", "https://acme.kommo.com"), list[str]()
    watch = _HeaderWatch(request, lambda: sent.append("headers"))
    request.extensions["trace"] = watch.handle_event
    watch.handle_event("http11.send_request_headers.started", {"request": httpcore.Request(method, "https://x")})
    watch.handle_event("http11.send_request_headers.complete", {"return_value": None})
    is_request = method == b"GET"
    assert len(sent) == (2 if is_request else 0), "the CONNECT of a proxy is not the request yet"
    assert ("trace" in request.extensions) is not is_request


def test_httpcore_asks_for_the_trace_anew_at_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    handle_event = _HeaderWatch.handle_event

    def note_event(watch: _HeaderWatch, event: str, info: dict[str, Any]) -> None:
        events.append(event)
        handle_event(watch, event, info)

    monkeypatch.setattr(_HeaderWatch, "handle_event", note_event)
    with StrictServer(limit=1000).running() as server, Kommo("acme", token=TOKEN, base_url=server.url) as kommo:
        kommo.request("GET", "/api/v4/leads")
    assert events[-2:] == ["http11.send_request_headers.started", "http11.send_request_headers.complete"]
