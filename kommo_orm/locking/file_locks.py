"""`FileLocks`: locks in files of a folder, a few files a kind of entity of an account.

Each object has two bytes in its file. Whoever wants the lock first takes the one in front of it, the gate, then the lock
itself, and leaves the gate: so whoever waits is next, and a process that locks and unlocks in a loop starves nobody.

The system's locks bind processes. Among the threads and tasks of a process the table here decides, before the system is
asked. Files are open only while something in them is held or waited for, and never deleted: two processes could hold
the same lock in two files of one name. There are a few of them because the system walks through all that is held in a
file with each new lock: measured, 10,000 locks take 1.5 s in one file and 0.1 s in sixteen.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from kommo_orm.errors import ConfigurationError
from kommo_orm.locking import byte_locks
from kommo_orm.locking.protocol import LockName

_FILES = 16  # of a kind: as many descriptors at most
_LONGEST_NAME = 100  # characters of an account in a file's name


class FileLocks:
    """Locks among all processes of one machine that are given the same folder (a folder of its own, on a local disk).

    A save waits `timeout` seconds for the locks of its objects, then raises `LockTimeout`; 0 does not wait at all. A
    process that dies frees what it held. Lock files stay empty and are never deleted.

    >>> FileLocks("/tmp/kommo-locks-example", timeout=5)
    FileLocks('/tmp/kommo-locks-example', timeout=5)

    Raises `ConfigurationError` when the folder cannot be used: nothing is ever saved unlocked.
    """

    def __init__(self, folder: str | os.PathLike[str], *, timeout: float = 10.0) -> None:
        if isinstance(timeout, bool) or not timeout >= 0:
            raise ConfigurationError(f"timeout={timeout!r} is no wait: give a number of seconds from 0 on")
        self._folder = Path(folder)
        self._real = Path(os.path.realpath(folder))  # one name for one folder, also when the process moves to another
        self._paths: dict[tuple[str, str, int], Path] = {}
        self._timeout = timeout

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def timeout(self) -> float:
        return self._timeout

    def take(self, names: Sequence[LockName], owner: str) -> int:
        with _guard:
            for count, name in enumerate(names):
                if not self._take_lock(name, owner):
                    return count
            return len(names)

    def free(self, names: Sequence[LockName], owner: str) -> None:
        with _guard:
            for name in names:
                path = self._find_path(name)
                file = _files.get(path)
                if file is not None:
                    slot = _compute_slot(name.id)
                    file.release_byte(2 * slot, name, owner)
                    file.release_byte(2 * slot + 1, name, owner)
                    file.close_if_idle()

    def holder(self, name: LockName) -> str:
        with _guard:
            file = self._open_file(name)
            try:
                return file.find_holder(2 * _compute_slot(name.id) + 1)
            finally:
                file.close_if_idle()

    def _take_lock(self, name: LockName, owner: str) -> bool:
        file, slot = self._open_file(name), _compute_slot(name.id)
        gate, lock = 2 * slot, 2 * slot + 1
        try:
            if file.is_held_by(lock, owner):
                return file.take(lock, name, owner)
            if not file.take(gate, name, owner) or not file.take(lock, name, owner):
                return False
            file.release_byte(gate, name, owner)
        except OSError as error:
            raise self._describe_unusable(error) from None
        else:
            return True
        finally:
            file.close_if_idle()

    def _open_file(self, name: LockName) -> _LockFile:
        path = self._find_path(name)
        if path not in _files:
            try:
                self._real.mkdir(parents=True, exist_ok=True)
                _files[path] = _LockFile(path, byte_locks.open_file(path))
            except OSError as error:
                raise self._describe_unusable(error) from None
        return _files[path]

    def _find_path(self, name: LockName) -> Path:
        key = (name.account, name.kind, _compute_slot(name.id) % _FILES)
        if key not in self._paths:
            account = quote(name.account, safe="")
            if len(account) > _LONGEST_NAME:
                account = f"{account[:_LONGEST_NAME]}-{hashlib.sha256(name.account.encode()).hexdigest()[:16]}"
            self._paths[key] = self._real / f"{account}.{quote(name.kind, safe='')}.{key[2]:02d}.lock"
        return self._paths[key]

    def _describe_unusable(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"Objects cannot be locked in the folder {self._folder}: {error.strerror}. Nothing was sent: give FileLocks a "
            "folder on a local disk that this process may write to"
        )

    def __eq__(self, other: object) -> bool:
        """The same folder: the same locks."""
        return isinstance(other, FileLocks) and self._real == other._real

    def __hash__(self) -> int:
        return hash(self._real)

    def __repr__(self) -> str:
        return f"FileLocks({str(self._folder)!r}, timeout={self._timeout:g})"


def _compute_slot(pk: str) -> int:
    """The place of an object in its file. Ids are numbers; texts may share a place, which costs nothing but a wait."""
    number = int(pk) if pk.isascii() and pk.isdecimal() else -1
    if 0 <= number < byte_locks.MAX_OFFSET // 2:
        return number
    return int.from_bytes(hashlib.sha256(pk.encode()).digest()[:8], "big") % (byte_locks.MAX_OFFSET // 2)


@dataclass(slots=True)
class _HeldByte:
    """A byte that this process has: for whom, and for which objects (two may share a place)."""

    owner: str
    names: set[LockName] = field(default_factory=set[LockName])


class _LockFile:
    """One open file and the bytes of it that this process has."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path, self._descriptor = path, descriptor
        self._held: dict[int, _HeldByte] = {}

    def is_held_by(self, offset: int, owner: str) -> bool:
        held = self._held.get(offset)
        return held is not None and held.owner == owner

    def take(self, offset: int, name: LockName, owner: str) -> bool:
        held = self._held.get(offset)
        if held is None:
            if not byte_locks.lock_byte(self._descriptor, offset):
                return False
            held = self._held[offset] = _HeldByte(owner)
        if held.owner != owner:
            return False
        held.names.add(name)
        return True

    def release_byte(self, offset: int, name: LockName, owner: str) -> None:
        held = self._held.get(offset)
        if held is None or held.owner != owner:
            return
        held.names.discard(name)
        if not held.names:
            del self._held[offset]
            with suppress(OSError):  # closing the file, or the end of the process, lets it go at the latest
                byte_locks.unlock_byte(self._descriptor, offset)

    def find_holder(self, offset: int) -> str:
        held = self._held.get(offset)
        if held is not None:
            return held.owner
        process = byte_locks.find_byte_owner(self._descriptor, offset)
        return f"process {process}" if process is not None else ""

    def close_if_idle(self) -> None:
        if not self._held:
            del _files[self._path]
            os.close(self._descriptor)

    def close_after_fork(self) -> None:
        """In a child process: close the descriptor. The parent keeps its locks."""
        with suppress(OSError):
            os.close(self._descriptor)


_guard = threading.Lock()
_files: dict[Path, _LockFile] = {}  # one descriptor a file and process, however many `FileLocks` there are


def _forget_files_after_fork() -> None:
    global _guard  # noqa: PLW0603  # another thread may have held it in the parent
    _guard = threading.Lock()
    for file in _files.values():
        file.close_after_fork()
    _files.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_files_after_fork)


__all__ = ["FileLocks"]
