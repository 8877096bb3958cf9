from __future__ import annotations

from pathlib import Path

import pytest

from kommo_orm.auth import FileTokenStore, OAuth
from kommo_orm.auth.environment import read_environment
from kommo_orm.errors import ConfigurationError

OAUTH = {"K_CLIENT_ID": "id", "K_CLIENT_SECRET": "hidden-one", "K_REDIRECT_URI": "https://example.org/k"}


def test_a_token_and_all_options() -> None:
    environment = {
        "K_ACCOUNT": "acme",
        "K_TOKEN": " a-token ",
        "K_BASE_URL": "http://localhost:8000",
        "K_RATE": "3.5",
        "K_TIMEZONE": "Europe/Lisbon",
        "K_TIMEOUT": "none",
        "OTHER": "x",
    }
    assert read_environment(environment, "K_") == {
        "account": "acme",
        "token": "a-token",
        "base_url": "http://localhost:8000",
        "rate": 3.5,
        "timezone": "Europe/Lisbon",
        "timeout": None,
    }


def test_oauth_with_a_folder_of_tokens(tmp_path: Path) -> None:
    options = read_environment({"K_ACCOUNT": "acme", "K_TOKENS": str(tmp_path)} | OAUTH, "K_")
    assert options["oauth"] == OAuth("id", "hidden-one", "https://example.org/k")
    assert isinstance(options["tokens"], FileTokenStore)
    assert options["tokens"].folder == tmp_path


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"K_TOKEN": "t"}, "K_ACCOUNT"),
        ({"K_ACCOUNT": " ", "K_TOKEN": "t"}, "K_ACCOUNT"),
        ({"K_ACCOUNT": "acme"}, "K_CLIENT_ID"),
        ({"K_ACCOUNT": "acme", "K_CLIENT_ID": "id"}, "K_CLIENT_SECRET, K_REDIRECT_URI"),
        ({"K_ACCOUNT": "acme", "K_TOKEN": "t"} | OAUTH, "K_CLIENT_ID"),
        ({"K_ACCOUNT": "acme", "K_TOKEN": "t", "K_RATE": "fast"}, "K_RATE"),
    ],
)
def test_missing_and_contradictory_variables_are_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_environment(environment, "K_")
    assert named in str(caught.value)
    assert "hidden-one" not in str(caught.value)
