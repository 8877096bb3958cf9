"""Debugging: Python's own logging, a line a request, nothing secret."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kommo_orm import FileLocks, Lead, LegacyLogin, MemoryTokenStore, OAuth
from kommo_orm.sandbox import Sandbox
from tests.parity.ledger import proves


@proves(55, 56, 58, 59, 60, "R10")
def test_requests_and_responses_are_logged_on_request(caplog: pytest.LogCaptureFixture) -> None:
    sandbox = Sandbox()
    with caplog.at_level(logging.DEBUG, logger="kommo_orm"), sandbox.connect() as kommo:
        Lead.objects.using(kommo).create(name="Roof")
    lines = [record for record in caplog.records if hasattr(record, "request_id")]
    assert [(record.method, record.path, record.status, record.attempt) for record in lines] == [  # type: ignore[attr-defined]
        ("POST", "/api/v4/leads", 200, 1)
    ]
    assert lines[0].request_id  # type: ignore[attr-defined]  # one a request, and the service's own
    assert lines[0].ms >= 0  # type: ignore[attr-defined]
    assert "Roof" in caplog.text
    assert sandbox.token not in caplog.text


@proves(60, "B27")
def test_bodies_are_logged_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    sandbox = Sandbox(subdomain="acme")
    oauth = OAuth(sandbox.client_id, sandbox.client_secret, sandbox.redirect_uri)
    store, code = MemoryTokenStore(), sandbox.authorization_code()
    with (
        caplog.at_level(logging.DEBUG),
        sandbox.connect(token=None, oauth=oauth, tokens=store) as kommo,
        sandbox.connect(token=None, login=LegacyLogin(sandbox.login, sandbox.api_key)) as older,
    ):
        first = kommo.authorize(code)
        sandbox.expire_access_token()
        kommo.account()
        older.account()
    second = store.load("acme")
    assert second is not None
    assert caplog.text.count("grant_type") == 2  # the bodies are there
    assert "USER_LOGIN" in caplog.text
    secrets = (code, sandbox.client_secret, sandbox.api_key, first.access, first.refresh, second.access, second.refresh)
    assert [secret for secret in secrets if str(secret) in caplog.text] == []


@proves(60)
def test_waits_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    sandbox = Sandbox()
    sandbox.faults.next(status=429)
    with caplog.at_level(logging.WARNING), sandbox.connect(backoff=0) as kommo:
        kommo.account()
    assert [record.wait for record in caplog.records if hasattr(record, "wait")] == [0.0]
    assert "the next one follows in 0.0 s" in caplog.text


QUIET = """
from kommo_orm.sandbox import Sandbox
sandbox = Sandbox()
sandbox.faults.next(status=503)
with sandbox.connect(backoff=0) as kommo:
    kommo.account()
"""


@proves(55)
def test_without_logging_configuration_nothing_is_printed() -> None:
    result = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("", "")


@proves(55)
def test_nothing_is_logged_by_default(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    with Sandbox().connect() as kommo, caplog.at_level(logging.WARNING):
        Lead.objects.using(kommo).create(name="Roof")
    assert caplog.records == []
    assert capsys.readouterr() == ("", "")


@proves(57, "B32")
def test_a_log_goes_to_any_file(tmp_path: Path) -> None:
    handler = logging.FileHandler(tmp_path / "kommo.log", encoding="utf-8")
    logger = logging.getLogger("kommo_orm")
    logger.addHandler(handler)
    level, logger.level = logger.level, logging.INFO
    try:
        with Sandbox().connect() as kommo:
            kommo.account()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()
    assert "GET /api/v4/account 200" in (tmp_path / "kommo.log").read_text(encoding="utf-8")


@proves(60)
def test_waits_for_the_rate_limit_are_logged_with_their_seconds(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "kommo_orm.http"), Sandbox().connect(rate=20) as kommo:
        for _ in range(4):
            kommo.account()
    waits = [record.wait for record in caplog.records if "for the rate limit" in record.message]
    assert waits
    assert all(0 < wait < 1 for wait in waits)


@proves(60)
def test_waits_for_locks_are_logged_with_their_seconds(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    sandbox, held, done = Sandbox(), threading.Event(), threading.Event()
    lead = sandbox.add("leads", name="Roof")["id"]
    with sandbox.connect(locks=FileLocks(tmp_path)) as kommo:

        def hold() -> None:
            with kommo.lock(Lead(id=lead)):
                held.set()
                done.wait(0.1)

        worker = threading.Thread(target=hold)
        worker.start()
        held.wait()
        with caplog.at_level(logging.INFO, "kommo_orm.locks"):
            Lead(id=lead, price=5).save(using=kommo)
            Lead(id=lead, price=6).save(using=kommo)
        worker.join()
    [record] = [record for record in caplog.records if record.name == "kommo_orm.locks"]
    assert record.message.startswith(f"Waited {record.wait:.2f} s for the lock of Lead {lead} of sandbox.kommo.com")  # type: ignore[attr-defined]
