"""Fixtures for projects that use kommo_orm: `kommo_sandbox` and `kommo`.

pytest loads this file in every run of such a project, so it imports nothing of the library before a test asks for it.
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
    """An embedded Kommo account, fresh for each test: `kommo_sandbox.seed(leads=100)`, `kommo_sandbox.define(Deal)`."""
    from kommo_orm.sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def kommo(kommo_sandbox: Sandbox) -> Iterator[Kommo]:
    """The account `kommo_sandbox`, connected in process, sync and async; the current account until the test ends.

    It takes the place of whatever account the application has activated, so that no test reaches that one, and it is
    found in other threads and tasks too: async tests may run in a task that was started before this fixture.
    """
    with pytest.MonkeyPatch.context() as patch, kommo_sandbox.connect() as connected:
        patch.setattr("kommo_orm.model.connection._active", connected)
        yield connected
