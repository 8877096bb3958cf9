"""The types are a feature: `tests/typing/` is checked by mypy and pyright, with and without pydantic's mypy plugin.

Those files are never run. Lines that must be errors carry `# type: ignore[code]`; both checkers report such
a comment where it is not needed, so a mistake that is no longer caught fails here as a false alarm does. What is in
force is the configuration in pyproject.toml, the same as on the command line; only the plugin is a run of its own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TypeAlias

import pytest

ROOT = Path(__file__).parent.parent
PLUGIN = """
[mypy]
strict = True
plugins = pydantic.mypy
follow_imports = silent
explicit_package_bases = True
mypy_path = {root}
"""
UNNEEDED = "number: int = 5  # type: ignore[assignment]\n"

pytestmark = pytest.mark.slow


Checked: TypeAlias = "subprocess.CompletedProcess[str]"


def mypy(*arguments: str, cwd: Path = ROOT) -> Checked:
    return run("mypy", *arguments, cwd=cwd)


def pyright(cwd: Path = ROOT) -> Checked:
    """`--project`: else a configuration that lies further up wins over pyproject.toml."""
    return run("pyright", "--pythonpath", sys.executable, "--project", ".", cwd=cwd)


def run(module: str, *arguments: str, cwd: Path) -> Checked:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_mypy_understands_every_line() -> None:
    found = mypy("--strict", "kommo_orm", "tests/typing")
    assert found.returncode == 0, found.stdout + found.stderr


def test_mypy_understands_the_same_with_pydantics_plugin(tmp_path: Path) -> None:
    """As in a project of a user who has the plugin on: our package is imported, not checked."""
    config = tmp_path / "mypy.ini"
    config.write_text(PLUGIN.format(root=ROOT))
    found = mypy("--config-file", str(config), "--cache-dir", ".mypy_cache/plugin", "tests/typing")
    assert found.returncode == 0, found.stdout + found.stderr


def test_pyright_understands_every_line() -> None:
    found = pyright()
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.fixture
def unneeded(tmp_path: Path) -> Path:
    """A project with our settings and a wrong line that is not wrong."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "kommo_orm").mkdir()
    (tmp_path / "tests" / "typing").mkdir(parents=True)
    (tmp_path / "tests" / "typing" / "unneeded.py").write_text(UNNEEDED)
    return tmp_path


def test_mypy_reports_a_wrong_line_that_passes(unneeded: Path) -> None:
    found = mypy("tests/typing", cwd=unneeded)
    assert 'unneeded.py:1: error: Unused "type: ignore" comment' in found.stdout


def test_pyright_reports_a_wrong_line_that_passes(unneeded: Path) -> None:
    found = pyright(cwd=unneeded)
    assert "unneeded.py:1" in found.stdout
    assert 'Unnecessary "# type: ignore" comment' in found.stdout
