"""Sessions of a `LegacyLogin` in files: one for each account, readable by their owner only, shared by processes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kommo_orm.auth.file_token_store import FileTokenStore
from kommo_orm.auth.private_files import make_private_folder, replace_private_file
from kommo_orm.errors import TokenStoreError
from kommo_orm.transport.hosts import normalize_account_name


class FileSessionStore:
    """The sessions of one user, by account, until they end."""

    def __init__(self, folder: Path, login: str, now: Callable[[], float] = time.time) -> None:
        self._folder, self._login, self._now = folder, login, now

    def load(self, account: str) -> str | None:
        """The session that a process saved; None if there is no file, or none that can be used."""
        path = self._path(account)
        try:
            values: Any = json.loads(path.read_bytes())
            is_usable = values["login"] == self._login and float(values["until"]) > self._now()
            return str(values["cookies"]) if is_usable else None
        except (FileNotFoundError, ValueError, KeyError, TypeError, RecursionError):
            return None
        except OSError as error:
            raise TokenStoreError(f"The session in {path} cannot be read: {error.strerror}") from None

    def save(self, account: str, cookies: str, seconds: float) -> None:
        path = self._path(account)
        values = {"login": self._login, "until": self._now() + seconds, "cookies": cookies}
        try:
            make_private_folder(self._folder)
            replace_private_file(path, json.dumps(values).encode())
        except OSError as error:
            raise TokenStoreError(f"The session cannot be saved in {path}: {error.strerror}") from None

    def lock(self, account: str) -> AbstractContextManager[object]:
        """A lock that lets one process log in at a time, among all that share the folder."""
        return FileTokenStore(self._folder).lock(account)

    def _path(self, account: str) -> Path:
        return self._folder / f"{quote(normalize_account_name(account), safe='')}.session.json"
