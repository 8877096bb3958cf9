"""`Accounts`: many accounts of one integration, and one pool of connections."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from kommo_orm.client import Kommo
from kommo_orm.errors import NotConnected
from kommo_orm.transport.client_options import build_pool_options
from kommo_orm.transport.connection_pools import ConnectionPools
from kommo_orm.transport.hosts import normalize_account_name

if TYPE_CHECKING:
    from kommo_orm.auth.oauth import OAuth
    from kommo_orm.auth.token_store import TokenStore

_POOLED = ("timeout", "transport", "verify", "proxy", "event_hooks")


class Accounts:
    """Opens the accounts of an integration by name, each once. `defaults` are options of `Kommo` for all of them.

    >>> from kommo_orm.auth import MemoryTokenStore
    >>> with Accounts(oauth=OAuth("id", "s3cr3t", "https://example.org/kommo"), tokens=MemoryTokenStore()) as accounts:
    ...     accounts["acme"] is accounts["acme.kommo.com"]
    True
    """

    def __init__(self, *, oauth: OAuth | None = None, tokens: TokenStore | None = None, **defaults: Any) -> None:
        pooled = {name: defaults.pop(name) for name in _POOLED if name in defaults}
        self._pools = ConnectionPools(build_pool_options(**pooled))
        self._options: dict[str, Any] = {"oauth": oauth, "tokens": tokens} | defaults
        self._open: dict[str, Kommo] = {}
        self._lock = threading.Lock()
        self._closed = False

    def __getitem__(self, account: str) -> Kommo:
        """The open account of that name (subdomain, host or address)."""
        key = normalize_account_name(account)
        with self._lock:
            if self._closed:
                raise NotConnected("These accounts were closed. Make new Accounts to go on")
            kommo = self._open.get(key)
            if kommo is None or kommo.closed:
                kommo = self._open[key] = Kommo(account, pools=self._pools, **self._options)
            return kommo

    def close(self) -> None:
        """Close all accounts and their connections."""
        for kommo in self._take_all_open():
            kommo.close()
        self._pools.close()

    async def aclose(self) -> None:
        """`close` for async code."""
        for kommo in self._take_all_open():
            await kommo.aclose()
        await self._pools.aclose()

    def _take_all_open(self) -> list[Kommo]:
        with self._lock:
            self._closed = True
            opened = list(self._open.values())
            self._open.clear()
        return opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"Accounts({sorted(self._open)!r})"


__all__ = ["Accounts"]
