"""The options of `Kommo`, checked when they are given: a wrong one is named before anything is sent."""

from __future__ import annotations

import ssl
import warnings
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx

from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.connection_pools import DEFAULT_TIMEOUT, EventHooks, PoolOptions, Transport
from kommo_orm.transport.hosts import normalize_account_name
from kommo_orm.transport.http_messages import Pairs

UNVERIFIED = "verify=False: certificates are not checked, so anybody on the way can read and change what is sent."


def build_pool_options(
    *,
    timeout: float | httpx.Timeout | None = DEFAULT_TIMEOUT,
    transport: Transport | None = None,
    verify: bool | str | ssl.SSLContext = True,
    proxy: str | None = None,
    event_hooks: EventHooks | None = None,
) -> PoolOptions:
    """Check how connections are to be made. Raises `ConfigurationError`."""
    if transport is not None and (proxy is not None or verify is not True):
        raise ConfigurationError("transport= makes its own connections: give verify and proxy to it, not to Kommo")
    return PoolOptions(_parse_timeout(timeout), transport, _load_certificates(verify), proxy, event_hooks or {})


def _parse_timeout(given: float | httpx.Timeout | None) -> httpx.Timeout:
    if isinstance(given, httpx.Timeout):
        return given
    if given is None:
        return httpx.Timeout(None)
    if isinstance(given, bool) or not given > 0:
        raise ConfigurationError(f"timeout={given!r} is no limit: give a number of seconds above 0, or None")
    return httpx.Timeout(given, connect=min(given, 5.0))


def _load_certificates(verify: bool | str | ssl.SSLContext) -> bool | ssl.SSLContext:  # as httpx takes it
    """Load the certificates of a path: httpx takes contexts only."""
    if verify is False:
        warnings.warn(UNVERIFIED, stacklevel=4)
    if not isinstance(verify, str):
        return verify
    try:
        return ssl.create_default_context(cafile=verify)
    except (OSError, ssl.SSLError):
        raise ConfigurationError(f"verify={verify!r} is no readable file of certificates") from None


def validate_account_name(account: str) -> str:
    """The name of an account behind a `base_url`: any text. Raises `ConfigurationError` for an empty one."""
    if not (name := normalize_account_name(account)):
        raise ConfigurationError("Kommo needs the name of the account: its subdomain or host")
    return name


def validate_int_range(value: int, lowest: int, highest: int, name: str) -> int:
    """A whole number within its limits. Raises `ConfigurationError`."""
    if isinstance(value, bool) or type(value) is not int or not lowest <= value <= highest:
        raise ConfigurationError(f"{name}={value!r} is out of range: give a whole number from {lowest} to {highest}")
    return value


def parse_timezone(given: str | tzinfo | None) -> tzinfo | None:
    """A time zone by its name. Raises `ConfigurationError` for an unknown one."""
    if not isinstance(given, str):
        return given
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(f"timezone={given!r} is unknown here. Give a name such as Europe/Lisbon") from None


def build_headers(user_agent: str, context_user_id: int | None) -> Pairs:
    """The headers of every request."""
    agent = ("User-Agent", user_agent)
    return (agent,) if context_user_id is None else (agent, ("X-Context-User-ID", str(context_user_id)))
