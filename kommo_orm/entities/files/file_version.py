"""Versions of a file, which only the drive writes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, overload

from kommo_orm.entities.files import file_operations
from kommo_orm.entities.files.file_parts import FileAuthor, FileMetadata, FilePreview
from kommo_orm.entities.files.file_properties import FileProperties
from kommo_orm.entities.files.upload import Progress
from kommo_orm.model.attr import Attr, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.model import Model


class FileVersion(FileProperties, Model):
    """One version of a file; `id` is the version's own, which `DriveFile.version_uuid` names.

    Example:
        >>> old = file.versions()[-1]
        >>> file.version_uuid = old.id
        >>> file.save()

    Source: Kommo API v4, "Files".
    """

    __kommo_info__ = EntityInfo(kind="file_versions", id_type=str, has_custom_fields=False)

    id: Attr[str, str, Unfilterable[Any]] = field(writable="")  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
    uuid: ReadOnly[str] = field()
    file_uuid: ReadOnly[str] = field()
    is_main: ReadOnly[bool] = field()
    number: ReadOnly[int | None] = field(key="_id")
    type: ReadOnly[str] = field()
    name: ReadOnly[str] = field()
    sanitized_name: ReadOnly[str] = field()
    size: ReadOnly[int] = field()
    metadata: ReadOnly[FileMetadata | None] = field()
    has_multiple_versions: ReadOnly[bool] = field()
    source_id: ReadOnly[int | None] = field()
    session_id: ReadOnly[int | None] = field()
    previews: ReadOnly[list[FilePreview]] = field()
    created_at: ReadOnly[datetime] = field()
    created_by: ReadOnly[FileAuthor | None] = field()
    updated_at: ReadOnly[datetime] = field()
    updated_by: ReadOnly[FileAuthor | None] = field()
    deleted_at: ReadOnly[datetime | None] = field()
    deleted_by: ReadOnly[FileAuthor | None] = field()

    if TYPE_CHECKING:

        @property
        def pk(self) -> str | None: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]

    @overload
    def download(self, target: str | Path, *, progress: Progress | None = None) -> Path: ...
    @overload
    def download(self, target: BinaryIO, *, progress: Progress | None = None) -> None: ...
    def download(self, target: Any, *, progress: Progress | None = None) -> Path | None:
        """Fetch this version, as `DriveFile.download` does."""
        connection = file_operations.get_connection(self)
        return connection.run(file_operations.download_file(self, connection, target, progress))

    @overload
    async def adownload(self, target: str | Path, *, progress: Progress | None = None) -> Path: ...
    @overload
    async def adownload(self, target: BinaryIO, *, progress: Progress | None = None) -> None: ...
    async def adownload(self, target: Any, *, progress: Progress | None = None) -> Path | None:
        """`download()` for async code."""
        connection = file_operations.get_connection(self)
        return await connection.arun(file_operations.download_file(self, connection, target, progress))


register_class("file_versions", FileVersion)
__all__ = ["FileVersion"]
