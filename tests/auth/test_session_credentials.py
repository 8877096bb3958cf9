"""Sessions of a login: one serves all requests, and a key that was refused is not tried again."""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
import time
from pathlib import Path

import httpx
import pytest

from kommo_orm import (
    ConfigurationError,
    Kommo,
    Lead,
    LegacyLogin,
    ServerError,
    Unauthorized,
    UnexpectedResponse,
    unofficial,
)
from kommo_orm.auth.session_credentials import parse_cookies
from kommo_orm.sandbox import Sandbox
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from tests.auth.login_service import (
    KEY,
    LOGIN_PATH,
    OWNER,
    LoginService,
    build_kommo,
    build_login,
    build_refusal,
    connect,
    count_logins,
)


def test_one_session_serves_all_requests() -> None:
    sandbox = Sandbox()
    with connect(sandbox, build_login(sandbox)) as kommo:
        lead = Lead.objects.create(name="Roof")
        lead.price = 5
        lead.save()
        assert kommo.account().name == "Sandbox"
    assert count_logins(sandbox) == 1
    (entry,) = sandbox.requests("POST", LOGIN_PATH)
    assert entry.query == "type=json"


def test_the_cookies_are_sent_without_a_token() -> None:
    service = LoginService()
    with build_kommo(service) as kommo:
        kommo.request("GET", "/api/v4/account")
    login, request = service.requests
    assert login.url.query == b"type=json"
    assert login.content == f"USER_LOGIN=ann%40example.com&USER_HASH={KEY}".encode()
    assert "cookie" not in login.headers
    assert request.headers["cookie"] == "session_id=session-1; lang=en"
    assert "authorization" not in request.headers


async def test_async_code_logs_in_too() -> None:
    sandbox = Sandbox()
    async with connect(sandbox, build_login(sandbox)) as kommo:
        await Lead.objects.acreate(name="Roof")
        sandbox.end_sessions()
        assert (await kommo.arequest("GET", "/api/v4/account")).status == 200
    assert count_logins(sandbox) == 2


def test_after_the_end_of_a_session_one_login_follows_and_the_request_is_repeated() -> None:
    sandbox = Sandbox()
    with connect(sandbox, build_login(sandbox)):
        for number in range(5):
            sandbox.end_sessions()
            Lead.objects.create(name=f"Lead {number}")
    assert count_logins(sandbox) == 5
    assert len(sandbox.rows("leads")) == 5


def test_a_session_lasts_fifteen_minutes() -> None:
    now = [1_770_000_000.0]
    sandbox = Sandbox(clock=lambda: now[0])
    with connect(sandbox, build_login(sandbox)) as kommo:
        kommo.request("GET", "/api/v4/account")
        now[0] += 14 * 60
        kommo.request("GET", "/api/v4/account")
        assert count_logins(sandbox) == 1
        now[0] += 2 * 60
        kommo.request("GET", "/api/v4/account")
    assert count_logins(sandbox) == 2


def test_threads_share_one_login_and_one_renewal() -> None:
    sandbox = Sandbox()
    with connect(sandbox, build_login(sandbox)) as kommo:

        def ask() -> None:
            kommo.request("GET", "/api/v4/account")

        for expected in (1, 2):
            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert count_logins(sandbox) == expected
            sandbox.end_sessions()


async def test_tasks_share_one_login_and_one_renewal() -> None:
    sandbox = Sandbox()
    async with connect(sandbox, build_login(sandbox)) as kommo:
        for expected in (1, 2):
            await asyncio.gather(*(kommo.arequest("GET", "/api/v4/account") for _ in range(8)))
            assert count_logins(sandbox) == expected
            sandbox.end_sessions()


def test_the_account_route_older_than_v2_works() -> None:
    sandbox = Sandbox()
    with connect(sandbox, build_login(sandbox)) as kommo:
        account = kommo.request("GET", "/private/api/v2/json/accounts/current").json()["response"]["account"]
    assert account["id"] == str(sandbox.account.id)
    assert account["users"][0]["is_admin"] == "Y"
    assert {stage["editable"] for stage in account["leads_statuses"]} == {"Y", "N"}


def test_a_wrong_key_is_not_tried_again() -> None:
    sandbox = Sandbox()
    with connect(sandbox, LegacyLogin(OWNER, KEY[::-1])) as kommo:
        for _ in range(3):
            with pytest.raises(Unauthorized, match="wrong login or key") as error:
                kommo.request("GET", "/api/v4/account")
            assert "make a new Kommo" in str(error.value)
            assert (error.value.code, error.value.status) == ("110", 401)
    assert count_logins(sandbox) == 1
    assert len(sandbox.log) == 1


