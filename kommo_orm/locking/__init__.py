"""Entity locks: one writer a stored object, among tasks, threads and processes."""

from kommo_orm.locking.file_locks import FileLocks
from kommo_orm.locking.protocol import LockName, Locks

__all__ = ["FileLocks", "LockName", "Locks"]
