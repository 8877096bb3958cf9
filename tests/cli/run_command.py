"""Runs the command as people do: in a process of its own, with its output piped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-W", "error", "-m", "kommo_orm.cli"]


def build_environment() -> dict[str, str]:
    """The environment of this process, without variables that colour or narrow the output."""
    kept = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE"}}
    return {**kept, "PYTHONPATH": str(ROOT)}


def run_piped(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=build_environment(), capture_output=True, text=True, check=False, timeout=60
    )
