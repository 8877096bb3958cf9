"""Properties that files and their versions derive from their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kommo_orm.entities.files import file_operations
from kommo_orm.entities.files.file_parts import FileMetadata


class FileProperties:
    """Name, type and address, put together from a row. A mixin."""

    if TYPE_CHECKING:

        @property
        def raw(self) -> dict[str, Any]: ...

    @property
    def extension(self) -> str | None:
        """The extension without a dot, None if it has none."""
        metadata: FileMetadata | None = getattr(self, "metadata", None)
        return metadata.extension if metadata is not None else None

    @property
    def mime_type(self) -> str | None:
        """The media type, such as `application/pdf`."""
        metadata: FileMetadata | None = getattr(self, "metadata", None)
        return metadata.mime_type if metadata is not None else None

    @property
    def file_name(self) -> str | None:
        """The name with its extension, None if the row has none."""
        name: str | None = getattr(self, "name", None)
        end = f".{self.extension}" if self.extension else ""
        return name if name is None or name.casefold().endswith(end.casefold()) else f"{name}{end}"

    @property
    def download_url(self) -> str | None:
        """Where the content is fetched; None if the row has none. `download()` fetches it."""
        return file_operations.find_download_link(self.raw)
