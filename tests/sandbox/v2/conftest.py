from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.v2.api_v2_client import ApiV2Client


@pytest.fixture
def api(sandbox: Sandbox) -> ApiV2Client:
    return ApiV2Client(sandbox)
