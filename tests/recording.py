"""Cassettes: what the library and the HTTP sandbox said to each other, recorded once and replayed with all
connections refused.

A test asks for the fixture `cassette` and connects through it:

    def test_a_page_of_leads_as_recorded(cassette):
        cassette.prepare(seed)  # on the sandbox; only when recording
        with cassette.connect():
            assert Lead.objects.first()

`KOMMO_RECORD=1 pytest tests/that_file.py` records anew into `cassettes/<test module>/<test>.yaml`. Requests are
matched by method, path, query and body; the host is not, since a sandbox has another port every time. Nothing reaches
a file before `scrubbed_request` and `scrubbed_response` have been over it: headers are kept by name, secrets in queries
and bodies are replaced by their key, and whatever looks like a token is replaced wherever it stands. What a replay asks
for is scrubbed too before it is looked up, so it is found again.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
import vcr
from vcr.record_mode import RecordMode
from vcr.request import Request

from tests import network

if TYPE_CHECKING:
    from kommo_orm.client import Kommo
    from kommo_orm.sandbox import Sandbox

TESTS = Path(__file__).parent
CASSETTES = TESTS.parent / "cassettes"
BASE_URL = "http://sandbox.test"  # what every recorded host becomes

SCRUBBED = "scrubbed"
REQUEST_HEADERS = frozenset({"accept", "authorization", "content-type"})
RESPONSE_HEADERS = frozenset({"content-type", "location", "retry-after", "x-request-id"})
SECRET_KEYS = frozenset(
    {
        "access_token",
        "api_key",
        "client_secret",
        "client_uuid_secret",
        "long_lived_token",
        "password",
        "refresh_token",
        "token",
        "user_hash",
    }
)
OAUTH_KEYS = SECRET_KEYS | {"code"}  # elsewhere `code` names a custom field
JWT = r"eyJ[\w-]{8,}\.[\w-]+\.?[\w-]*"
OPAQUE = r"def[0-9a-f]{40,}"  # Kommo's authorization codes and refresh tokens
TOKEN = re.compile(rf"\b(?:{JWT}|{OPAQUE})")
LEAK = re.compile(
    rf"{TOKEN.pattern}"
    rf"|\bBearer\s+(?!{SCRUBBED}\b)\S+"
    rf"|(?i:\b(?:{'|'.join(sorted(SECRET_KEYS))}))\\?[\"']?\s*[:=]\s*(?!\\?[\"']?{SCRUBBED}\b)\\?[\"']?[^\s\"'&,}}]+"
)


def leaks(text: str) -> list[str]:
    """What in a cassette looks like a secret."""
    return [found[0] for found in LEAK.finditer(text)]


def scrubbed_request(request: Request) -> Request:
    """The request as a cassette may hold it, and as it is looked for in one."""
    keys = OAUTH_KEYS if "/oauth2/" in request.uri else SECRET_KEYS
    clean = Request(request.method, _uri(request.uri, keys), request.body, {})
    for name, value in request.headers.items():
        if name.lower() in REQUEST_HEADERS:
            clean.headers[name.lower()] = f"Bearer {SCRUBBED}" if name.lower() == "authorization" else value
    clean.body = _body(request.body, clean.headers.get("content-type", ""), keys)
    return clean


def scrubbed_response(response: dict[str, Any]) -> dict[str, Any]:
    """The answer as a cassette may hold it: without cookies and dates, and without tokens in its body."""
    headers = {
        name.lower(): [TOKEN.sub(SCRUBBED, value) for value in values]
        for name, values in response["headers"].items()
        if name.lower() in RESPONSE_HEADERS
    }
    media_type = "".join(headers.get("content-type", ()))
    body = _body(response["body"]["string"], media_type, SECRET_KEYS)
    return {"status": response["status"], "headers": headers, "body": {"string": body or b""}}


def _uri(uri: str, keys: frozenset[str]) -> str:
    parts = urlsplit(uri)
    query = parts.query
    if any(name.lower() in keys for name, _ in parse_qsl(query)):
        query = _form(query, keys)
    return TOKEN.sub(SCRUBBED, urlunsplit((*urlsplit(BASE_URL)[:2], parts.path, query, "")))


def _form(text: str, keys: frozenset[str]) -> str:
    pairs = parse_qsl(text, keep_blank_values=True)
    return urlencode([(name, SCRUBBED if name.lower() in keys else value) for name, value in pairs])


def _body(body: Any, media_type: str, keys: frozenset[str]) -> bytes | None:
    if not body:
        return None
    try:
        text = body.decode() if isinstance(body, bytes) else body
    except UnicodeDecodeError:  # an uploaded file
        return body if isinstance(body, bytes) else None
    if "json" in media_type:
        text = json.dumps(_values(json.loads(text), keys), ensure_ascii=False, separators=(",", ":"))
    elif "x-www-form-urlencoded" in media_type:
        text = _form(text, keys)
    return TOKEN.sub(SCRUBBED, text).encode()


def _values(value: Any, keys: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {
            name: SCRUBBED if isinstance(name, str) and name.lower() in keys and inner else _values(inner, keys)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_values(inner, keys) for inner in value]
    return value


@contextmanager
def tape(path: Path, *, record: bool) -> Iterator[None]:
    """Record the block's traffic into a file, or answer it from there with every connection refused."""
    if record:
        path.unlink(missing_ok=True)
    elif not path.exists():
        pytest.fail(f"{path} is not recorded yet; run this test with KOMMO_RECORD=1", pytrace=False)
    recorder = vcr.VCR(
        record_mode=RecordMode.ALL if record else RecordMode.NONE,
        match_on=("method", "path", "query", "body"),
        before_record_request=scrubbed_request,
        before_record_response=scrubbed_response,
        decode_compressed_response=True,
    )
    with ExitStack() as stack:
        if not record:
            stack.enter_context(network.reaching(network.nowhere))
        played = stack.enter_context(recorder.use_cassette(str(path)))
        yield
        if not record:
            assert played.all_played, f"{path} holds requests that nobody asked for any more; record it anew"


class Cassette:
    """What a test gets from the fixture `cassette`."""

    def __init__(self, sandbox: Sandbox | None, base_url: str, token: str) -> None:
        self.sandbox = sandbox
        self.base_url = base_url
        self.token = token

    def prepare(self, seed: Callable[[Sandbox], object]) -> None:
        """Bring the sandbox into the state that the test starts from. A replay needs none."""
        if self.sandbox is not None:
            seed(self.sandbox)

    def connect(self, **options: Any) -> Kommo:
        """An account that talks to the sandbox over HTTP, or to the cassette."""
        from kommo_orm import Kommo

        return Kommo("acme", token=self.token, base_url=self.base_url, **options)


def path_of(node: pytest.Item) -> Path:
    """`tests/entities/leads/test_lead.py::test_x[a]` is recorded in `cassettes/entities/test_lead/test_x-a.yaml`."""
    module = node.path.relative_to(TESTS).with_suffix("")
    name = re.sub(r"[^\w.]+", "-", node.name).strip("-")
    return CASSETTES / module / f"{name}.yaml"


@pytest.fixture
def cassette(request: pytest.FixtureRequest) -> Iterator[Cassette]:
    """This test's recorded traffic, see the head of `tests/recording.py`."""
    path = path_of(request.node)
    if not os.environ.get("KOMMO_RECORD"):
        with tape(path, record=False):
            yield Cassette(None, BASE_URL, SCRUBBED)
        return

    from kommo_orm.sandbox import Sandbox

    sandbox = Sandbox()
    with sandbox.serve() as server, tape(path, record=True):
        yield Cassette(sandbox, server.url, sandbox.token)
