"""The old login by user key, and requests of the web interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kommo_orm import Kommo, Lead, LegacyLogin, Unauthorized, UnexpectedResponse
from kommo_orm.sandbox import Sandbox
from tests.parity.ledger import proves
from tests.parity.test_settings import Seen, a_kommo

OWNER = "owner@sandbox.example"
LOGIN = "/private/api/auth.php"


def connected(sandbox: Sandbox, key: str | None = None, **options: Any) -> Kommo:
    login = LegacyLogin(OWNER, key or sandbox.api_key, pause=0, **options)
    return sandbox.connect(token=None, login=login, backoff=0)


@proves(31)
def test_a_key_opens_a_session(sandbox: Sandbox) -> None:
    with connected(sandbox) as kommo:
        Lead.objects.using(kommo).create(name="Roof")
        assert kommo.account().name
    assert [entry.path for entry in sandbox.log] == [LOGIN, "/api/v4/leads", "/api/v4/account"]
    assert sandbox.api_key not in repr(kommo)


@proves(32, "B32")
def test_cookies_are_kept_in_memory_or_in_a_given_folder(sandbox: Sandbox, tmp_path: Path) -> None:
    for _ in range(2):
        with connected(sandbox, folder=tmp_path / "sessions") as kommo:
            kommo.account()
    assert len(sandbox.requests("POST", LOGIN)) == 1
    files = [path for path in (tmp_path / "sessions").iterdir() if path.is_file()]
    assert files
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


@proves(33)
def test_an_ended_session_is_opened_again_and_the_request_repeated() -> None:
    clock = [1_800_000_000.0]
    sandbox = Sandbox(clock=lambda: clock[0])
    with connected(sandbox) as kommo:
        kommo.account()
        clock[0] += 3600
        kommo.account()
    assert len(sandbox.requests("POST", LOGIN)) == 2


@proves(33, "B12")
def test_wrong_keys_are_not_tried_for_ever_and_hinder_no_other_account(sandbox: Sandbox) -> None:
    other = Sandbox(subdomain="globex")
    with connected(sandbox, key="wrong") as kommo, connected(other) as globex:
        for _ in range(3):
            with pytest.raises(Unauthorized):
                kommo.account()
        assert globex.account().name
    assert len(sandbox.requests("POST", LOGIN)) == 1


@proves(37, "R9")
def test_requests_of_the_web_interface_may_answer_anything() -> None:
    seen = Seen()
    with a_kommo(seen) as kommo:
        assert kommo.ajax("/ajax/leads/list/", {"filter": {"id": [7]}}).json() == {"id": 1}
    (request,) = seen.requests
    assert request.headers["X-Requested-With"] == "XMLHttpRequest"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.content == b"filter[id][]=7"
    assert request.headers["Authorization"].startswith("Bearer ")


@proves(37)
async def test_a_web_page_is_an_answer_too() -> None:
    import httpx

    page = httpx.MockTransport(lambda request: httpx.Response(200, html="<html>list</html>"))
    with Kommo("acme", token="t", transport=page, rate=None) as kommo:
        answer = await kommo.aajax("/ajax/leads/list/")
        assert answer.text == "<html>list</html>"
        with pytest.raises(UnexpectedResponse, match="list"):
            answer.json()