def test_threads_with_a_wrong_key_try_it_once() -> None:
    sandbox = Sandbox()
    errors: list[str] = []
    with connect(sandbox, LegacyLogin(OWNER, KEY[::-1])) as kommo:

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
    assert count_logins(sandbox) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (build_refusal(401, error_code="110", error="nope"), "wrong login or key"),
        (build_refusal(403, error_code="111", error="nope"), "a captcha must be solved"),
        (build_refusal(403, error_code=113, error="nope"), "not on the account's list"),
        (build_refusal(200, error_code="112", error="nope"), "switched off"),
        (httpx.Response(401, json={"response": {"error": "nope", "error_code": "101"}}), "there is no such account"),
    ],
)
def test_each_refusal_is_explained_and_final(answer: httpx.Response, words: str) -> None:
    service = LoginService(answer)
    with build_kommo(service) as kommo:
        for _ in range(2):
            with pytest.raises(Unauthorized, match=words):
                kommo.request("GET", "/api/v4/account")
    assert len(service.requests) == 1


def test_a_login_that_failed_with_5xx_is_tried_again() -> None:
    service = LoginService(httpx.Response(502), httpx.Response(503))
    with build_kommo(service) as kommo:
        assert kommo.request("GET", "/api/v4/account").status == 200
    service = LoginService(*[httpx.Response(500)] * 9)
    with build_kommo(service) as kommo:
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
    with build_kommo(LoginService(answer)) as kommo, pytest.raises(UnexpectedResponse, match=words):
        kommo.request("GET", "/api/v4/account")


def test_logins_stop_while_every_new_session_is_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = LoginService(accepts=False)
    now = [0.0]
    with build_kommo(service, attempts=3, pause=0.01) as kommo:
        monkeypatch.setattr(kommo._credentials, "_clock", lambda: now[0])
        for _ in range(6):
            with pytest.raises(Unauthorized):
                kommo.request("GET", "/api/v4/account")
        assert service.sessions == 3
        with pytest.raises(Unauthorized, match="3 times in a row"):
            kommo.request("GET", "/api/v4/account")
        assert service.sessions == 3
        service.accepts = True
        now[0] += 61
        assert kommo.request("GET", "/api/v4/account").status == 200, "it is tried again after a minute"


def test_the_second_session_in_a_row_waits() -> None:
    service = LoginService(accepts=False)
    with build_kommo(service, pause=0.2) as kommo:
        began = time.monotonic()
        with pytest.raises(Unauthorized):
            kommo.request("GET", "/api/v4/account")
        assert service.sessions == 2
        assert time.monotonic() - began >= 0.2


def test_the_session_is_sent_to_the_host_of_the_account_only() -> None:
    service = LoginService()
    with build_kommo(service) as kommo:
        assert kommo.request("GET", "https://acme.kommo.com/x").status == 200
        with pytest.raises(ConfigurationError, match="good for no other host"):
            kommo.request("GET", "https://drive-b.kommo.com/x")


def test_a_login_cannot_authorise() -> None:
    with build_kommo(LoginService()) as kommo, pytest.raises(ConfigurationError, match="open it with oauth="):
        kommo.authorize("code")


def test_keys_and_sessions_are_not_shown(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG)
    service = LoginService()
    login = LegacyLogin("ann@example.com", KEY, folder=tmp_path)
    with Kommo("acme", login=login, transport=service, rate=None) as kommo:
        kommo.request("GET", "/api/v4/account")
        shown = f"{login!r} {kommo!r} {kommo._credentials!r} {vars(kommo)!r} {kommo.last_response!r} {login.build_request('acme')!r}"
        with pytest.raises(TypeError):
            pickle.dumps(kommo)
    wrong = LoginService(build_refusal(401, error=f"no such key: {KEY}"))
    with Kommo("acme", login=login, transport=wrong, rate=None) as kommo:
        kommo._credentials._store = None  # type: ignore[attr-defined]
        with pytest.raises(Unauthorized) as error:
            kommo.request("GET", "/api/v4/account")
    shown += f"{error.value} {error.value!r} {error.value.body} {caplog.text}"
    assert KEY not in shown
    assert "session-1" not in shown
    assert "ann@example.com" in shown


def test_parse_cookies() -> None:
    answer = HttpResponse(200, b"", HttpRequest("GET", "/"), {"set-cookie": "a=1; path=/\nb=x=y\nc=deleted\n=odd\na=2"})
    assert parse_cookies(answer) == {"a": "2", "b": "x=y"}
    assert parse_cookies(HttpResponse(200, b"", HttpRequest("GET", "/"))) == {}


@pytest.mark.parametrize("dialect", ["v4", "v2"])
def test_a_session_works_with_every_dialect_and_the_web_interface(dialect: str) -> None:
    sandbox = Sandbox()
    pk = sandbox.add("leads", name="Roof")["id"]
    sandbox.add("contacts", name="Ann")
    with connect(sandbox, build_login(sandbox), dialect=dialect) as kommo:
        lead = Lead.objects.get(pk)
        sandbox.end_sessions()
        lead.name = "Wall"
        lead.save()
        sandbox.end_sessions()
        (row,) = kommo.ajax("/ajax/contacts/list/", {"json": 1}).json()["response"]["items"]
        assert row["name"]["text"] == "Ann"
        unofficial.trash([lead])
    assert count_logins(sandbox) == 3
    assert not [row for row in sandbox.rows("leads") if not row.get("is_deleted")]
