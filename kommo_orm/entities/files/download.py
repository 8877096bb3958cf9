"""A download: straight from the connection into a file, piece by piece."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from kommo_orm.entities.files.upload import Progress
from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.http_messages import BodySink

Target: TypeAlias = str | os.PathLike[str] | BinaryIO


@dataclass(frozen=True, slots=True)
class Download:
    """What is fetched, and where it goes. Prints as what is attempted."""

    name: str
    url: str
    sink: BodySink = field(repr=False)

    def __str__(self) -> str:
        return f"download {self.name!r}"


class FileSink:
    """Writes to a path, under another name until all is there, or to an open file. A second try begins anew."""

    def __init__(self, target: Target, name: str, size: int | None, progress: Progress | None) -> None:
        self._target, self._name, self._size, self._progress = target, name, size, progress
        self._file: BinaryIO | None = None
        self._partial: Path | None = None
        self._start: int | None = None
        self._got = 0
        self.path: Path | None = None

    def begin(self, total: int | None) -> None:
        self._size = self._size if total is None else total
        self._got = 0
        if isinstance(self._target, str | os.PathLike):
            self._open(Path(self._target))
        else:
            self._rewind(self._target)

    def _open(self, target: Path) -> None:
        self.discard_partial()
        self.path = target / safe_name(self._name) if target.is_dir() else target
        self._partial = self.path.with_name(f".{self.path.name}.{os.getpid():x}-{id(self):x}.part")
        self._file = self._partial.open("wb")

    def _rewind(self, target: Any) -> None:
        if self._file is None:
            self._start = target.tell() if target.seekable() else None
        elif self._start is None:
            raise ConfigurationError(
                f"The download of {self._name!r} broke off, and its target is not seekable, so it cannot be tried again"
            )
        else:
            target.seek(self._start)
            target.truncate()
        self._file = target

    def write(self, piece: bytes) -> None:
        if self._file is not None:  # begin() came first
            self._file.write(piece)
        self._got += len(piece)

    def report_piece(self) -> None:
        if self._progress is not None:
            self._progress(self._got, max(self._size or 0, self._got))

    def finish(self) -> None:
        """All is there: the file gets its name."""
        if self._partial is not None and self._file is not None and self.path is not None:
            self._file.close()
            self._partial.replace(self.path)
            self._partial = self._file = None

    def discard_partial(self) -> None:
        """Remove a file that is incomplete. Does nothing after `finish`."""
        if self._partial is not None and self._file is not None:
            self._file.close()
            self._partial.unlink(missing_ok=True)
            self._partial = self._file = None


def safe_name(name: str) -> str:
    """A file name without characters that could lead out of its folder."""
    kept = "".join("_" if char in '/\\:*?"<>|' or ord(char) < 32 else char for char in name).strip(". ")
    return kept[:200] or "file"
