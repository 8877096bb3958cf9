"""`kommo-orm sandbox --dump FILE`: writes the definitions of the real account, for `--like FILE` and for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console

from kommo_orm import Kommo
from kommo_orm.errors import KommoError
from kommo_orm.sandbox.connect import read_definitions


def dump_definitions(path: Path) -> int:
    """Read the definitions of the account of the environment, write them to a file, and return the exit code."""
    try:
        with Kommo.from_env() as kommo:
            definitions = read_definitions(kommo, tags=True)
        path.write_text(json.dumps(definitions, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except (KommoError, OSError) as error:
        Console(stderr=True, soft_wrap=True).print(f"Cannot write {path}: {error}", style="red", markup=False)
        return 1
    Console(highlight=False, soft_wrap=True).print(summarize_definitions(path, definitions), markup=False)
    return 0


def summarize_definitions(path: Path, definitions: dict[str, Any]) -> str:
    """Say what the file has, and what it does not have."""
    fields = sum(map(len, definitions["custom_fields"].values()))
    kinds = ("pipelines", "users", "catalogs")
    counts = [f"{fields} custom fields", *(f"{len(definitions[kind])} {kind}" for kind in kinds)]
    lines = [
        f"{path} has the definitions of {definitions['account']['subdomain']}: {', '.join(counts)}.",
        "It has the names of users, and not their e-mails and phones; no cards, no tokens.",
    ]
    skipped = definitions.get("skipped", {})
    return "\n".join([*lines, *(f"Without {kind}: {reason}" for kind, reason in skipped.items())])
