"""Which options of `Kommo` give access together."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import (
    ConfigurationError,
    Kommo,
    LegacyLogin,
    MemoryTokenStore,
    OAuth,
)
from tests.auth.login_service import (
    KEY,
)


@pytest.mark.parametrize(
    "beside",
    [{"token": "t" * 20}, {"oauth": OAuth("id", "s3cr3t-s3cr3t", "https://x.org")}, {"tokens": MemoryTokenStore()}],
)
def test_login_beside_another_kind_of_access_raises(beside: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="login= stands by itself"):
        Kommo("acme", login=LegacyLogin("ann@example.com", KEY), **beside)
