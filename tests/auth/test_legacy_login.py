"""The options of a `LegacyLogin`."""

from __future__ import annotations

import pytest

from kommo_orm import (
    ConfigurationError,
    LegacyLogin,
)
from tests.auth.login_service import (
    KEY,
)


@pytest.mark.parametrize("given", [("", KEY), ("ann@example.com", "")])
def test_invalid_options_of_a_login_raise(given: tuple[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="LegacyLogin needs"):
        LegacyLogin(*given)
    with pytest.raises(ConfigurationError, match="attempts is 1 or more"):
        LegacyLogin("ann@example.com", KEY, attempts=0)
    with pytest.raises(ConfigurationError, match="attempts is 1 or more"):
        LegacyLogin("ann@example.com", KEY, pause=-1)
