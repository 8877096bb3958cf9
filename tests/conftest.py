"""What holds for every test: no network but this machine's, no account left over, async tests on asyncio."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from hypothesis import settings

from kommo_orm.model import connection
from kommo_orm.transport import shared_limits
from tests import network

pytest_plugins = ["tests.recording"]
if find_spec("kommo_orm.pytest_plugin"):
    pytest_plugins.append("kommo_orm.pytest_plugin")

settings.register_profile("dev", max_examples=30, deadline=None)
settings.register_profile("ci", max_examples=150, deadline=None, derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first, so that no worker is left with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop of `async def` tests."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuses connections to other machines, so that no test ever depends on one."""
    with network.reaching(network.is_local):
        yield


@pytest.fixture(autouse=True)
def no_account_left_over() -> Iterator[None]:
    """Forgets what a test left open, active or paced: the next one starts as a new process does."""
    yield
    connection.in_use.set(None)
    connection._active = None
    connection._open.clear()
    shared_limits._limits_of.clear()
