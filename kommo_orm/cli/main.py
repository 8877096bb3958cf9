"""The command `kommo-orm`, and a sentence where what it needs beyond the library is not installed."""

from __future__ import annotations

import sys
from importlib.util import find_spec

_NEEDED = ("typer", "rich")


def main() -> None:
    """Run the command with the arguments of the process."""
    absent = [name for name in _NEEDED if find_spec(name) is None]
    if absent:
        needed = " and ".join(absent)
        sys.exit(f'The command kommo-orm needs {needed}, not installed here: pip install "kommo-orm[cli]"')
    from kommo_orm.cli.app import app

    app(prog_name="kommo-orm")
