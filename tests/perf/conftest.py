from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.server import ServerProcess
from bench.setting import Setting


@pytest.fixture(scope="session")
def setting() -> Iterator[Setting]:
    """A server of the benchmarks, and few runs."""
    with ServerProcess(5_000) as server:
        yield Setting(server.url, 5_000, runs=3, is_quick=True)


@pytest.fixture(scope="session")
def large_setting() -> Iterator[Setting]:
    """A server with more leads, for what grows with them."""
    with ServerProcess(10_000) as server:
        yield Setting(server.url, 10_000, runs=1, is_quick=True)
