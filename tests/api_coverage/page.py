"""The page of the guide that shows the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tests.api_coverage.ledger import ROOT, Endpoint, Entry, endpoints, entries, is_served

PAGE = ROOT / "docs" / "api-coverage.md"
HEAD = """# API coverage

Every endpoint of Kommo's API that is known, and where it is here. This page is generated (`python -m tests.api_coverage`)
and checked with the tests: the named attributes exist, the async one takes and gives what the sync one does, and the named test
really reaches the endpoint. *Sandbox* says whether the sandbox has a route for it.

*Evidence*: `confirmed` is documented or was recorded; `confirmed-A` is known of amoCRM; `unconfirmed` was said by one source only.
"""


def page() -> str:
    return HEAD + "".join(sections())


def sections() -> Iterator[str]:
    told = entries()
    covered = sum(1 for endpoint in endpoints() if not told[endpoint.id].reason)
    yield f"\n{covered} of {len(endpoints())} endpoints are covered; of the others the table says why not.\n"
    for section, group in groupby(endpoints(), key=lambda endpoint: endpoint.section):
        yield f"\n## {section}\n\n"
        yield "| | Endpoint | Model | Sync | Async | Sandbox | Test |\n|---|---|---|---|---|---|---|\n"
        for endpoint in group:
            yield line(endpoint, told[endpoint.id]) + "\n"


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
