from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from kommo_orm import __version__
from kommo_orm.cli.app import app
from kommo_orm.cli.main import main
from tests.cli.run_command import build_environment, run_piped


def test_help_names_the_commands() -> None:
    found = run_piped("--help")
    assert found.returncode == 0
    assert "demo" in found.stdout
    assert "sandbox" in found.stdout


def test_help_does_not_import_the_library() -> None:
    code = "import sys, kommo_orm.cli.app; print(*{'pydantic', 'httpx', 'kommo_orm.client'} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], env=build_environment(), capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout.strip()) == (0, "")


def test_version_is_printed() -> None:
    found = CliRunner().invoke(app, ["--version"])
    assert (found.exit_code, found.stdout) == (0, f"kommo-orm {__version__}\n")


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(app, ["dmeo"]).exit_code == 2


def test_main_runs_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["kommo-orm", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize("absent", ["typer", "rich"])
def test_a_missing_package_is_reported_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch, absent: str) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == (f'The command kommo-orm needs {absent}. Install it with: pip install "kommo-orm[cli]"')
