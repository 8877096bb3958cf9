from __future__ import annotations

import re
import signal
import socket
import subprocess

import pytest
from rich.text import Text
from typer.testing import CliRunner

from kommo_orm import Kommo, Lead
from kommo_orm.cli.app import app
from kommo_orm.cli.serve import build_announcement
from kommo_orm.sandbox import Sandbox, SandboxServer
from tests.cli.run_command import COMMAND, build_environment


def test_serve_runs_until_interrupted() -> None:
    command = [*COMMAND, "sandbox", "--port", "0", "--leads", "5"]
    with subprocess.Popen(command, env=build_environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"at (http://127\.0\.0\.1:\d+) with 5 leads", line)
        assert found is not None, line
        with Kommo("sandbox", token="sandbox-token", base_url=found[1]):
            assert len(Lead.objects.list()) == 5
        process.send_signal(signal.SIGTERM)  # SIGINT is ignored below a shell that runs the tests in the background
        rest = process.stdout.read()
    assert process.returncode == 0
    assert re.search(r"Stopped after \d+ requests\.", rest)


def test_the_printed_code_connects_to_the_account(capsys: pytest.CaptureFixture[str]) -> None:
    sandbox = Sandbox()
    counts = sandbox.seed(leads=3)
    with sandbox.serve() as server:
        announcement = Text.from_markup(build_announcement(sandbox, server, counts)).plain
        code = re.search(r"^from kommo_orm.*?(?=^or )", announcement, re.DOTALL | re.MULTILINE)
        assert code is not None
        exec(code[0], {})
        variables = dict(pair.split("=") for pair in announcement.splitlines()[-1].removeprefix("export ").split())
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            with Kommo.from_env() as kommo:
                assert kommo.account().subdomain == "sandbox"
    assert sandbox.rows("leads")[0]["name"] in capsys.readouterr().out
    assert f"Its token: {sandbox.token}." in announcement


def test_options_set_rate_limit_and_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: list[int] = []

    def visit(server: SandboxServer) -> None:
        with Kommo("sandbox", token="sandbox-token", base_url=server.url, rate=None, retries=1) as kommo:
            for _ in range(2):
                try:
                    statuses.append(kommo.request("GET", "/api/v4/account").status)
                except Exception as error:  # noqa: BLE001
                    statuses.append(getattr(error, "status", 0))

    monkeypatch.setattr(SandboxServer, "wait", visit)
    found = CliRunner().invoke(
        app, ["sandbox", "--port", "0", "--leads", "0", "--rate-limit", "1", "--latency", "0.01"]
    )
    assert found.exit_code == 0
    assert statuses == [200, 429]


def test_a_port_in_use_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = CliRunner().invoke(app, ["sandbox", "--port", str(port)])
    assert found.exit_code == 1
    assert found.stderr.startswith(f"Cannot listen on 127.0.0.1, port {port}:")
