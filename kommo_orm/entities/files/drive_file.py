"""Files of the account's drive: the model, its query and its manager."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Literal, Never, Self, cast, get_args, overload

from typing_extensions import TypeVar, Unpack

from kommo_orm.entities.files import file_operations
from kommo_orm.entities.files.download import Target
from kommo_orm.entities.files.file_filters import DATES, IN_TRASH, SPECIALS, DriveFileFilters, join_ranges
from kommo_orm.entities.files.file_parts import FileAuthor, FileMetadata, FilePreview, FileUse
from kommo_orm.entities.files.file_properties import FileProperties
from kommo_orm.entities.files.file_version import FileVersion
from kommo_orm.entities.files.upload import Progress, UploadOptions, upload_file
from kommo_orm.entities.files.upload_source import Uploadable, UploadSource
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.entities.shared.text_id_query import TextIdQuery
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.fields.file import FileValue
from kommo_orm.interface.connection import Connection
from kommo_orm.model.attr import Attr, Plain, ReadMoment, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Condition, Exact, Ranged
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_spec import FieldSpec
from kommo_orm.model.model import Model
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.merge_row import replace_row
from kommo_orm.unit.report import describe

F = TypeVar("F", bound="DriveFile", default="DriveFile", covariant=True)

FileInclude = Literal["deleted", "unbilled"]


class DriveFileQuery(TextIdQuery[F], DeletableQuery[F]):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A query of the files on the drive. New files may be found a little later than they are there."""

    _filters = DriveFileFilters
    _includes = get_args(FileInclude)
    _special_filters: ClassVar[dict[str, FieldSpec]] = SPECIALS
    _is_searchable = True

    def filter(self, *conditions: Condition, **lookups: Unpack[DriveFileFilters]) -> Self:
        """Files for which all conditions hold. Text in names, also of linked cards, is found by `search()`.

        Kommo takes one date: by creation or by change, from and to or a stretch of its calendar (`created_during`).

        Raises:
            QueryError: an unknown or impossible filter, or a value that does not fit.

        Example:
            >>> DriveFile.objects.filter(extension__in=["pdf", "docx"], size__gte=1_000_000)

        Source: Kommo API v4, "Files".
        """
        return self._add_conditions(conditions, lookups)

    def include(self, *names: FileInclude) -> Self:
        """Let files in the trash (`deleted`) or beyond the plan (`unbilled`) come along."""
        return self._add_includes(names)

    def deleted(self) -> Self:
        """Files in the trash instead of the list. Kommo keeps them for 30 days."""
        return self._copy_with(_conditions=(*self._conditions, IN_TRASH))

    def upload(
        self,
        source: Uploadable,
        *,
        name: str | None = None,
        content_type: str | None = None,
        progress: Progress | None = None,
        version_of: DriveFile | str | None = None,
        with_preview: bool | None = None,
        created_by: int | None = None,
    ) -> F:
        """Put a file on the drive, part by part: no more than one part of it is in memory.

        Args:
            source: a path, an open binary file (from where it stands to its end), or bytes.
            name: its name with the extension, if not the source's own; bytes have none.
            content_type: its media type, if it is not to be guessed by the name.
            progress: called after each part with the bytes that have arrived and the bytes in all.
            version_of: a file (or its uuid) of which this becomes the newest version; the object carries it, too.
            with_preview: whether the drive is to make pictures of it.
            created_by: id of the user who is to be its author.

        Raises:
            ConfigurationError: an empty or nameless source, or a file that is larger than the drive takes.
            UncertainWrite: the answer to the last part was lost, so the file may be there. OSError: it cannot be read.
            Forbidden: the integration has no access to files. TransportError: it broke off; the message names the bytes.

        Example:
            >>> DriveFile.objects.upload("plan.pdf", progress=lambda sent, total: print(f"{sent}/{total}"))

        Source: Kommo API v4, "Files".
        """
        given = UploadSource(source, name, content_type)
        options = UploadOptions(get_file_uuid(version_of), with_preview, created_by)
        connection = self._require_connection()
        return cast("F", connection.run(self._upload_file(connection, given, options, progress, version_of)))

    async def aupload(
        self,
        source: Uploadable,
        *,
        name: str | None = None,
        content_type: str | None = None,
        progress: Progress | None = None,
        version_of: DriveFile | str | None = None,
        with_preview: bool | None = None,
        created_by: int | None = None,
    ) -> F:
        """`upload()` for async code: the file is read beside the event loop."""
        given = UploadSource(source, name, content_type)
        options = UploadOptions(get_file_uuid(version_of), with_preview, created_by)
        connection = self._require_connection()
        return cast("F", await connection.arun(self._upload_file(connection, given, options, progress, version_of)))

    def restore(self, *files: DriveFile | str) -> list[F]:
        """Take files (or uuids) out of the trash, 50 a request; returns them as they are now.

        Example:
            >>> DriveFile.objects.restore(*DriveFile.objects.deleted().filter(name="plan"))
        """
        connection = self._require_connection()
        return connection.run(file_operations.restore_files(connection, self._model, get_file_uuids(files)))

    async def arestore(self, *files: DriveFile | str) -> list[F]:
        """`restore()` for async code."""
        connection = self._require_connection()
        return await connection.arun(file_operations.restore_files(connection, self._model, get_file_uuids(files)))

    def _upload_file(
        self,
        connection: Connection,
        source: UploadSource,
        options: UploadOptions,
        progress: Progress | None,
        version_of: DriveFile | str | None,
    ) -> Flow[Model]:
        row = yield from upload_file(connection, source, options, progress)
        if isinstance(version_of, DriveFile):  # it has another version now
            replace_row(version_of, dict(row), connection, frozenset(), keep_changes=True)
        if self._unit is not None:
            return cast(Model, self._unit.admit_rows(self._model, [row], connection, frozenset())[0])
        return self._model.hydrate([row], connection)[0]

    def _combine_conditions(self, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        joined = join_ranges(conditions)
        dates = [condition.name for condition in joined if condition.name in DATES]
        if len(dates) > 1:
            raise QueryError(
                f"Kommo takes one filter by date for files, not both {' and '.join(dates)}: filter by one, and by the other in Python"
            )
        return joined


class DriveFileManager(Manager):
    """`DriveFile.objects`."""

    def __get__(self, instance: None, owner: type[F]) -> DriveFileQuery[F]:
        return DriveFileQuery(require_class(instance, owner))


class DriveFile(FileProperties, Deletable):
    """A file of the account's drive. Its `id` is its uuid; `name` has no extension, `file_name` has it; `size` is in bytes.

    A file comes to the drive by `DriveFile.objects.upload()`. It can be renamed, and another of its versions chosen
    (`version_uuid`), one of both a save. `delete()` moves it to the trash, where Kommo keeps it for 30 days.

    Example:
        >>> file = DriveFile.objects.upload("plan.pdf")
        >>> file.name = "Plan of the roof"
        >>> file.save()
        >>> file.download("downloads")

    Source: Kommo API v4, "Files".
    """

    __kommo_info__ = EntityInfo(
        kind="files",
        id_type=str,
        create_hint="a file comes to the drive by DriveFile.objects.upload(path, name=...)",
        has_custom_fields=False,
    )

    id: Attr[str, str, Exact[str]] = field(writable="")  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
    uuid: ReadOnly[str] = field()
    version_uuid: Plain[str] = field(writable="update")
    number: ReadOnly[int | None] = field(key="_id")
    type: ReadOnly[str] = field()
    name: Plain[str] = field(writable="update")
    sanitized_name: ReadOnly[str] = field()
    size: Attr[int, Never, Ranged[int]] = field()
    metadata: ReadOnly[FileMetadata | None] = field()
    is_trashed: ReadOnly[bool] = field()
    has_multiple_versions: ReadOnly[bool] = field()
    source_id: ReadOnly[int | None] = field()
    session_id: ReadOnly[int | None] = field()
    previews: ReadOnly[list[FilePreview]] = field()
    created_at: ReadMoment = field()
    created_by: ReadOnly[FileAuthor | None] = field()
    updated_at: ReadMoment = field()
    updated_by: ReadOnly[FileAuthor | None] = field()
    deleted_at: ReadOnly[datetime | None] = field()
    deleted_by: ReadOnly[FileAuthor | None] = field()

    objects = DriveFileManager()

    if TYPE_CHECKING:

        @property
        def pk(self) -> str | None: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]

    @overload
    def download(self, target: str | Path, *, progress: Progress | None = None, using: Any = None) -> Path: ...
    @overload
    def download(self, target: BinaryIO, *, progress: Progress | None = None, using: Any = None) -> None: ...
    def download(self, target: Target, *, progress: Progress | None = None, using: Any = None) -> Path | None:
        """Fetch the content, straight into a file. Returns the path; of an open file that was given, None.

        Args:
            target: a path (the file appears there when it is complete), a folder (the file keeps its name), or an open binary file.
            progress: called with the bytes that have arrived and the bytes in all.

        Raises:
            NotFound: the file is gone. OSError: the target cannot be written.
            UnexpectedResponse: the drive names no place to fetch it from.

        Example:
            >>> file.download("downloads")
            PosixPath('downloads/plan.pdf')
        """
        connection = self._account(using)
        return connection.run(file_operations.download_file(self, connection, target, progress))

    @overload
    async def adownload(self, target: str | Path, *, progress: Progress | None = None, using: Any = None) -> Path: ...
    @overload
    async def adownload(self, target: BinaryIO, *, progress: Progress | None = None, using: Any = None) -> None: ...
    async def adownload(self, target: Target, *, progress: Progress | None = None, using: Any = None) -> Path | None:
        """`download()` for async code: the file is written beside the event loop."""
        connection = self._account(using)
        return await connection.arun(file_operations.download_file(self, connection, target, progress))

    def versions(self, *, using: Any = None) -> list[FileVersion]:
        """All versions, as the drive lists them. Sends a request."""
        connection = self._account(using)
        return connection.run(file_operations.fetch_versions(self, connection, FileVersion))

    async def aversions(self, *, using: Any = None) -> list[FileVersion]:
        """`versions()` for async code."""
        connection = self._account(using)
        return await connection.arun(file_operations.fetch_versions(self, connection, FileVersion))

    def uses(self, *, using: Any = None) -> list[FileUse]:
        """The cards that use the file. Sends a request.

        Example:
            >>> for use in file.uses():
            ...     print(use.entity_type, use.id, use.name)
        """
        connection = self._account(using)
        return connection.run(file_operations.fetch_uses(self, connection))

    async def auses(self, *, using: Any = None) -> list[FileUse]:
        """`uses()` for async code."""
        connection = self._account(using)
        return await connection.arun(file_operations.fetch_uses(self, connection))

    def restore(self, *, using: Any = None) -> None:
        """Take the file out of the trash. Sends a request."""
        connection = self._account(using)
        connection.run(file_operations.restore_file(self, connection))

    async def arestore(self, *, using: Any = None) -> None:
        """`restore()` for async code."""
        connection = self._account(using)
        await connection.arun(file_operations.restore_file(self, connection))

    def __kommo_file__(self) -> FileValue:
        """As the value of a field and in notes: `deal.contract = file`."""
        version = getattr(self, "version_uuid", None)
        return FileValue(
            file_operations.require_uuid(self), version, file_name=self.file_name, file_size=getattr(self, "size", None)
        )

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        if body.keys() >= {"name", "version_uuid"}:
            raise ConfigurationError(
                f"{describe(self)}: Kommo takes a new name or another version, one at a time: save(only=['name']) first"
            )
        if not str(body.get("name", "x")).strip():
            raise ConfigurationError(f"{describe(self)}: the name of a file cannot be empty")
        return body


def get_file_uuid(given: DriveFile | str | None) -> str | None:
    if given is None:
        return None
    if isinstance(given, str) and given.strip():
        return given
    if isinstance(given, DriveFile):
        return file_operations.require_uuid(given)
    raise ConfigurationError(f"A file of the drive is a DriveFile or its uuid, not {given!r}")


def get_file_uuids(files: Iterable[DriveFile | str]) -> list[str]:
    return list(dict.fromkeys(uuid for file in files if (uuid := get_file_uuid(file)) is not None))


register_class("files", DriveFile)
__all__ = ["DriveFile", "DriveFileQuery"]
