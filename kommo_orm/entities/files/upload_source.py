"""What can be uploaded, read part by part: a path, an open file, bytes. Opening and reading may block."""

from __future__ import annotations

import io
import mimetypes
import os
import re
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from kommo_orm.errors import ConfigurationError

Uploadable: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
"""A path, an open binary file (read from where it stands to its end), or bytes."""
ANYTHING = "application/octet-stream"
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+*-]+(\s*;[ -~]*)?", re.ASCII)


class UploadSource:
    """One thing to upload. `open` finds its size; what it opened, `close_file` closes, and nothing else."""

    def __init__(self, given: Uploadable, name: str | None = None, content_type: str | None = None) -> None:
        refuse_unreadable(given)
        self._given = given
        self._file: Any = None
        self.name = validate_file_name(name if name is not None else get_source_name(given))
        self.content_type = validate_media_type(content_type) or mimetypes.guess_type(self.name)[0] or ANYTHING
        self.size = 0

    def open(self) -> None:
        """Raises `OSError` for what cannot be read, `ConfigurationError` for what cannot be uploaded."""
        given = self._given
        if isinstance(given, str | os.PathLike):
            self._file = Path(given).open("rb")  # noqa: SIM115  # closed by close_file()
            self.size = os.fstat(self._file.fileno()).st_size
        elif isinstance(given, bytes | bytearray | memoryview):
            self._file = io.BytesIO(given) if isinstance(given, bytes) else _BytesReader(given)
            self.size = given.nbytes if isinstance(given, memoryview) else len(given)
        else:
            self._file, self.size = given, measure_rest(given, self.name)
        if self.size == 0:
            raise ConfigurationError(f"{self.name!r} is empty, and Kommo's drive takes no empty files")

    def read_part(self, size: int) -> bytes:
        """Exactly so many bytes. Raises `ConfigurationError` if there are no more."""
        content: bytes = self._file.read(size)
        while len(content) < size and (more := self._file.read(size - len(content))):
            content += more
        if len(content) < size:
            raise ConfigurationError(f"{self.name!r} became shorter during the upload")
        return content

    def close_file(self) -> None:
        if self._file is not None and self._file is not self._given:
            self._file.close()


class _BytesReader(io.RawIOBase):
    """Reads bytes of the caller without a copy of all of them."""

    def __init__(self, given: bytearray | memoryview) -> None:
        self._rest = memoryview(given).cast("B")

    def read(self, size: int = -1) -> bytes:
        content, self._rest = self._rest[:size], self._rest[size:]
        return bytes(content)


def refuse_unreadable(given: Any) -> None:
    if isinstance(given, io.TextIOBase):
        raise ConfigurationError(f"{given!r} was opened as text: open it with mode 'rb'")
    if not isinstance(given, str | os.PathLike | bytes | bytearray | memoryview) and not callable(
        getattr(given, "read", None)
    ):
        raise ConfigurationError(f"A path, bytes or an open binary file can be uploaded, not {given!r}")


def get_source_name(given: Any) -> str:
    """The name that a source has of itself. Raises `ConfigurationError` if it has none."""
    if isinstance(given, str | os.PathLike):
        return Path(given).name
    if isinstance(given, bytes | bytearray | memoryview):
        raise ConfigurationError('Bytes have no name: give one, name="plan.pdf"')
    named = getattr(given, "name", None)
    if not isinstance(named, str):
        raise ConfigurationError('This file has no name: give one, name="plan.pdf"')
    return Path(named).name


def validate_file_name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(f"The name of a file is a text such as 'plan.pdf', not {name!r}")
    return name


def validate_media_type(content_type: Any) -> str | None:
    if content_type is not None and not (isinstance(content_type, str) and MEDIA_TYPE.fullmatch(content_type)):
        raise ConfigurationError(f"A media type is a text such as 'application/pdf', not {content_type!r}")
    return content_type


def measure_rest(file: Any, name: str) -> int:
    """Bytes from where an open file stands to its end."""
    try:
        here = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(here)
    except (AttributeError, OSError, ValueError):
        raise ConfigurationError(
            f"{name!r} is not seekable, so its size is unknown, and the drive needs the size first: "
            "write it to a temporary file, or read it into bytes"
        ) from None
    return int(end) - int(here)
