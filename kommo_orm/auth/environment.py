"""The options of an account as environment variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kommo_orm.auth.file_store import FileTokenStore
from kommo_orm.auth.oauth import OAuth
from kommo_orm.errors import ConfigurationError

_OAUTH = ("CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI")


def options_from(environment: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """The arguments of `Kommo` that the environment gives. Raises `ConfigurationError` for what is missing."""

    def read(name: str) -> str | None:
        return environment.get(prefix + name, "").strip() or None

    def missing(name: str) -> ConfigurationError:
        return ConfigurationError(f"{prefix}{name} is not set.")

    account = read("ACCOUNT")
    if account is None:
        raise missing("ACCOUNT")
    options: dict[str, Any] = {"account": account} | _credentials(read, prefix)
    for name, option in (("BASE_URL", "base_url"), ("TIMEZONE", "timezone")):
        if (text := read(name)) is not None:
            options[option] = text
    for name in ("RATE", "TIMEOUT"):
        if (text := read(name)) is not None:
            options[name.lower()] = _number(prefix + name, text)
    return options


def _credentials(read: Callable[[str], str | None], prefix: str) -> dict[str, Any]:
    token, given = read("TOKEN"), [name for name in _OAUTH if read(name) is not None]
    if token is not None and given:
        raise ConfigurationError(
            f"{prefix}TOKEN and {prefix}{given[0]} are both set: use a long-lived token or OAuth, not both."
        )
    if token is not None:
        return {"token": token}
    if not given:
        raise ConfigurationError(
            f"Neither {prefix}TOKEN is set nor {', '.join(prefix + name for name in _OAUTH)}: one of the two is needed."
        )
    if absent := [prefix + name for name in _OAUTH if name not in given]:
        raise ConfigurationError(f"For OAuth {', '.join(absent)} must be set too.")
    return {"oauth": OAuth(*(read(name) or "" for name in _OAUTH)), "tokens": FileTokenStore(read("TOKENS"))}


def _number(name: str, text: str) -> float | None:
    if text.lower() == "none":
        return None
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"{name} must be a number, or none; {text!r} is not.") from None
