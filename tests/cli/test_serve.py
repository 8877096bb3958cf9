from __future__ import annotations

import json
import re
import signal
import socket
import subprocess

import httpx
import pytest
from rich.text import Text
from typer.testing import CliRunner

from kommo_orm import Kommo, Lead, MemoryTokenStore, OAuth
from kommo_orm.cli.app import app
from kommo_orm.cli.serve import ServeOptions, build_announcement, create_sandbox, describe_access
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
        announcement = Text.from_markup(build_announcement(describe_access(sandbox, server), counts)).plain
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


def test_json_answers_what_a_client_needs() -> None:
    command = [*COMMAND, "sandbox", "--port", "0", "--leads", "5", "--json", "--v2"]
    with subprocess.Popen(command, env=build_environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        access = json.loads(process.stdout.readline())
        oauth = OAuth(access["client_id"], access["client_secret"], access["redirect_uri"])
        with Kommo("sandbox", oauth=oauth, tokens=MemoryTokenStore(), base_url=access["address"]) as kommo:
            kommo.authorize(access["code"])
            assert len(Lead.objects.list()) == 5
        headers = {"Authorization": f"Bearer {access['token']}"}
        assert httpx.get(f"{access['address']}/api/v4/leads?with=all", headers=headers).status_code == 200
        login = {"USER_LOGIN": access["login"], "USER_HASH": access["api_key"]}
        assert httpx.post(f"{access['address']}/private/api/auth.php?type=json", data=login).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == ""
    assert process.returncode == 0


def test_strict_refuses_unknown_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: list[int] = []

    def visit(server: SandboxServer) -> None:
        headers = {"Authorization": "Bearer sandbox-token"}
        statuses.append(httpx.get(f"{server.url}/api/v4/leads?order[naem]=asc", headers=headers).status_code)

    monkeypatch.setattr(SandboxServer, "wait", visit)
    for options in ((), ("--strict",)):
        assert CliRunner().invoke(app, ["sandbox", "--port", "0", "--leads", "5", *options]).exit_code == 0
    assert statuses == [200, 400]


def test_the_seed_decides_about_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[list[str]] = []

    def visit(server: SandboxServer) -> None:
        with Kommo("sandbox", token="sandbox-token", base_url=server.url):
            names.append([lead.name for lead in Lead.objects.list()])

    monkeypatch.setattr(SandboxServer, "wait", visit)
    for seed in ("1", "7", "7"):
        assert CliRunner().invoke(app, ["sandbox", "--port", "0", "--leads", "5", "--seed", seed]).exit_code == 0
    assert names[0] != names[1] == names[2]


def test_the_public_address_is_announced_and_named_by_links(monkeypatch: pytest.MonkeyPatch) -> None:
    links: list[str] = []

    def visit(server: SandboxServer) -> None:
        url = f"http://{server.host}:{server.port}/api/v4/account"
        headers = {"Authorization": "Bearer sandbox-token", "Host": "acme.kommo.com"}
        links.append(httpx.get(url, headers=headers).json()["_links"]["self"]["href"])

    monkeypatch.setattr(SandboxServer, "wait", visit)
    arguments = ["sandbox", "--port", "0", "--leads", "0", "--public-url", "https://acme.kommo.com"]
    found = CliRunner().invoke(app, arguments)
    assert "A Kommo account at https://acme.kommo.com with" in found.stdout
    assert links == ["https://acme.kommo.com/api/v4/account"]
    assert create_sandbox(ServeOptions(public_url="https://acme.kommo.com")).subdomain == "acme"
    assert create_sandbox(ServeOptions(public_url="https://crm.test")).subdomain == "sandbox"


def test_v2_shows_the_older_api_and_login() -> None:
    sandbox = Sandbox()
    with sandbox.serve() as server:
        text = Text.from_markup(build_announcement(describe_access(sandbox, server, v2=True), {}, v2=True)).plain
    assert 'dialect="v2"' in text
    assert f"{sandbox.login} with the API key {sandbox.api_key}" in text


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
