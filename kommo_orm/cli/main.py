"""The entry point of the command `kommo-orm`. It says how to install typer and rich where they are missing."""

from __future__ import annotations

import sys
from importlib.util import find_spec

_REQUIRED = ("typer", "rich")


def main() -> None:
    """Run the command with the arguments of the process."""
    missing = [name for name in _REQUIRED if find_spec(name) is None]
    if missing:
        names = " and ".join(missing)
        sys.exit(f'The command kommo-orm needs {names}. Install it with: pip install "kommo-orm[cli]"')
    from kommo_orm.cli.app import app

    app(prog_name="kommo-orm")
