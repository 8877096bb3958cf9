"""`lead.files`: the files of the drive that are attached to one card, or to one element of a list."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, overload

from kommo_orm.entities.files.drive_file import DriveFile, get_file_uuid
from kommo_orm.entities.files.upload import Progress, UploadOptions, close_sources, send_source
from kommo_orm.entities.files.upload_source import Uploadable, UploadSource
from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.related_manager import BaseRelatedManager
from kommo_orm.errors import ConfigurationError, KommoError
from kommo_orm.fields.raw_values import is_object, read_int
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.model.codec import parse_list
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.id_lookup import fetch_by_ids
from kommo_orm.transport.flow import Flow, collect_values, emit_value, run_blocking
from kommo_orm.unit.plan import split_chunks

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """An attachment: its number, and the uuid of the file on the drive.

    `extra` is what else the service sends.
    """

    id: int
    file_uuid: str
    extra: dict[str, Any] = field(default_factory=dict[str, Any], compare=False, repr=False)


Attachable: TypeAlias = Uploadable | DriveFile
Detachable: TypeAlias = DriveFile | AttachedFile | str


class CardFiles(BaseRelatedManager):
    """The files attached to one object. Getting this manager sends no request, its methods do.

    Example:
        >>> file = lead.files.attach("plan.pdf")
        >>> lead.files.all()
        [DriveFile(id='5d0c1f1e-5a0e-4f57-a8a4-51c8d4f8a8c2', name='plan', ...)]
        >>> lead.files.detach(file)

    Source: Kommo API v4, "Files".
    """

    # ---- reading
    def list(self) -> builtins.list[AttachedFile]:
        """What is attached, by number and uuid: one request for fifty."""
        connection = self.connection
        return connection.run(list_attachments(connection, self._action))

    async def alist(self) -> builtins.list[AttachedFile]:
        """`list()` for async code."""
        connection = self.connection
        return await connection.arun(list_attachments(connection, self._action))

    def iterate(self) -> Iterator[AttachedFile]:
        """Stream what is attached, page by page."""
        connection = self.connection
        for page in connection.stream(stream_attachments(connection, self._action)):
            yield from page

    async def aiterate(self) -> AsyncIterator[AttachedFile]:
        """`iterate()` for `async for`."""
        connection = self.connection
        async for page in connection.astream(stream_attachments(connection, self._action)):
            for row in page:
                yield row

    def all(self) -> builtins.list[DriveFile]:
        """The files themselves, as the drive has them: another request for fifty. Files in the trash are absent."""
        connection = self.connection
        return connection.run(fetch_attached_files(connection, self._action))

    async def aall(self) -> builtins.list[DriveFile]:
        """`all()` for async code."""
        connection = self.connection
        return await connection.arun(fetch_attached_files(connection, self._action))

    # ---- attaching
    @overload
    def attach(
        self, file: Attachable, /, *, name: str | None = None, progress: Progress | None = None
    ) -> DriveFile: ...
    @overload
    def attach(
        self, file: Attachable, second: Attachable, /, *more: Attachable, progress: Progress | None = None
    ) -> builtins.list[DriveFile]: ...
    def attach(self, *files: Attachable, name: str | None = None, progress: Progress | None = None) -> Any:
        """Attach a file, or several at once: those of the drive, and paths, open files or bytes, which are uploaded first.

        Returns the file; of several, a list. `name` is what one that is uploaded is called on the drive: bytes need it,
        others have one. `progress` counts the bytes of all uploads together.

        Raises:
            ConfigurationError: `name` is given for several, or for a file of the drive; bytes without a name.
            What `DriveFile.objects.upload` raises; a file that was uploaded and not attached is named in the error's notes.
            NotFound, BadRequest: the object, or a file, does not exist.

        Example:
            >>> lead.files.attach("plan.pdf", progress=lambda sent, total: print(f"{sent / total:.0%}"))
            >>> lead.files.attach(plan, contract)
            >>> lead.files.attach(content, name="offer.pdf")
        """
        connection = self.connection
        made = connection.run(attach_files(connection, self._action, prepare_sources(files, name), progress))
        return made[0] if len(files) == 1 else made

    @overload
    async def aattach(
        self, file: Attachable, /, *, name: str | None = None, progress: Progress | None = None
    ) -> DriveFile: ...
    @overload
    async def aattach(
        self, file: Attachable, second: Attachable, /, *more: Attachable, progress: Progress | None = None
    ) -> builtins.list[DriveFile]: ...
    async def aattach(self, *files: Attachable, name: str | None = None, progress: Progress | None = None) -> Any:
        """`attach()` for async code."""
        connection = self.connection
        made = await connection.arun(attach_files(connection, self._action, prepare_sources(files, name), progress))
        return made[0] if len(files) == 1 else made

    def detach(self, *files: Detachable) -> None:
        """Take files off the object: `DriveFile`s, rows of `list()`, or uuids. They stay on the drive."""
        connection = self.connection
        connection.run(detach_files(connection, self._action, get_detach_uuids(files)))

    async def adetach(self, *files: Detachable) -> None:
        """`detach()` for async code."""
        connection = self.connection
        await connection.arun(detach_files(connection, self._action, get_detach_uuids(files)))

    # ---- inside
    def _action(self, verb: str, body: Any) -> Action:
        owner = self.owner
        parent = owner._get_parent()
        return Action(verb, type(owner).__kommo_kind__, (owner.pk or 0,), parent, body)

    def __iter__(self) -> Iterator[AttachedFile]:
        raise self.make_not_loaded("list()")

    def __len__(self) -> int:
        raise self.make_not_loaded("list()")


ActionFactory: TypeAlias = Callable[[str, Any], Action]


# ---- reading
def stream_attachments(connection: Connection, action: ActionFactory) -> Flow[None]:
    """Emit the attachments page by page. The next page is asked for by the lowest number so far: Kommo has no page numbers here."""
    before: int | None = None
    while True:
        asked = {"limit": AT_ONCE} if before is None else {"limit": AT_ONCE, "before_id": before}
        result = yield from run_action(connection, action("attached files", asked))
        rows = [parse_attachment(row) for row in parse_list(get_embedded_files(result)) if is_object(row)]
        if rows:
            yield from emit_value(rows)
        lowest = min((row.id for row in rows), default=0)
        if not has_next_page(result) or not lowest or lowest == before:
            return
        before = lowest


def get_embedded_files(result: Any) -> Any:
    inside = result.get("_embedded") if is_object(result) else None
    return inside.get("files") if is_object(inside) else None


def has_next_page(result: Any) -> bool:
    links = result.get("_links") if is_object(result) else None
    return bool(is_object(links) and links.get("next"))


def parse_attachment(row: Any) -> AttachedFile:
    """Parse a row. Values that cannot be read stay in `extra` under their keys."""
    number, uuid = read_int(row.get("id")), row.get("file_uuid")
    known = {key for key, read in (("id", number is not None), ("file_uuid", isinstance(uuid, str))) if read}
    extra = {key: value for key, value in row.items() if key not in known and value is not None}
    return AttachedFile(number or 0, uuid if isinstance(uuid, str) else "", extra)


def list_attachments(connection: Connection, action: ActionFactory) -> Flow[builtins.list[AttachedFile]]:
    found = yield from collect_values(stream_attachments(connection, action))
    return [row for page in found for row in page]


def fetch_attached_files(connection: Connection, action: ActionFactory) -> Flow[builtins.list[DriveFile]]:
    rows = yield from list_attachments(connection, action)
    ids: Any = [row.file_uuid for row in rows if row.file_uuid]
    found: Any = yield from fetch_by_ids(BoundQuery(DriveFile, connection), ids)
    by_uuid: dict[str, DriveFile] = {file.id: file for file in found}
    return [by_uuid[uuid] for uuid in dict.fromkeys(ids) if uuid in by_uuid]


# ---- writing
def prepare_sources(files: Sequence[Attachable], name: str | None) -> builtins.list[DriveFile | UploadSource]:
    """Check the given files without reading them."""
    if not files:
        raise ConfigurationError("attach() needs at least one file")
    if name is not None and (len(files) > 1 or isinstance(files[0], DriveFile)):
        raise ConfigurationError(
            "attach() takes name= for one file that is uploaded. Attach several one by one; rename a file of the drive and save() it"
        )
    made = [file if isinstance(file, DriveFile) else UploadSource(file, name) for file in files]
    for file in made:
        if isinstance(file, DriveFile):
            get_file_uuid(file)
    return made


def get_detach_uuids(files: Sequence[Detachable]) -> builtins.list[str]:
    if not files:
        raise ConfigurationError("detach() needs at least one file")
    named = [file.file_uuid if isinstance(file, AttachedFile) else get_file_uuid(file) for file in files]
    return [uuid for uuid in dict.fromkeys(named) if uuid is not None]


def attach_files(
    connection: Connection, action: ActionFactory, files: Sequence[DriveFile | UploadSource], progress: Progress | None
) -> Flow[builtins.list[DriveFile]]:
    """Upload the files that are not on the drive yet, then attach all."""
    action("attach files", ())  # refuses a new card before anything is sent
    made: builtins.list[DriveFile] = []
    sources = [file for file in files if isinstance(file, UploadSource)]
    with close_sources(sources):
        for source in sources:
            yield from run_blocking(source.open)
        progress_of_all = TotalProgress(sum(source.size for source in sources), progress)
        try:
            for file in files:
                made.append((yield from upload_if_needed(connection, file, progress_of_all)))  # noqa: PERF401  # kept if a later one fails
            for chunk in split_chunks([file.id for file in made], AT_ONCE):
                yield from run_action(connection, action("attach files", list(dict.fromkeys(chunk))))
        except KommoError as error:
            for file in (file for file, given in zip(made, files, strict=False) if file is not given):
                error.add_note(
                    f"{file.file_name!r} was uploaded as {file.id}: attach(DriveFile(id=...)) is enough now."
                )
            raise
    return made


def upload_if_needed(
    connection: Connection, file: DriveFile | UploadSource, progress_of_all: TotalProgress
) -> Flow[DriveFile]:
    if isinstance(file, DriveFile):
        return file
    row = yield from send_source(connection, file, UploadOptions(), progress_of_all.report_part)
    progress_of_all.done += file.size
    return DriveFile.hydrate([row], connection)[0]


class TotalProgress:
    """The bytes of several uploads as one."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total, self.progress, self.done = total, progress, 0

    def report_part(self, arrived: int, of: int) -> None:
        del of
        if self.progress is not None:
            self.progress(self.done + arrived, self.total)


def detach_files(connection: Connection, action: ActionFactory, wanted: Sequence[str]) -> Flow[None]:
    for chunk in split_chunks(wanted, AT_ONCE):
        yield from run_action(connection, action("detach files", list(chunk)))


__all__ = ["AttachedFile"]
