"""Makes a virtual environment for each client, and keeps it if a folder is given."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.peers.peer import Peer

PYTHONS = ("python3.12", "python3.13", "python3.14")


def make_environment(peer: Peer, folder: Path) -> Path:
    """The Python of an environment in which the client is installed. Raises `RuntimeError` with the reason."""
    home = folder / peer.package
    python = home / "bin" / "python"
    if not (home / "done").exists():
        shutil.rmtree(home, ignore_errors=True)
        run_step([find_python(peer), "-m", "venv", str(home)])
        run_step([str(python), "-m", "pip", "install", "--quiet", peer.package, *peer.extra])
        (home / "done").touch()
    return python


def find_python(peer: Peer) -> str:
    """A Python that is new enough for the client: this one, or one on the path."""
    if sys.version_info[:2] >= peer.python:
        return sys.executable
    found = (shutil.which(name) for name in PYTHONS if tuple(map(int, name[6:].split("."))) >= peer.python)
    best = next((path for path in found if path and works(path)), None)
    if best is None:
        raise RuntimeError(f"needs Python {'.'.join(map(str, peer.python))}, which is not here")
    return best


def works(python: str) -> bool:
    """Whether it runs: the shims of pyenv are on the path and may not."""
    return subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0


def read_version(peer: Peer, python: Path) -> str:
    code = f"from importlib.metadata import version; print(version({peer.package!r}))"
    return run_step([str(python), "-c", code]).strip()


def run_step(command: list[str]) -> str:
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=600)
    if ran.returncode:
        raise RuntimeError(find_reason(ran.stderr))
    return ran.stdout


def find_reason(output: str) -> str:
    """The last line that says what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it ended without a word"])[-1][:160]
