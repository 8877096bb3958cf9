"""Every test of the suite runs once in each dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.dialects.suite.spoken import Spoken, furnished

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["v4", "v2"])
def spoken(request: Any) -> Iterator[Spoken]:
    sandbox = furnished()
    with sandbox.connect(dialect=request.param, timezone=sandbox.account.timezone, backoff=0) as kommo:
        yield Spoken(sandbox, kommo, request.param)


@pytest.fixture
def v2() -> Iterator[Spoken]:
    """For what only the older API does, or says in its own way."""
    sandbox = furnished()
    with sandbox.connect(dialect="v2", timezone=sandbox.account.timezone, backoff=0) as kommo:
        yield Spoken(sandbox, kommo, "v2")


@pytest.fixture
def v4() -> Iterator[Spoken]:
    """For what the newer API has not."""
    sandbox = furnished()
    with sandbox.connect(timezone=sandbox.account.timezone, backoff=0) as kommo:
        yield Spoken(sandbox, kommo, "v4")
