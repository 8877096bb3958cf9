"""The flows behind one file: its content, its versions, its uses, its way back from the trash."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from kommo_orm.entities.files.download import Download, FileSink, Target
from kommo_orm.entities.files.file_parts import FileUse
from kommo_orm.entities.files.upload import FILES, Progress
from kommo_orm.entities.shared.actions import run_action
from kommo_orm.errors import ConfigurationError, UnexpectedResponse
from kommo_orm.fields.raw_values import is_object
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.model.codec import parse_list
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.execution import fetch_object
from kommo_orm.transport.flow import Flow, run_blocking
from kommo_orm.unit.merge_row import replace_row
from kommo_orm.unit.plan import split_chunks
from kommo_orm.unit.report import describe

M = TypeVar("M", bound=Model)
AT_ONCE = 50


def get_connection(model: Model) -> Connection:
    return find_connection(None, model.__kommo_state__.account)


def require_uuid(file: Model) -> str:
    """Its uuid. Raises `ConfigurationError` for an object without."""
    if file.pk is None:
        raise ConfigurationError(f"{describe(file)} is not on the drive: DriveFile.objects.upload(...) puts it there")
    return str(file.pk)


def find_download_link(row: Row) -> str | None:
    """Where the content is fetched: links are objects with an `href`, or `[]` for none."""
    links = row.get("_links")
    for name in ("download", "download_version"):
        found = links.get(name) if is_object(links) else None
        url = found.get("href") if is_object(found) else found
        if isinstance(url, str) and url:
            return url
    return None


# ---- content
def download_file(file: Any, connection: Connection, target: Target, progress: Progress | None) -> Flow[Path | None]:
    refuse_unwritable(target)
    source = yield from require_download_link(file, connection)
    name = source.file_name or require_uuid(source)
    sink = FileSink(target, name, getattr(source, "size", None), progress)
    action = Action("download", "files", (require_uuid(source),), body=Download(name, source.download_url, sink))
    try:
        yield from connection.ask(connection.dialect.build_action_request(action))
        yield from run_blocking(sink.finish)
    finally:
        sink.discard_partial()
    return sink.path


def refuse_unwritable(target: Any) -> None:
    if isinstance(target, str | os.PathLike):
        return
    if isinstance(target, io.TextIOBase):
        raise ConfigurationError(f"{target!r} was opened as text: open it with mode 'wb'")
    if not all(callable(getattr(target, name, None)) for name in ("write", "seekable")):
        raise ConfigurationError(f"A download goes to a path, a folder or an open binary file, not to {target!r}")


def require_download_link(file: Any, connection: Connection) -> Flow[Any]:
    """The file, read again if its row names no place to fetch it from."""
    uuid = require_uuid(file)
    if file.download_url is None and type(file).__kommo_kind__ == FILES.kind:
        file = yield from fetch_object(BoundQuery(type(file), connection), uuid)
    if file.download_url is None:
        raise UnexpectedResponse(f"{describe(file)}: the drive gave no download link")
    return file


# ---- versions and uses
def fetch_versions(file: Model, connection: Connection, cls: type[M]) -> Flow[list[M]]:
    read = ReadRequest("file_versions", Parent("files", require_uuid(file)))  # type: ignore[arg-type]
    answer = yield from connection.ask(connection.dialect.build_list_request(read, 1, AT_ONCE))
    return cls.hydrate(connection.dialect.parse_page(read, answer).rows, connection)


def fetch_uses(file: Model, connection: Connection) -> Flow[list[FileUse]]:
    result = yield from run_action(connection, Action("links", "files", (require_uuid(file),)))
    return [FileUse.from_raw(row) for row in parse_list(result.get("entities") if is_object(result) else None)]


# ---- the trash
def restore_files(connection: Connection, cls: type[M], uuids: Sequence[str]) -> Flow[list[M]]:
    rows = yield from restore_rows(connection, uuids)
    return cls.hydrate(rows, connection)


def restore_rows(connection: Connection, uuids: Sequence[str]) -> Flow[list[Row]]:
    rows: list[Row] = []
    for chunk in split_chunks(uuids, AT_ONCE):
        answer = yield from connection.ask(
            connection.dialect.build_action_request(Action("restore", "files", tuple(chunk)))
        )
        rows += connection.dialect.parse_page(FILES, answer).rows
    return rows


def restore_file(file: Model, connection: Connection) -> Flow[None]:
    """Restore one file and update the object with its new row."""
    uuid = require_uuid(file)
    for row in (yield from restore_rows(connection, [uuid])):
        if row.get("id") == uuid:
            replace_row(file, row, connection, frozenset(), keep_changes=True)
