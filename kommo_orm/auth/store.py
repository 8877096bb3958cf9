"""Where tokens live between requests, and between processes."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from kommo_orm.auth.tokens import Tokens
from kommo_orm.transport.hosts import normalize_account_name


@runtime_checkable
class TokenStore(Protocol):
    """Keeps the tokens of many accounts. Any object with these four methods will do; they may block.

    `account` is a full host; a store treats `acme` and `acme.kommo.com` as one. `save` returns only when the tokens
    would survive a crash: the old refresh token is spent once they are used.
    """

    def load(self, account: str) -> Tokens | None:
        """The tokens, or None if the account was never authorised. Raises `TokenStoreError`."""

    def save(self, account: str, tokens: Tokens) -> None: ...
    def delete(self, account: str) -> None: ...

    def lock(self, account: str) -> AbstractContextManager[object]:
        """One holder at a time among all who share the store. Entered and left in different threads, perhaps."""
        ...


class MemoryTokenStore:
    """For tests and for tokens that others keep: forgotten with the process.

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
