"""Reads the options of an account from environment variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kommo_orm.errors import ConfigurationError

_OAUTH_NAMES = ("CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI")


def read_environment(environment: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """The arguments of `Kommo` that the environment gives. Raises `ConfigurationError` if one is missing."""

    def get_variable(name: str) -> str | None:
        return environment.get(prefix + name, "").strip() or None

    account = get_variable("ACCOUNT")
    if account is None:
        raise ConfigurationError(f"{prefix}ACCOUNT is not set: it names the account, such as acme")
    options: dict[str, Any] = {"account": account} | _read_credentials(get_variable, prefix)
    for name, option in (("BASE_URL", "base_url"), ("TIMEZONE", "timezone")):
        if (text := get_variable(name)) is not None:
            options[option] = text
    for name in ("RATE", "TIMEOUT"):
        if (text := get_variable(name)) is not None:
            options[name.lower()] = _parse_number(prefix + name, text)
    return options


def _read_credentials(get_variable: Callable[[str], str | None], prefix: str) -> dict[str, Any]:
    token, oauth = get_variable("TOKEN"), {name: get_variable(name) for name in _OAUTH_NAMES}
    given = [prefix + name for name, value in oauth.items() if value is not None]
    absent = [prefix + name for name, value in oauth.items() if value is None]
    if token is not None and given:
        raise ConfigurationError(
            f"{prefix}TOKEN and {given[0]} are both set: use a long-lived token or OAuth, not both"
        )
    if token is not None:
        return {"token": token}
    if not given:
        raise ConfigurationError(f"No token is set: set {prefix}TOKEN, or for OAuth {', '.join(absent)}")
    if absent:
        raise ConfigurationError(f"OAuth needs more variables: set {', '.join(absent)} too")
    from kommo_orm.auth.file_token_store import FileTokenStore
    from kommo_orm.auth.oauth import OAuth

    return {
        "oauth": OAuth(*(value or "" for value in oauth.values())),
        "tokens": FileTokenStore(get_variable("TOKENS")),
    }


def _parse_number(name: str, text: str) -> float | None:
    if text.lower() == "none":
        return None
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"{name} must be a number or none, not {text!r}") from None
