from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kommo_orm import Kommo
from kommo_orm.cli.app import app
from kommo_orm.sandbox import Sandbox
from tests.cli.run_command import COMMAND, build_environment


@pytest.fixture
def original() -> Sandbox:
    sandbox = Sandbox(subdomain="acme", first_id=70_000)
    sandbox.add_field("leads", "Source", "select", enums=["Web"])
    return sandbox


def run_dump(original: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch, token: str = "sandbox-token"):
    with original.serve() as server:
        values = {"ACCOUNT": original.subdomain, "TOKEN": token, "BASE_URL": server.url}
        for name, value in values.items():
            monkeypatch.setenv(f"KOMMO_{name}", value)
        return CliRunner().invoke(app, ["sandbox", "--dump", str(path)])


def test_a_dump_is_served_by_like(original: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "definitions.json"
    result = run_dump(original, path, monkeypatch)
    assert result.exit_code == 0, result.output
    assert re.search(
        r"has the definitions of acme: \d+ custom fields, 1 pipelines, 1 users, 0 catalogs\.", result.output
    )
    assert json.loads(path.read_text(encoding="utf-8")) == original.definitions(tags=True)
    command = [*COMMAND, "sandbox", "--port", "0", "--leads", "3", "--like", str(path), "--json"]
    with subprocess.Popen(command, env=build_environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        access = json.loads(process.stdout.readline())
        assert access["account"] == "acme"
        with Kommo("acme", token=access["token"], base_url=access["address"]) as kommo:
            found = kommo.request("GET", "/api/v4/leads/custom_fields").json()["_embedded"]["custom_fields"]
            assert "Source" in [row["name"] for row in found]
            assert len(kommo.request("GET", "/api/v4/leads").json()["_embedded"]["leads"]) == 3
        process.send_signal(signal.SIGTERM)


def test_a_dump_that_fails_says_why(original: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run_dump(original, tmp_path / "definitions.json", monkeypatch, token="wrong-token")
    assert result.exit_code == 1
    assert "Cannot write" in result.output
    assert "401" in result.output
    assert "wrong-token" not in result.output
    assert not (tmp_path / "definitions.json").exists()


def test_a_dump_names_what_it_does_not_have(original: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original.faults.next(status=403, path="/api/v4/users", times=None)
    result = run_dump(original, tmp_path / "definitions.json", monkeypatch)
    assert result.exit_code == 0, result.output
    assert "Without users: GET /api/v4/users" in result.output


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text("{}", encoding="utf-8")
    result = CliRunner().invoke(app, ["sandbox", "--like", str(path)])
    assert result.exit_code == 1
    assert "has no definitions of version 1" in result.output
