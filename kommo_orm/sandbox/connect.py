"""Connects a client of the library to the sandbox. No other file of the sandbox imports the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from kommo_orm.client import Kommo


def connect_client(subdomain: str, token: str, transport: httpx.BaseTransport, options: dict[str, Any]) -> Kommo:
    """Return a `Kommo` that reaches the sandbox in process, without a rate limit. `options` replace these settings."""
    from kommo_orm.client import Kommo

    settings: dict[str, Any] = {"token": token, "transport": transport, "rate": None, **options}
    return Kommo(subdomain, **settings)
