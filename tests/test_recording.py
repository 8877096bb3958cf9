"""Cassettes hold no secret, and are replayed with every connection refused."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import yaml
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.request import Request

from tests import network, recording

JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJhYmMifQ.c2lnbmF0dXJl"
REFRESH = "def50200" + "a1b2c3d4" * 12
SECRETS = (JWT, REFRESH, "s3cr3t-value", "hunter2")


def post(path: str, body: bytes, media_type: str) -> Request:
    headers = {"Content-Type": media_type, "Authorization": f"Bearer {JWT}", "Cookie": "session_id=s3cr3t-value"}
    return Request("POST", f"http://127.0.0.1:8080{path}", body, headers)


def answer(body: object) -> dict[str, object]:
    headers = {
        "Content-Type": ["application/hal+json"],
        "Set-Cookie": ["session_id=s3cr3t-value"],
        "Date": ["today"],
        "X-Request-Id": ["7"],
    }
    string = json.dumps(body).encode()
    return {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": string}}


JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
LEAKY_REQUESTS = {
    "code": post("/oauth2/access_token", b'{"client_secret": "s3cr3t-value", "code": "hunter2"}', JSON),
    "refresh": post("/oauth2/access_token", b"grant_type=refresh_token&refresh_token=" + REFRESH.encode(), FORM),
    "legacy": post("/private/api/auth.php?type=json", b"USER_LOGIN=ann&USER_HASH=s3cr3t-value", FORM),
    "query": post("/api/v4/leads?access_token=s3cr3t-value", b'[{"name": "x"}]', JSON),
    "text": post("/api/v4/leads/notes", json.dumps([{"text": f"see {JWT}"}]).encode(), JSON),
    "nested": post("/api/v4/webhooks", b'{"a": [{"Password": "hunter2"}]}', JSON),
    "path": post(f"/download/{JWT}", b"", "text/plain"),
}


@pytest.mark.parametrize("kind", LEAKY_REQUESTS)
def test_a_recorded_request_holds_no_secret(kind: str) -> None:
    clean = recording.scrubbed_request(LEAKY_REQUESTS[kind])
    text = f"{clean.uri} {clean.headers} {clean.body!r}"
    assert not [secret for secret in SECRETS if secret in text]
    assert not recording.leaks(text)


def test_a_recorded_answer_holds_no_secret() -> None:
    clean = recording.scrubbed_response(
        answer({"access_token": JWT, "refresh_token": REFRESH, "token": "s3cr3t-value"})
    )
    text = str(clean)
    assert not [secret for secret in SECRETS if secret in text]
    assert not recording.leaks(text)
    assert clean["headers"] == {"content-type": ["application/hal+json"], "x-request-id": ["7"]}


def test_scrubbing_leaves_everything_else_alone() -> None:
    body = (
        b'[{"name":"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0","custom_fields_values":[{"field_code":"PHONE","code":"PHONE"}]}]'
    )
    uri = "/api/v4/leads?filter%5Bid%5D%5B0%5D=5&with=contacts"
    clean = recording.scrubbed_request(post(uri, body, JSON))
    assert clean.body == body
    assert clean.uri == recording.BASE_URL + uri


def test_scrubbing_twice_changes_nothing() -> None:
    once = recording.scrubbed_request(LEAKY_REQUESTS["code"])
    twice = recording.scrubbed_request(once)
    assert (once.uri, once.body, once.headers) == (twice.uri, twice.body, twice.headers)


@pytest.mark.parametrize(
    "text",
    [
        f"authorization: Bearer {JWT}",
        "Authorization: Bearer abc",
        f'body: \'{{"x": "{REFRESH}"}}\'',
        '{"access_token":"abc"}',
        "{'client_secret': 'abc'}",
        '"{\\"refresh_token\\":\\"abc\\"}"',
        "USER_HASH=abc&x=1",
    ],
)
def test_the_search_for_leaks_finds(text: str) -> None:
    assert recording.leaks(text)


def test_no_cassette_holds_a_secret() -> None:
    found = {path.name: recording.leaks(path.read_text()) for path in recording.CASSETTES.rglob("*.yaml")}
    assert not {name: leaks for name, leaks in found.items() if leaks}


def refused() -> pytest.RaisesGroup[network.NetworkRefused]:
    """Async connections are raced in a task group, so the refusal arrives in an `ExceptionGroup`."""
    return pytest.RaisesGroup(network.NetworkRefused, allow_unwrapped=True, flatten_subgroups=True)


class Echo(BaseHTTPRequestHandler):
    """Answers a POST with its own body and a token."""

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = json.dumps({"sent": sent, "access_token": JWT}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def say(base_url: str, number: int) -> httpx.Response:
    with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {JWT}"}) as client:
        return client.post("/say", json={"number": number})


async def asay(base_url: str, number: int) -> httpx.Response:
    async with httpx.AsyncClient(base_url=base_url, headers={"Authorization": f"Bearer {JWT}"}) as client:
        return await client.post("/say", json={"number": number})


def test_what_was_recorded_is_replayed_sync_and_async(tmp_path: Path, echo: str) -> None:
    path = tmp_path / "talk.yaml"
    with recording.tape(path, record=True):
        assert say(echo, 1).json()["access_token"] == JWT
        assert asyncio.run(asay(echo, 2)).json()["sent"] == {"number": 2}
    assert not recording.leaks(path.read_text())

    with recording.tape(path, record=False):
        assert asyncio.run(asay("http://other.test", 1)).json() == {"sent": {"number": 1}, "access_token": "scrubbed"}
        assert say("http://other.test", 2).status_code == 201


def test_recording_starts_from_an_empty_tape(tmp_path: Path, echo: str) -> None:
    path = tmp_path / "talk.yaml"
    for _ in range(2):
        with recording.tape(path, record=True):
            say(echo, 1)
    assert len(yaml.safe_load(path.read_text())["interactions"]) == 1


def test_what_was_not_recorded_is_refused_and_never_sent(tmp_path: Path, echo: str) -> None:
    path = tmp_path / "talk.yaml"
    with recording.tape(path, record=True):
        say(echo, 1)
    with recording.tape(path, record=False):
        say(echo, 1)
        with pytest.raises(CannotOverwriteExistingCassetteException):
            say(echo, 2)


def test_a_cassette_with_more_than_was_asked_for_is_stale(tmp_path: Path, echo: str) -> None:
    path = tmp_path / "talk.yaml"
    with recording.tape(path, record=True):
        say(echo, 1)
        say(echo, 2)
    with pytest.raises(AssertionError, match="nobody asked for"), recording.tape(path, record=False):
        say(echo, 1)


def test_a_missing_cassette_says_how_to_record_it(tmp_path: Path) -> None:
    with (
        pytest.raises(pytest.fail.Exception, match="KOMMO_RECORD=1"),
        recording.tape(tmp_path / "no.yaml", record=False),
    ):
        pass


def test_while_a_cassette_plays_not_even_this_machine_is_reached(echo: str) -> None:
    with network.reaching(network.nowhere), refused():
        say(echo, 1)
    with network.reaching(network.nowhere), refused():
        asyncio.run(asay(echo, 1))


@pytest.mark.parametrize("url", ["http://192.0.2.1", "https://acme.kommo.com", "http://[2001:db8::1]"])
def test_other_machines_are_never_reached(url: str) -> None:
    with refused():
        say(url, 1)
    with refused():
        asyncio.run(asay(url, 1))


def test_a_cassette_is_named_after_its_test(request: pytest.FixtureRequest) -> None:
    path = recording.path_of(request.node)
    assert path == recording.CASSETTES / "test_recording" / "test_a_cassette_is_named_after_its_test.yaml"
