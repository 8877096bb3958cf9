"""The operating system's locks on single bytes of a file.

One open file holds any number of them, the system drops them when the process dies, and they need no bytes to be there:
the file stays empty. They bind processes, not threads (`file_locks.py` sees to those), and a process loses its locks
when it closes any descriptor of the file, so a file is opened once in a process.
"""

from __future__ import annotations

import errno
import os
import struct
import sys
from pathlib import Path

_TAKEN = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})  # what systems say for "somebody else has it"
_FLOCK = "hhqqi4x"  # `struct flock` of 64-bit Linux: type, whence, start, length, process

if sys.platform == "win32":
    import msvcrt

    MAX_OFFSET = 2**30  # offsets below 2**31 are safe in every C library

    def _lock_region(descriptor: int, offset: int) -> None:
        os.lseek(descriptor, offset, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock_region(descriptor: int, offset: int) -> None:
        os.lseek(descriptor, offset, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    MAX_OFFSET = 2**62

    def _lock_region(descriptor: int, offset: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)

    def _unlock_region(descriptor: int, offset: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, offset)


def open_file(path: Path) -> int:
    """Open the file, and make it if it is absent. Child processes do not inherit the descriptor."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)


def lock_byte(descriptor: int, offset: int) -> bool:
    """Lock a byte at once or not at all."""
    try:
        _lock_region(descriptor, offset)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True


def unlock_byte(descriptor: int, offset: int) -> None:
    _unlock_region(descriptor, offset)


def find_byte_owner(descriptor: int, offset: int) -> int | None:
    """The process that holds a byte; None if it is free or the system does not say."""
    if sys.platform != "linux" or struct.calcsize("P") != 8:
        return None
    asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, offset, 1, 0)
    try:
        kind, _, _, _, process = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    except OSError:
        return None
    return process if kind != fcntl.F_UNLCK and process > 0 else None
