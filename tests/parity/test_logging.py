"""Debugging: Python's own logging, a line a request, nothing secret."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from kommo_orm import Lead
from kommo_orm.sandbox import Sandbox
from tests.parity.ledger import proves


@proves(55, 56, 58, 59, 60, "R10")
def test_requests_and_answers_are_logged_when_one_wants_it(caplog: pytest.LogCaptureFixture) -> None:
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


@proves(55)
def test_nothing_is_logged_unasked(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
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
