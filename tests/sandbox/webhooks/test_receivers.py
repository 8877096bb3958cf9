from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from kommo_orm.sandbox.webhooks import receivers
from kommo_orm.sandbox.webhooks.receivers import find_receiver, is_local_url
from tests.sandbox.api_client import ApiClient
from tests.sandbox.webhooks.form_decoder import decode_form


class AsgiApp:
    """An application as frameworks build it: an object with `__call__(scope, receive, send)`."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[tuple[str, bytes, Any]] = []
        self.error: Exception | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if self.error is not None:
            raise self.error
        self.requests.append((scope["path"], scope["query_string"], decode_form(body)))
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


def subscribe(sandbox: Sandbox, url: str = "https://my.app/hooks?t=s3") -> None:
    hook = {"destination": url, "settings": ["add_lead"]}
    assert ApiClient(sandbox).post("/api/v4/webhooks", hook).status == 200


def test_an_asgi_application_gets_the_request_of_the_destination(sandbox: Sandbox):
    app = AsgiApp(201)
    sandbox.deliver_to(app)
    subscribe(sandbox)
    sandbox.add("leads", name="Roof")
    [(path, query, form)] = app.requests
    assert (path, query, form["leads"]["add"][0]["name"]) == ("/hooks", b"t=s3", "Roof")
    assert [attempt.status for attempt in sandbox.deliveries[0].attempts] == [201]


async def test_an_asgi_application_runs_in_the_loop_of_async_code(sandbox: Sandbox):
    seen: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(threading.get_ident())
        await AsgiApp()(scope, receive, send)

    sandbox.deliver_to(app)
    subscribe(sandbox)
    async with sandbox.connect() as kommo:
        await kommo.arequest("POST", "/api/v4/leads", json=[{"name": "Roof"}])
    assert seen == [threading.get_ident()]
    sandbox.add("leads")  # sync code inside of the loop
    assert len(seen) == 2


def test_an_application_that_fails_answers_500_and_is_logged(sandbox: Sandbox, caplog: pytest.LogCaptureFixture):
    app = AsgiApp()
    app.error = ZeroDivisionError("oh")
    sandbox.deliver_to(app)
    subscribe(sandbox)
    sandbox.add("leads")
    [attempt] = sandbox.deliveries[0].attempts
    assert (attempt.status, attempt.error) == (500, "ZeroDivisionError('oh')")
    assert "add_lead" in caplog.text


def test_a_failed_assertion_of_a_receiver_fails_the_test(sandbox: Sandbox):
    def receive(path: str, headers: dict[str, str], body: bytes) -> None:
        raise AssertionError(path)

    sandbox.deliver_to(receive, events=["add_lead"])
    with pytest.raises(AssertionError, match="/webhook"):
        sandbox.add("leads")
    assert sandbox.rows("leads") != []
    assert sandbox.deliveries[0].attempts[0].status == 500


async def receive_async(path: str, headers: dict[str, str], body: bytes) -> int:
    return 202


class Response:
    status_code = 418


@pytest.mark.parametrize(
    ("receive", "status"),
    [
        (lambda path, headers, body: None, 200),
        (lambda path, headers, body: [], 200),
        (lambda path, headers, body: 503, 503),
        (lambda path, headers, body: Response(), 418),
        (receive_async, 202),
    ],
    ids=["nothing", "a list", "a number", "a response", "async"],
)
def test_a_function_returns_a_status(sandbox: Sandbox, receive: Callable[..., Any], status: int):
    sandbox.deliver_to(receive, events=["add_lead"])
    sandbox.add("leads")
    assert sandbox.deliveries[0].attempts[0].status == status


async def test_async_code_awaits_an_async_function(sandbox: Sandbox):
    sandbox.deliver_to(receive_async, events=["add_lead"])
    async with sandbox.connect() as kommo:
        await kommo.arequest("POST", "/api/v4/leads", json=[{}])
    assert sandbox.deliveries[0].attempts[0].status == 202


def test_a_timeout_is_no_answer(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    def receive(path: str, headers: dict[str, str], body: bytes) -> int:
        raise TimeoutError

    sandbox.deliver_to(receive, events=["add_lead"])
    sandbox.add("leads")
    [attempt] = sandbox.deliveries[0].attempts
    assert (attempt.status, attempt.error) == (0, "no answer within 2 seconds")
    monkeypatch.setattr(receivers, "TIMEOUT", -1.0)
    sandbox.deliver_to(lambda path, headers, body: 200, events=["add_lead"])
    sandbox.add("leads")
    assert sandbox.deliveries[1].attempts[0].status == 0


def test_a_wsgi_application_is_told_by_its_parameters(sandbox: Sandbox):
    seen: list[Any] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        size = int(environ["CONTENT_LENGTH"])
        seen.append((environ["PATH_INFO"], decode_form(environ["wsgi.input"].read(size))))
        start_response("204 No Content", [])
        return []

    sandbox.deliver_to(app)
    subscribe(sandbox)
    sandbox.add("leads", name="Roof")
    assert seen[0][0] == "/hooks"
    assert sandbox.deliveries[0].attempts[0].status == 204


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.server.seen.append((self.path, self.headers["content-type"], decode_form(body)))  # type: ignore[attr-defined]
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as found:
        found.seen = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.mark.parametrize(("path", "expected"), [("", "/hooks?t=s3"), ("/", "/hooks?t=s3"), ("/kommo", "/kommo")])
def test_an_address_of_this_machine_gets_them_over_http(sandbox: Sandbox, server: Any, path: str, expected: str):
    sandbox.deliver_to(f"http://127.0.0.1:{server.server_port}{path}")
    subscribe(sandbox)
    sandbox.add("leads", name="Roof")
    [(got, kind, form)] = server.seen
    assert (got, kind) == (expected, "application/x-www-form-urlencoded")
    assert form["leads"]["add"][0]["name"] == "Roof"


async def test_async_code_delivers_over_http(sandbox: Sandbox, server: Any):
    sandbox.deliver_to(f"http://127.0.0.1:{server.server_port}")
    subscribe(sandbox)
    async with sandbox.connect() as kommo:
        await kommo.arequest("POST", "/api/v4/leads", json=[{}])
    assert len(server.seen) == 1


def test_a_refused_connection_is_no_answer(sandbox: Sandbox, server: Any):
    port = server.server_port
    server.socket.close()
    sandbox.deliver_to(f"http://127.0.0.1:{port}")
    subscribe(sandbox)
    sandbox.add("leads")
    [attempt] = sandbox.deliveries[0].attempts
    assert attempt.status == 0
    assert attempt.error


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:80/a", True),
        ("https://127.0.0.2/", True),
        ("http://[::1]:8000", True),
        ("http://app.localhost", True),
        ("http://localhost.example.org", False),
        ("http://192.168.0.2/", False),
        ("ftp://localhost/", False),
        ("localhost:80", False),
    ],
)
def test_addresses_of_this_machine(url: str, local: bool):
    assert is_local_url(url) is local


def test_other_targets_are_refused(sandbox: Sandbox):
    with pytest.raises(ValueError, match="this machine only, not to 'https://example.org'"):
        sandbox.deliver_to("https://example.org")
    with pytest.raises(TypeError, match="takes an ASGI application, a function or a URL, not 5"):
        sandbox.deliver_to(5)
    with pytest.raises(ValueError, match="'add_leed'"):
        sandbox.deliver_to(print, events=["add_leed"])
    assert isinstance(find_receiver(AsgiApp()), receivers.AsgiReceiver)
