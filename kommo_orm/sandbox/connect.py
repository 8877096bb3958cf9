"""Connects a client of the library to the sandbox. No other file of the sandbox imports the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kommo_orm.sandbox.definition_export import DefinitionExport
from kommo_orm.sandbox.row_store import Row

if TYPE_CHECKING:
    import httpx

    from kommo_orm.client import Kommo


def connect_client(subdomain: str, token: str, transport: httpx.BaseTransport, options: dict[str, Any]) -> Kommo:
    """Return a `Kommo` that reaches the sandbox in process, without a rate limit. `options` replace these settings."""
    from kommo_orm.client import Kommo

    settings: dict[str, Any] = {"token": token, "transport": transport, "rate": None, **options}
    return Kommo(subdomain, **settings)


def read_definitions(kommo: Kommo, *, tags: bool) -> Row:
    """Read the definitions of an account with a client of the library. What its token may not read is skipped."""
    from kommo_orm.errors import BadRequest, Forbidden, NotFound, PaymentRequired

    def ask(path: str) -> Any:
        response = kommo.request("GET", path)
        return response.json() if response.content else None

    return DefinitionExport(ask, (BadRequest, Forbidden, NotFound, PaymentRequired)).read_all(tags=tags)
