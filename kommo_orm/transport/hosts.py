"""The names of accounts, and which hosts belong to Kommo."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from kommo_orm.errors import ConfigurationError

DOMAINS: Final = ("kommo.com", "amocrm.ru", "amocrm.com")
DEFAULT_DOMAIN: Final = "kommo.com"

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_HOW_TO_NAME = 'Give the subdomain ("acme"), the host ("acme.kommo.com") or its address ("https://acme.kommo.com")'


def resolve_account_host(account: str) -> str:
    """The full host of an account given as subdomain, host or address. Raises `ConfigurationError`.

    >>> resolve_account_host("Acme"), resolve_account_host("https://acme.amocrm.ru/leads/")
    ('acme.kommo.com', 'acme.amocrm.ru')

    Source: Kommo API v4, "Account domains".
    """
    given = account.strip()
    host = _parse_url_host(given) if "://" in given else given.rstrip("/").lower()
    if "." not in host:
        return f"{_validate_label(host, account)}.{DEFAULT_DOMAIN}"
    label, _, domain = host.partition(".")
    if domain not in DOMAINS:
        raise ConfigurationError(
            f"{account!r} is no Kommo account: its host must end in {', '.join(DOMAINS)}. {_HOW_TO_NAME}"
        )
    return f"{_validate_label(label, account)}.{domain}"


def normalize_account_name(account: str) -> str:
    """The name under which an account is stored: its full host, or what was given when that is no host of Kommo."""
    try:
        return resolve_account_host(account)
    except ConfigurationError:
        return account.strip().lower()


def is_kommo_host(host: str) -> bool:
    """True for the service's own hosts: accounts, files, chats. Only they are trusted with a token.

    >>> is_kommo_host("drive-b.kommo.com"), is_kommo_host("kommo.com.example.org")
    (True, False)
    """
    return any(host == domain or host.endswith(f".{domain}") for domain in DOMAINS)


LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


def is_same_machine(one: str | None, other: str | None) -> bool:
    """True for two names of one host.

    >>> is_same_machine("127.0.0.1", "localhost"), is_same_machine("127.0.0.1", "example.org")
    (True, False)
    """
    return one == other or (one in LOOPBACK and other in LOOPBACK)


def parse_base_url(url: str) -> str:
    """A `base_url` as it is put before paths. Raises `ConfigurationError` on what is no http(s) address."""
    parts = _split_url(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ConfigurationError(
            f"base_url must be an address such as http://localhost:8000, without a query; {url!r} is none"
        )
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _parse_url_host(url: str) -> str:
    parts = _split_url(url)
    # What follows the host does not matter: people paste the address of the page that they see.
    if parts.scheme not in ("http", "https") or parts.port not in (None, 443) or parts.username:
        raise ConfigurationError(f"{url!r} is not the address of a Kommo account. {_HOW_TO_NAME}")
    return parts.hostname or ""


def _split_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises on what is no number
    except ValueError:
        raise ConfigurationError(f"{url!r} is not an address. {_HOW_TO_NAME}") from None
    return parts


def _validate_label(label: str, account: str) -> str:
    if label == "www":
        raise ConfigurationError(f"{account!r} is Kommo's website, not an account. {_HOW_TO_NAME}")
    if not _LABEL.fullmatch(label):
        raise ConfigurationError(f"{account!r} is not the name of a Kommo account. {_HOW_TO_NAME}")
    return label
