"""Sessions of the old login in files: one an account, readable by their owner only, shared by processes of one machine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kommo_orm.auth.file_store import FileTokenStore
from kommo_orm.auth.private_files import make_private_folder, replace_private_file
from kommo_orm.errors import TokenStoreError
from kommo_orm.transport.hosts import normalize_account_name


class SessionFiles:
    """The sessions of one user, by account, until they end."""

    def __init__(self, folder: Path, login: str, now: Callable[[], float] = time.time) -> None:
        self._folder, self._login, self._now = folder, login, now

    def load(self, account: str) -> str | None:
        """The session that another process, or an earlier one, has bought. What cannot be used is none."""
        path = self._path(account)
        try:
            said: Any = json.loads(path.read_bytes())
            is_good = said["login"] == self._login and float(said["until"]) > self._now()
            return str(said["cookies"]) if is_good else None
        except (FileNotFoundError, ValueError, KeyError, TypeError, RecursionError):
            return None
        except OSError as error:
            raise TokenStoreError(f"The session in {path} cannot be read: {error.strerror}.") from None

    def save(self, account: str, cookies: str, seconds: float) -> None:
        path = self._path(account)
        kept = {"login": self._login, "until": self._now() + seconds, "cookies": cookies}
        try:
            make_private_folder(self._folder)
            replace_private_file(path, json.dumps(kept).encode())
        except OSError as error:
            raise TokenStoreError(f"The session cannot be saved in {path}: {error.strerror}.") from None

    def lock(self, account: str) -> AbstractContextManager[object]:
        """One login at a time among all who share the folder."""
        return FileTokenStore(self._folder).lock(account)

    def _path(self, account: str) -> Path:
        return self._folder / f"{quote(normalize_account_name(account), safe='')}.session.json"
