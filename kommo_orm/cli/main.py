"""The command `kommo-orm`, and a sentence where what it needs beyond the library is not installed."""

from __future__ import annotations

import sys

_EXTRA = {"rich", "typer"}


def main() -> None:
    """Run the command with the arguments of the process."""
    try:
        from kommo_orm.cli.app import app
    except ModuleNotFoundError as missing:
        name = (missing.name or "").partition(".")[0]
        if name not in _EXTRA:
            raise
        sys.exit(f'The command kommo-orm needs {name}, which is not installed: pip install "kommo-orm[cli]"')
    app(prog_name="kommo-orm")
