"""The protocol of token stores, and the store in memory."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import Protocol, cast, runtime_checkable

from kommo_orm.auth.tokens import Tokens
from kommo_orm.errors import ConfigurationError
from kommo_orm.locking.protocol import find_lacking_members
from kommo_orm.transport.hosts import normalize_account_name


@runtime_checkable
class TokenStore(Protocol):
    """Keeps the tokens of many accounts. Any object with these four methods is a store; they may block.

    `account` is a full host; a store treats `acme` and `acme.kommo.com` as one account. `save` returns only when the
    tokens would survive a crash, because the old refresh token stops working once they are used.
    """

    def load(self, account: str) -> Tokens | None:
        """The tokens, None if the account was never authorized. Raises `TokenStoreError`."""

    def save(self, account: str, tokens: Tokens) -> None: ...
    def delete(self, account: str) -> None: ...

    def lock(self, account: str) -> AbstractContextManager[object]:
        """A lock with one holder at a time, among all who share the store.

        One thread may enter it and another one leave it.
        """
        ...


def validate_token_store(store: object) -> TokenStore:
    """Return a store that a user gave. Raises `ConfigurationError` for an object without its methods."""
    lacking = find_lacking_members(store, ("load", "save", "delete", "lock"))
    if lacking:
        raise ConfigurationError(
            f"tokens= takes a token store, an object with load, save, delete and lock. {lacking}. "
            "FileTokenStore(folder) and MemoryTokenStore() are such stores"
        )
    return cast("TokenStore", store)


class MemoryTokenStore:
    """Keeps tokens in memory, until the process ends. For tests, and for tokens that another program keeps.

    >>> store = MemoryTokenStore()
    >>> store.save("acme", Tokens("access", "refresh", None, "acme.kommo.com"))
    >>> store.load("acme.kommo.com")
    Tokens(account='acme.kommo.com', expires_at=None)
    """

    def __init__(self) -> None:
        self._tokens: dict[str, Tokens] = {}
        self._locks: dict[str, threading.Lock] = {}

    def load(self, account: str) -> Tokens | None:
        return self._tokens.get(normalize_account_name(account))

    def save(self, account: str, tokens: Tokens) -> None:
        self._tokens[normalize_account_name(account)] = tokens

    def delete(self, account: str) -> None:
        self._tokens.pop(normalize_account_name(account), None)

    def lock(self, account: str) -> AbstractContextManager[object]:
        return self._locks.setdefault(normalize_account_name(account), threading.Lock())

    def __repr__(self) -> str:
        return f"MemoryTokenStore({sorted(self._tokens)!r})"


__all__ = ["MemoryTokenStore", "TokenStore"]
