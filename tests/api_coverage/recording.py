"""A pytest plugin that notes which endpoints of the sandbox each test reached successfully, for the proof of the ledger.

`python -m pytest -p tests.api_coverage.recording --reached=FILE ...` writes a line of JSON a request: test, verb, path.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FIRST_REFUSAL = 400


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--reached", help="file to which the reached endpoints are written")


@pytest.fixture(autouse=True, scope="session")
def _reached(request: pytest.FixtureRequest) -> Iterator[None]:
    from kommo_orm.sandbox.sandbox import Sandbox

    seen: set[tuple[str, str, str]] = set()
    handle: Callable[..., Any] = Sandbox._handle  # requests of sync and async clients and of servers pass through it

    def noted(self: Sandbox, asked: Any, **options: Any) -> Any:
        response = handle(self, asked, **options)
        if 0 < response.status < FIRST_REFUSAL:
            test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
            seen.add((test, asked.method, asked.path.partition("?")[0]))
        return response

    patch = pytest.MonkeyPatch()
    patch.setattr(Sandbox, "_handle", noted)
    yield
    patch.undo()
    lines = (json.dumps(one) for one in sorted(seen))
    Path(request.config.getoption("--reached")).write_text("\n".join(lines), encoding="utf-8")
