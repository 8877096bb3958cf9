"""`UserTokenStore`: a token store as the library calls it. What fails in the user's own code becomes `TokenStoreError`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import NoReturn, TypeVar

from kommo_orm.auth.token_store import TokenStore
from kommo_orm.auth.tokens import Tokens
from kommo_orm.errors import KommoError, TokenStoreError
from kommo_orm.transport.redaction import redact_text

T = TypeVar("T")


class UserTokenStore:
    """Calls a store, and says which step failed and why. Errors of the library pass as they are."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store

    def load(self, account: str) -> Tokens | None:
        tokens: object = self._call("load", account, lambda: self._store.load(account))
        if isinstance(tokens, Coroutine):
            tokens.close()
        if tokens is not None and not isinstance(tokens, Tokens):
            raise TokenStoreError(
                f"{self._describe('load', account)} returned a {type(tokens).__name__}; it is an ordinary function and "
                "returns Tokens, or None if there are none. Tokens.from_dict(...) makes them of what to_dict() gave"
            )
        return tokens

    def save(self, account: str, tokens: Tokens) -> None:
        self._call("save", account, lambda: self._store.save(account, tokens))

    def delete(self, account: str) -> None:
        self._call("delete", account, lambda: self._store.delete(account))

    def lock(self, account: str) -> AbstractContextManager[object]:
        """The store's lock. Its errors are told apart from those of the work inside."""
        lock: object = self._call("lock", account, lambda: self._store.lock(account))
        if not isinstance(lock, AbstractContextManager):
            raise TokenStoreError(
                f"{self._describe('lock', account)} returned a {type(lock).__name__}; it returns a context manager, such as "
                "a threading.Lock"
            )
        return self._hold_lock(account, lock)

    @contextmanager
    def _hold_lock(self, account: str, lock: AbstractContextManager[object]) -> Generator[None]:
        self._call("lock", account, lock.__enter__)
        try:
            yield
        finally:
            self._call("lock", account, lambda: lock.__exit__(None, None, None))

    def _call(self, method: str, account: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except KommoError:
            raise
        except Exception as error:  # noqa: BLE001  # the user's own code may raise anything
            self._raise_failure(method, account, error)

    def _raise_failure(self, method: str, account: str, error: Exception) -> NoReturn:
        reason = redact_text(f"{type(error).__name__}: {error}").rstrip(": ")
        raise TokenStoreError(
            f"{self._describe(method, account)} failed: {reason}. Nothing was sent with tokens that are not stored; "
            "mend the store and try again"
        ) from error

    def _describe(self, method: str, account: str) -> str:
        return f"{type(self._store).__name__}.{method}({account!r})"

    def __repr__(self) -> str:
        return repr(self._store)
