"""Tokens in files: one for each account, readable by their owner only, shared by processes of one machine."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import platformdirs
from filelock import FileLock, Timeout

from kommo_orm.auth.private_files import make_private_folder, replace_private_file
from kommo_orm.auth.tokens import Tokens
from kommo_orm.errors import ConfigurationError, LockTimeout, TokenStoreError
from kommo_orm.transport.hosts import normalize_account_name


class FileTokenStore:
    """Keeps tokens in a folder of its own (mode 0700, files 0600); by default in the user's data folder.

    A file is replaced and flushed to the disk before `save` returns, so a crash leaves the old or the new tokens, never
    half of them. `lock` keeps out other threads and processes. It waits `timeout` seconds, then raises `LockTimeout`.
    Files that cannot be read or written raise `TokenStoreError`.

    >>> store = FileTokenStore("/tmp/kommo-tokens-example")
    >>> store.load("acme") is None
    True
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None, *, timeout: float = 60.0) -> None:
        self._folder = Path(folder) if folder is not None else platformdirs.user_data_path("kommo_orm") / "tokens"
        self._timeout = timeout

    @property
    def folder(self) -> Path:
        return self._folder

    def load(self, account: str) -> Tokens | None:
        path = self._path(account, "json")
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TokenStoreError(f"The tokens in {path} cannot be read: {error.strerror}") from None
        return _parse_tokens(path, content)

    def save(self, account: str, tokens: Tokens) -> None:
        path = self._path(account, "json")
        try:
            make_private_folder(self._folder)
            replace_private_file(path, json.dumps(tokens.to_dict(), indent=1).encode())
        except OSError as error:
            raise TokenStoreError(f"The tokens cannot be saved in {path}: {error.strerror}") from None

    def delete(self, account: str) -> None:
        path = self._path(account, "json")
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise TokenStoreError(f"The tokens in {path} cannot be deleted: {error.strerror}") from None

    @contextmanager
    def lock(self, account: str) -> Generator[None]:
        path = self._path(account, "lock")
        # Not bound to a thread: an async flow acquires it in one thread and releases it in another.
        lock = FileLock(path, timeout=self._timeout, mode=0o600, thread_local=False)
        try:
            make_private_folder(self._folder)
            lock.acquire()
        except Timeout:
            raise LockTimeout(
                f"Another process has held {path} for more than {self._timeout:.0f} s. Look for a process that is stuck "
                f"while it refreshes the tokens of {account}"
            ) from None
        except OSError as error:
            raise TokenStoreError(f"{path} cannot be locked: {error.strerror}") from None
        try:
            yield
        finally:
            lock.release()

    def _path(self, account: str, suffix: str) -> Path:
        return self._folder / f"{quote(normalize_account_name(account), safe='')}.{suffix}"

    def __repr__(self) -> str:
        return f"FileTokenStore({str(self._folder)!r})"


def _parse_tokens(path: Path, content: bytes) -> Tokens:
    with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError, ConfigurationError):
        return Tokens.from_dict(json.loads(content))
    # Not chained: the errors of parsers quote the text that they parse.
    raise TokenStoreError(
        f"{path} holds no tokens that this store wrote. Delete the file and authorize the account again"
    )


__all__ = ["FileTokenStore"]
