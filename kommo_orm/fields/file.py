"""Files of the account's drive, attached to a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from kommo_orm.fields.compound_kinds import FirstKind, ManyKind
from kommo_orm.fields.compound_value import Computed, Value, Whole, Words, part
from kommo_orm.model.attr import Attr
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.iterable_input import Many
from kommo_orm.model.kind import register_kind


class FileValue(Value):
    """A file of the drive by its uuid. Without a version it is the newest one; name and size are only for showing.

    Example:
        >>> FileValue("5d0c1f1e-5a0e-4f57-a8a4-51c8d4f8a8c2")

    Source: Kommo API v4, "Custom field values".
    """

    file_uuid: Attr[str, str]
    version_uuid: Words = part()
    file_name: Words = part()
    file_size: Whole = part()
    is_deleted: Computed[bool] = part()

    if TYPE_CHECKING:

        def __init__(
            self,
            file_uuid: str,
            version_uuid: str | None = None,
            *,
            file_name: str | None = None,
            file_size: int | None = None,
        ) -> None: ...

    def __eq__(self, other: object) -> bool:
        mine, theirs = (self.file_uuid, self.version_uuid), other
        return isinstance(theirs, FileValue) and mine == (theirs.file_uuid, theirs.version_uuid)

    __hash__ = None

    def check_parts(self) -> None:
        if not self.file_uuid.strip():
            raise ValueError("a file is given by its uuid on the drive, got ''")


class StoredFile(Protocol):
    """A file of the drive that knows what a field keeps of it: a `DriveFile`."""

    def __kommo_file__(self) -> FileValue: ...


def get_file_value(given: Any) -> Any:
    """What a field keeps of a file of the drive; anything else as it is."""
    to_value = getattr(given, "__kommo_file__", None)
    return to_value() if callable(to_value) else given


class FilesKind(ManyKind[FileValue]):
    types = ("file",)
    value = FileValue
    noun = "files"

    def clean_one(self, given: Any) -> FileValue:
        return super().clean_one({"file_uuid": given} if isinstance(given, str) else get_file_value(given))


class FileKind(FirstKind[FileValue]):
    many = FilesKind()


class File(CustomAttr[FileValue | None, FileValue | StoredFile | str | None, Unfilterable[FileValue | str | None]]):
    """The first file of the field, a `FileValue`. Set it by a `FileValue`, a `DriveFile` or a uuid; all are `Files`.

    Example:
        >>> class Deal(Lead):
        ...     contract: File = custom(563)
        >>> deal.contract = "5d0c1f1e-5a0e-4f57-a8a4-51c8d4f8a8c2"

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = FileKind()


class Files(
    CustomAttr[list[FileValue], Many[FileValue | StoredFile | str] | None, Unfilterable[Many[FileValue | str] | None]]
):
    """All files of the field, a list of `FileValue`; never None.

    Example:
        >>> class Deal(Lead):
        ...     papers: Files = custom(563)
        >>> deal.papers.append(FileValue("5d0c1f1e-5a0e-4f57-a8a4-51c8d4f8a8c2"))

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = FilesKind()


register_kind(Files.kind)


__all__ = ["File", "FileValue", "Files"]
