"""The old login: one session for all, bought again when it ends; keys are never shown, and never hammered."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import stat
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from kommo_orm import (
    ConfigurationError,
    Kommo,
    Lead,
    LegacyLogin,
    MemoryTokenStore,
    OAuth,
    ServerError,
    TokenStoreError,
    Unauthorized,
    UnexpectedResponse,
    unofficial,
)
from kommo_orm.auth.session_credentials import parse_cookies
from kommo_orm.sandbox import Sandbox
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

OWNER, KEY = "owner@sandbox.example", "0123456789abcdef0123456789abcdef"
LOGIN_PATH = "/private/api/auth.php"


def login_of(sandbox: Sandbox, **options: Any) -> LegacyLogin:
    return LegacyLogin(OWNER, sandbox.api_key, **{"pause": 0.0} | options)


def connected(sandbox: Sandbox, login: LegacyLogin, **options: Any) -> Kommo:
    return sandbox.connect(token=None, login=login, backoff=0.0, **options)


def logins(sandbox: Sandbox) -> int:
    return len(sandbox.requests("POST", LOGIN_PATH))


class Service(httpx.MockTransport):
    """Sells sessions; `good` is the one that it takes."""

    def __init__(self, *refusals: httpx.Response, takes: bool = True) -> None:
        super().__init__(self._reply)
        self.sold, self.asked, self.takes = 0, 0, takes
        self.refusals = list(refusals)
        self.requests: list[httpx.Request] = []

    def _reply(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path != LOGIN_PATH:
            self.asked += 1
            good = f"session_id=session-{self.sold}; lang=en" if self.takes else None
            return httpx.Response(200 if request.headers.get("cookie") == good else 401, json={"status": 401})
        if self.refusals:
            return self.refusals.pop(0)
        self.sold += 1
        cookies = [
            ("set-cookie", f"session_id=session-{self.sold}; expires=Tue, 24-Nov-2026 09:00:00 GMT; path=/; HttpOnly"),
            ("set-cookie", "lang=en; path=/"),
            ("set-cookie", "old=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT"),
        ]
        return httpx.Response(200, json={"response": {"auth": True}}, headers=cookies)


def a_kommo(service: Service, **options: Any) -> Kommo:
    login = LegacyLogin("ann@example.com", KEY, **{"pause": 0.0} | options)
    return Kommo("acme", login=login, transport=service, rate=None, backoff=0.0)


def refused(status: int, **said: Any) -> httpx.Response:
    return httpx.Response(status, json={"response": {"auth": False, **said}})


# ---- the way in


def test_one_session_serves_all_requests() -> None:
    sandbox = Sandbox()
    with connected(sandbox, login_of(sandbox)) as kommo:
        lead = Lead.objects.create(name="Roof")
        lead.price = 5
        lead.save()
        assert kommo.account().name == "Sandbox"
    assert logins(sandbox) == 1
    (entry,) = sandbox.requests("POST", LOGIN_PATH)
    assert entry.query == "type=json"


def test_the_cookies_are_sent_without_a_token() -> None:
    service = Service()
    with a_kommo(service) as kommo:
        kommo.request("GET", "/api/v4/account")
    login, request = service.requests
    assert login.url.query == b"type=json"
    assert login.content == f"USER_LOGIN=ann%40example.com&USER_HASH={KEY}".encode()
    assert "cookie" not in login.headers
    assert request.headers["cookie"] == "session_id=session-1; lang=en"
    assert "authorization" not in request.headers


async def test_async_code_logs_in_too() -> None:
    sandbox = Sandbox()
    async with connected(sandbox, login_of(sandbox)) as kommo:
        await Lead.objects.acreate(name="Roof")
        sandbox.end_sessions()
        assert (await kommo.arequest("GET", "/api/v4/account")).status == 200
    assert logins(sandbox) == 2


def test_after_the_end_of_a_session_one_login_follows_and_the_request_is_repeated() -> None:
    sandbox = Sandbox()
    with connected(sandbox, login_of(sandbox)):
        for number in range(5):
            sandbox.end_sessions()
            Lead.objects.create(name=f"Lead {number}")
    assert logins(sandbox) == 5
    assert len(sandbox.rows("leads")) == 5


def test_a_session_lasts_fifteen_minutes() -> None:
    now = [1_770_000_000.0]
    sandbox = Sandbox(clock=lambda: now[0])
    with connected(sandbox, login_of(sandbox)) as kommo:
        kommo.request("GET", "/api/v4/account")
        now[0] += 14 * 60
        kommo.request("GET", "/api/v4/account")
        assert logins(sandbox) == 1
        now[0] += 2 * 60
        kommo.request("GET", "/api/v4/account")
    assert logins(sandbox) == 2


def test_threads_share_one_login_and_one_renewal() -> None:
    sandbox = Sandbox()
    with connected(sandbox, login_of(sandbox)) as kommo:

        def ask() -> None:
            kommo.request("GET", "/api/v4/account")

        for expected in (1, 2):
            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert logins(sandbox) == expected
            sandbox.end_sessions()


async def test_tasks_share_one_login_and_one_renewal() -> None:
    sandbox = Sandbox()
    async with connected(sandbox, login_of(sandbox)) as kommo:
        for expected in (1, 2):
            await asyncio.gather(*(kommo.arequest("GET", "/api/v4/account") for _ in range(8)))
            assert logins(sandbox) == expected
            sandbox.end_sessions()


def test_the_account_route_older_than_v2_works() -> None:
    sandbox = Sandbox()
    with connected(sandbox, login_of(sandbox)) as kommo:
        account = kommo.request("GET", "/private/api/v2/json/accounts/current").json()["response"]["account"]
    assert account["id"] == str(sandbox.account.id)
    assert account["users"][0]["is_admin"] == "Y"
    assert {stage["editable"] for stage in account["leads_statuses"]} == {"Y", "N"}


# ---- what is refused


def test_a_wrong_key_is_not_tried_again() -> None:
    sandbox = Sandbox()
    with connected(sandbox, LegacyLogin(OWNER, KEY[::-1])) as kommo:
        for _ in range(3):
            with pytest.raises(Unauthorized, match="wrong login or key") as error:
                kommo.request("GET", "/api/v4/account")
            assert "make a new Kommo" in str(error.value)
            assert (error.value.code, error.value.status) == ("110", 401)
    assert logins(sandbox) == 1
    assert len(sandbox.log) == 1


def test_threads_with_a_wrong_key_try_it_once() -> None:
    sandbox = Sandbox()
    errors: list[str] = []
    with connected(sandbox, LegacyLogin(OWNER, KEY[::-1])) as kommo:

        def ask() -> None:
            try:
                kommo.request("GET", "/api/v4/account")
            except Unauthorized as error:
                errors.append(str(error))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(errors) == 8
    assert logins(sandbox) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refused(401, error_code="110", error="nope"), "wrong login or key"),
        (refused(403, error_code="111", error="nope"), "a captcha must be solved"),
        (refused(403, error_code=113, error="nope"), "not on the account's list"),
        (refused(200, error_code="112", error="nope"), "switched off"),
        (httpx.Response(401, json={"response": {"error": "nope", "error_code": "101"}}), "there is no such account"),
    ],
)
def test_each_refusal_is_explained_and_final(answer: httpx.Response, words: str) -> None:
    service = Service(answer)
    with a_kommo(service) as kommo:
        for _ in range(2):
            with pytest.raises(Unauthorized, match=words):
                kommo.request("GET", "/api/v4/account")
    assert len(service.requests) == 1


def test_a_login_that_failed_with_5xx_is_tried_again() -> None:
    service = Service(httpx.Response(502), httpx.Response(503))
    with a_kommo(service) as kommo:
        assert kommo.request("GET", "/api/v4/account").status == 200
    service = Service(*[httpx.Response(500)] * 9)
    with a_kommo(service) as kommo:
        with pytest.raises(ServerError):
            kommo.request("GET", "/api/v4/account")
        service.refusals.clear()
        assert kommo.request("GET", "/api/v4/account").status == 200


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(200, text="<root><auth>true</auth></root>"), "neither yes nor no"),
        (httpx.Response(200, json={"response": {"auth": True}}), "gave no session"),
    ],
)
def test_a_login_response_without_an_answer_raises(answer: httpx.Response, words: str) -> None:
    with a_kommo(Service(answer)) as kommo, pytest.raises(UnexpectedResponse, match=words):
        kommo.request("GET", "/api/v4/account")


def test_logins_stop_while_every_new_session_is_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = Service(takes=False)
    now = [0.0]
    with a_kommo(service, attempts=3, pause=0.01) as kommo:
        monkeypatch.setattr(kommo._credentials, "_clock", lambda: now[0])
        for _ in range(6):
            with pytest.raises(Unauthorized):
                kommo.request("GET", "/api/v4/account")
        assert service.sold == 3
        with pytest.raises(Unauthorized, match="3 times in a row"):
            kommo.request("GET", "/api/v4/account")
        assert service.sold == 3
        service.takes = True
        now[0] += 61
        assert kommo.request("GET", "/api/v4/account").status == 200, "it is tried again after a minute"


def test_the_second_session_in_a_row_waits() -> None:
    service = Service(takes=False)
    with a_kommo(service, pause=0.2) as kommo:
        began = time.monotonic()
        with pytest.raises(Unauthorized):
            kommo.request("GET", "/api/v4/account")
        assert service.sold == 2
        assert time.monotonic() - began >= 0.2


def test_the_session_is_sent_to_the_host_of_the_account_only() -> None:
    service = Service()
    with a_kommo(service) as kommo:
        assert kommo.request("GET", "https://acme.kommo.com/x").status == 200
        with pytest.raises(ConfigurationError, match="good for no other host"):
            kommo.request("GET", "https://drive-b.kommo.com/x")


@pytest.mark.parametrize(
    "beside",
    [{"token": "t" * 20}, {"oauth": OAuth("id", "s3cr3t-s3cr3t", "https://x.org")}, {"tokens": MemoryTokenStore()}],
)
def test_login_beside_another_kind_of_access_raises(beside: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="login= stands by itself"):
        Kommo("acme", login=LegacyLogin("ann@example.com", KEY), **beside)


def test_a_login_cannot_authorise() -> None:
    with a_kommo(Service()) as kommo, pytest.raises(ConfigurationError, match="open it with oauth="):
        kommo.authorize("code")


@pytest.mark.parametrize("given", [("", KEY), ("ann@example.com", "")])
def test_invalid_options_of_a_login_raise(given: tuple[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="LegacyLogin needs"):
        LegacyLogin(*given)
    with pytest.raises(ConfigurationError, match="attempts is 1 or more"):
        LegacyLogin("ann@example.com", KEY, attempts=0)
    with pytest.raises(ConfigurationError, match="attempts is 1 or more"):
        LegacyLogin("ann@example.com", KEY, pause=-1)


# ---- secrets


def test_keys_and_sessions_are_not_shown(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG)
    service = Service()
    login = LegacyLogin("ann@example.com", KEY, folder=tmp_path)
    with Kommo("acme", login=login, transport=service, rate=None) as kommo:
        kommo.request("GET", "/api/v4/account")
        shown = f"{login!r} {kommo!r} {kommo._credentials!r} {vars(kommo)!r} {kommo.last_response!r} {login.build_request('acme')!r}"
        with pytest.raises(TypeError):
            pickle.dumps(kommo)
    wrong = Service(refused(401, error=f"no such key: {KEY}"))
    with Kommo("acme", login=login, transport=wrong, rate=None) as kommo:
        kommo._credentials._store = None  # type: ignore[attr-defined]
        with pytest.raises(Unauthorized) as error:
            kommo.request("GET", "/api/v4/account")
    shown += f"{error.value} {error.value!r} {error.value.body} {caplog.text}"
    assert KEY not in shown
    assert "session-1" not in shown
    assert "ann@example.com" in shown


# ---- files


def test_a_session_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    sandbox = Sandbox()
    folder = tmp_path / "sessions"
    for _ in range(2):
        with connected(sandbox, login_of(sandbox, folder=folder)) as kommo:
            kommo.request("GET", "/api/v4/account")
    assert logins(sandbox) == 1, "the second one found the session of the first"
    (file,) = folder.glob("*.json")
    assert file.name == "sandbox.kommo.com.session.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sandbox.api_key not in file.read_text()


def test_the_session_of_another_process_is_used(tmp_path: Path) -> None:
    sandbox = Sandbox()
    with (
        connected(sandbox, login_of(sandbox, folder=tmp_path)) as one,
        connected(sandbox, login_of(sandbox, folder=tmp_path)) as two,
    ):
        one.request("GET", "/api/v4/account")
        two.request("GET", "/api/v4/account")
        sandbox.end_sessions()
        one.request("GET", "/api/v4/account")
        two.request("GET", "/api/v4/account")
    assert logins(sandbox) == 2


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"login": "eve@example.com", "until": 9e9, "cookies": "session_id=x"}', '{"login": 5}']
)
def test_an_unusable_session_file_is_replaced(tmp_path: Path, content: str) -> None:
    sandbox = Sandbox()
    file = tmp_path / "sandbox.kommo.com.session.json"
    file.write_text(content)
    with connected(sandbox, login_of(sandbox, folder=tmp_path)) as kommo:
        kommo.request("GET", "/api/v4/account")
    assert json.loads(file.read_text())["login"] == OWNER


def test_an_expired_session_file_is_not_used(tmp_path: Path) -> None:
    sandbox = Sandbox()
    file = tmp_path / "sandbox.kommo.com.session.json"
    for _ in range(2):
        with connected(sandbox, login_of(sandbox, folder=tmp_path)) as kommo:
            kommo.request("GET", "/api/v4/account")
        file.write_text(json.dumps(json.loads(file.read_text()) | {"until": 5}))
    assert [entry.path for entry in sandbox.log] == [LOGIN_PATH, "/api/v4/account"] * 2


def test_an_unusable_folder_raises(tmp_path: Path) -> None:
    sandbox = Sandbox()
    (tmp_path / "file").write_text("")
    with connected(sandbox, login_of(sandbox, folder=tmp_path / "file")) as kommo:
        with pytest.raises((TokenStoreError, ConfigurationError)):
            kommo.request("GET", "/api/v4/account")
    blocked = tmp_path / "sandbox.kommo.com.session.json"
    blocked.mkdir()
    with connected(sandbox, login_of(sandbox, folder=tmp_path)) as kommo:
        with pytest.raises(TokenStoreError, match="cannot be read"):
            kommo.request("GET", "/api/v4/account")


def test_parse_cookies() -> None:
    answer = HttpResponse(200, b"", HttpRequest("GET", "/"), {"set-cookie": "a=1; path=/\nb=x=y\nc=deleted\n=odd\na=2"})
    assert parse_cookies(answer) == {"a": "2", "b": "x=y"}
    assert parse_cookies(HttpResponse(200, b"", HttpRequest("GET", "/"))) == {}


@pytest.mark.parametrize("dialect", ["v4", "v2"])
def test_a_session_works_with_every_dialect_and_the_web_interface(dialect: str) -> None:
    sandbox = Sandbox()
    pk = sandbox.add("leads", name="Roof")["id"]
    sandbox.add("contacts", name="Ann")
    with connected(sandbox, login_of(sandbox), dialect=dialect) as kommo:
        lead = Lead.objects.get(pk)
        sandbox.end_sessions()
        lead.name = "Wall"
        lead.save()
        sandbox.end_sessions()
        (row,) = kommo.ajax("/ajax/contacts/list/", {"json": 1}).json()["response"]["items"]
        assert row["name"]["text"] == "Ann"
        unofficial.trash([lead])
    assert logins(sandbox) == 3
    assert not [row for row in sandbox.rows("leads") if not row.get("is_deleted")]
