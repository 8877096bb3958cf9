"""Entity locks: one writer a stored object, among tasks, threads and processes."""

import typing

from kommo_orm import lazy_exports

if typing.TYPE_CHECKING:  # checkers read the names of each module's own `__all__`
    from kommo_orm.locking.file_locks import *
    from kommo_orm.locking.protocol import *

_EXPORTS = {
    "kommo_orm.locking.file_locks": "FileLocks",
    "kommo_orm.locking.protocol": "LockName Locks",
}

if not typing.TYPE_CHECKING:
    __getattr__, __dir__, __all__ = lazy_exports.make_lazy_exports(__name__, _EXPORTS)
