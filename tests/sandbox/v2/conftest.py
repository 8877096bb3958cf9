from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.v2.asking import Old


@pytest.fixture
def old(sandbox: Sandbox) -> Old:
    return Old(sandbox)
