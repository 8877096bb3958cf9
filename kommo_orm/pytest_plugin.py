"""pytest fixtures for projects that use kommo_orm: `kommo_sandbox` and `kommo`.

pytest loads this file in every run of such a project, so it imports the library only when a test uses a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kommo_orm.client import Kommo
    from kommo_orm.sandbox import Sandbox


@pytest.fixture
def kommo_sandbox() -> Iterator[Sandbox]:
    """A new embedded Kommo account for each test: `kommo_sandbox.seed(leads=100)`, `kommo_sandbox.define(Deal)`.

    It is strict: a query parameter that Kommo's documentation does not mention is refused, also over HTTP.
    """
    from kommo_orm.sandbox import Sandbox

    with Sandbox(strict_queries=True) as sandbox:
        yield sandbox


@pytest.fixture
def kommo(kommo_sandbox: Sandbox) -> Iterator[Kommo]:
    """A client of `kommo_sandbox`, for sync and async code. It is the active account until the test ends.

    It replaces the account that the application has activated, so that no test sends requests to that one. Other threads
    and tasks find it too, because an async test may run in a task that was started before this fixture.
    """
    with pytest.MonkeyPatch.context() as patch, kommo_sandbox.connect() as connected:
        patch.setattr("kommo_orm.model.connection._active", connected)
        yield connected
