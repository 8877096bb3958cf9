"""What users give as options, checked when it is given: a wrong one is named before anything is sent."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx

from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.connection_pools import DEFAULT_TIMEOUT, EventHooks, PoolOptions, Transport
from kommo_orm.transport.hosts import normalize_account_name
from kommo_orm.transport.http_messages import NO_BODY, HttpRequest, Pairs, Repeat
from kommo_orm.transport.query_string import flatten_params

XHR_HEADERS: Pairs = (("X-Requested-With", "XMLHttpRequest"),)

UNVERIFIED = "verify=False: certificates are not checked, so anybody on the way can read and change what is sent."
Params: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Any]]


def build_pool_options(
    *,
    timeout: float | httpx.Timeout | None = DEFAULT_TIMEOUT,
    transport: Transport | None = None,
    verify: bool | str | ssl.SSLContext = True,
    proxy: str | None = None,
    event_hooks: EventHooks | None = None,
) -> PoolOptions:
    """How connections are made. Raises `ConfigurationError`."""
    if transport is not None and (proxy is not None or verify is not True):
        raise ConfigurationError("transport= makes its own connections: give it verify and proxy, not Kommo.")
    return PoolOptions(_parse_timeout(timeout), transport, _load_certificates(verify), proxy, event_hooks or {})


def _parse_timeout(given: float | httpx.Timeout | None) -> httpx.Timeout:
    if isinstance(given, httpx.Timeout):
        return given
    if given is None:
        return httpx.Timeout(None)
    if isinstance(given, bool) or not given > 0:
        raise ConfigurationError(f"timeout is a number of seconds above 0, or None for no limit; {given!r} is not.")
    return httpx.Timeout(given, connect=min(given, 5.0))


def _load_certificates(verify: bool | str | ssl.SSLContext) -> bool | ssl.SSLContext:  # as httpx takes it
    """A path becomes a context: httpx gives up paths."""
    if verify is False:
        warnings.warn(UNVERIFIED, stacklevel=4)
    if not isinstance(verify, str):
        return verify
    try:
        return ssl.create_default_context(cafile=verify)
    except (OSError, ssl.SSLError):
        raise ConfigurationError(f"verify={verify!r} is no readable file of certificates.") from None


def validate_account_name(account: str) -> str:
    """The name of an account behind a `base_url`, which may be any."""
    if not (name := normalize_account_name(account)):
        raise ConfigurationError("Kommo needs the account's name.")
    return name


def validate_int_range(value: int, lowest: int, highest: int, name: str) -> int:
    """A whole number within its limits."""
    if isinstance(value, bool) or type(value) is not int or not lowest <= value <= highest:
        raise ConfigurationError(f"{name} is a whole number from {lowest} to {highest}; {value!r} is not.")
    return value


def parse_timezone(given: str | tzinfo | None) -> tzinfo | None:
    """A time zone by its name."""
    if not isinstance(given, str):
        return given
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(f"{given!r} is no time zone known here. Names are as in Europe/Lisbon.") from None


def build_headers(user_agent: str, context_user_id: int | None) -> Pairs:
    """What every request carries."""
    agent = ("User-Agent", user_agent)
    return (agent,) if context_user_id is None else (agent, ("X-Context-User-ID", str(context_user_id)))


def build_raw_request(
    method: str,
    path: str,
    *,
    params: Params | None,
    json: Any,
    form: Params | None,
    headers: Mapping[str, str] | None,
    repeat: bool | None,
) -> HttpRequest:
    """The call of `Kommo.request`."""
    verb = method.upper()
    if json is not NO_BODY and form is not None:
        raise ConfigurationError("A request has one body: give json= or form=, not both.")
    again = repeat if repeat is not None else verb != "POST"
    return HttpRequest(
        verb,
        path,
        params=flatten_params(params),
        json=json,
        form=None if form is None else flatten_params(form),
        headers=tuple((headers or {}).items()),
        repeat=Repeat.SAFE if again else Repeat.CREATES,
    )


def build_ajax_request(path: str, params: Params | None, *, repeat: bool) -> HttpRequest:
    """The call of `Kommo.ajax`, as the web interface makes it."""
    return HttpRequest(
        "POST",
        path,
        form=flatten_params(params),
        headers=XHR_HEADERS,
        repeat=Repeat.SAFE if repeat else Repeat.UNKNOWN,
    )
