"""The page of the guide that shows the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tests.api_coverage.ledger import ROOT, Endpoint, Entry, endpoints, entries, is_served

PAGE = ROOT / "docs" / "api-coverage.md"
HEAD = """# API coverage

This page lists every known endpoint of Kommo's API, and where the library has it. It is generated
(`python -m tests.api_coverage`), and tests check it: the named attributes exist, the async one has the signature of the sync
one, and the named test really reaches the endpoint. *Sandbox* says whether the sandbox has a route for it.

*Evidence*: `confirmed` is documented or was recorded; `confirmed-A` is known from amoCRM; `unconfirmed` is known from one source
only.
"""


def page() -> str:
    return HEAD + "".join(sections())


def sections() -> Iterator[str]:
    entry_of = entries()
    covered = sum(1 for endpoint in endpoints() if not entry_of[endpoint.id].reason)
    yield f"\n{covered} of {len(endpoints())} endpoints are covered. For the others the table gives the reason.\n"
    for section, group in groupby(endpoints(), key=lambda endpoint: endpoint.section):
        yield f"\n## {section}\n\n"
        yield "| | Endpoint | Model | Sync | Async | Sandbox | Test |\n|---|---|---|---|---|---|---|\n"
        for endpoint in group:
            yield line(endpoint, entry_of[endpoint.id]) + "\n"


def line(endpoint: Endpoint, entry: Entry) -> str:
    address = f"`{endpoint.method} {endpoint.path}`".replace("|", "\\|")
    served = "yes" if is_served(endpoint) else "no"
    if entry.reason:
        return f"| {endpoint.id} | {address} | *{entry.reason}* | | | {served} | |"
    names = (short(name) for name in (entry.model, entry.sync, entry.asynchronous))
    test = entry.test.rpartition("::")
    return f"| {endpoint.id} | {address} | {' | '.join(names)} | {served} | `{test[0].rpartition('/')[2]}` {test[2]} |"


def short(name: str) -> str:
    return f"`{name.rpartition(':')[2]}`"
