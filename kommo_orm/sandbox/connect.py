"""The one bridge from the sandbox to the library: a connected client, imported only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from kommo_orm.client import Kommo


def connect_client(subdomain: str, token: str, transport: httpx.BaseTransport, options: dict[str, Any]) -> Kommo:
    """A `Kommo` that talks to the sandbox in process: no pace, its token, its transport; `options` win."""
    from kommo_orm.client import Kommo

    settings: dict[str, Any] = {"token": token, "transport": transport, "rate": None, **options}
    return Kommo(subdomain, **settings)
