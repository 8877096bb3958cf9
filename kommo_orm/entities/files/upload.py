"""An upload: opened, sent part by part, and answered with the file at its end.

Nothing is stored before the last part, so opening and every part may be sent again when an answer is lost: the address
of a part names its place. Only of the last one a refusal may mean that the lost first try was taken.

Source: Kommo API v4, "Files".
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kommo_orm.entities.files.upload_source import UploadSource
from kommo_orm.errors import ConfigurationError, ResponseError, TransportError, UncertainWrite, UnexpectedResponse
from kommo_orm.fields.raw_values import is_object
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.model.codec import decode_int
from kommo_orm.transport.delivery import DeliveryTracker
from kommo_orm.transport.flow import Flow, run_blocking
from kommo_orm.transport.http_messages import HttpResponse

Progress = Callable[[int, int], object]
"""Called after each part with the bytes that have arrived and the bytes in all."""
MOST_AT_ONCE = 1024 * 1024  # bytes of a part in memory, also where the drive would take more
FILES = ReadRequest("files")


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """What an upload sends beside its content."""

    version_of: str | None = None
    with_preview: bool | None = None
    created_by: int | None = None

    def __post_init__(self) -> None:
        if self.with_preview is not None and not isinstance(self.with_preview, bool):
            raise ConfigurationError(f"with_preview is True or False, not {self.with_preview!r}")
        if isinstance(self.created_by, bool) or not isinstance(self.created_by, int | None):
            raise ConfigurationError(f"created_by is the id of a user, not {self.created_by!r}")

    def build_body(self, source: UploadSource) -> dict[str, Any]:
        body: dict[str, Any] = {
            "file_name": source.name,
            "file_size": source.size,
            "content_type": source.content_type,
            "file_uuid": self.version_of,
            "with_preview": self.with_preview,
            "created_by": None if self.created_by is None else {"id": self.created_by, "type": "internal"},
        }
        return {key: value for key, value in body.items() if value is not None}


@dataclass(frozen=True, slots=True)
class UploadPart:
    """Some bytes of a file on their way. Prints as what is attempted: which file, which bytes."""

    name: str
    url: str
    content_type: str
    content: bytes = field(repr=False)
    first: int
    total: int

    @property
    def end(self) -> int:
        return self.first + len(self.content)

    @property
    def is_last(self) -> bool:
        return self.end == self.total

    def __str__(self) -> str:
        return f"upload bytes {self.first} to {self.end} of {self.total} of {self.name!r}"


def upload_file(
    connection: Connection, source: UploadSource, options: UploadOptions, progress: Progress | None
) -> Flow[Row]:
    """The row of the file that came of it."""
    with close_sources([source]):
        yield from run_blocking(source.open)
        return (yield from send_source(connection, source, options, progress))


@contextmanager
def close_sources(sources: Sequence[UploadSource]) -> Generator[None]:
    try:
        yield
    finally:
        for source in sources:
            source.close_file()


def send_source(
    connection: Connection, source: UploadSource, options: UploadOptions, progress: Progress | None
) -> Flow[Row]:
    """Send an open source."""
    url, size = yield from open_upload(connection, source, options)
    first = 0
    while True:
        content = yield from run_blocking(partial(source.read_part, min(size, source.size - first)))
        part = UploadPart(source.name, url, source.content_type, content, first, source.size)
        answer = yield from send_part(connection, part)
        first = part.end
        if progress is not None:
            progress(first, source.size)
        if part.is_last:
            return parse_file_row(connection, answer, part)
        url = get_next_url(connection, answer, part)


def open_upload(connection: Connection, source: UploadSource, options: UploadOptions) -> Flow[tuple[str, int]]:
    """Where the first part goes, and how large a part may be. Raises `ConfigurationError` for a file that is too large."""
    action = Action("open upload", "files", body=options.build_body(source))
    answer = yield from connection.ask(connection.dialect.build_action_request(action))
    result: Any = connection.dialect.parse_action_result(action, answer)
    url, part = (
        (result.get("upload_url"), read_positive_number(result, "max_part_size")) if is_object(result) else (None, None)
    )
    if not isinstance(url, str) or not url or not part:
        raise UnexpectedResponse(f"{answer.request.summary}: the drive gave no address to send {source.name!r} to")
    most = read_positive_number(result, "max_file_size")
    if most and source.size > most:
        raise ConfigurationError(
            f"{source.name!r} has {source.size} bytes, and the drive takes at most {most}. Nothing was sent"
        )
    return url, min(part, MOST_AT_ONCE)


def read_positive_number(result: Any, name: str) -> int | None:
    """A positive number of the answer, None for anything else."""
    try:
        found = decode_int(result.get(name))
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found > 0 else None


def send_part(connection: Connection, part: UploadPart) -> Flow[HttpResponse]:
    """Send one part. Raises `UncertainWrite` when the file may be stored and no answer confirms it."""
    delivery = DeliveryTracker(connection.dialect.is_result_unknown)
    call = connection.dialect.build_action_request(Action("upload part", "files", body=part))
    try:
        return (yield from connection.ask(delivery.track(call)))
    except (ResponseError, TransportError) as error:
        if not part.is_last or not may_be_stored(error, delivery):
            raise
        raise UncertainWrite(
            f"{str(error).rstrip('.')}. It was the last part, and an answer to it was lost: the file may be there. Look for "
            f"{part.name!r} on the drive before you upload it again"
        ) from error


PASSING = (401, 402, 403, 429, 503)  # refused before any work


def may_be_stored(error: ResponseError | TransportError, delivery: DeliveryTracker) -> bool:
    """Whether the last part may be stored: a refusal means so when the answer to an earlier try was lost."""
    if isinstance(error, TransportError):
        return error.applied is not False
    return error.status not in PASSING and (error.status >= 500 or delivery.was_lost)


def get_next_url(connection: Connection, answer: HttpResponse, part: UploadPart) -> str:
    result = connection.dialect.parse_action_result(Action("upload part", "files"), answer)
    url = result.get("next_url") if is_object(result) else None
    if not isinstance(url, str) or not url:
        raise UnexpectedResponse(f"{part}: the drive gave no address for the next part")
    return url


def parse_file_row(connection: Connection, answer: HttpResponse, part: UploadPart) -> Row:
    row = connection.dialect.parse_row(FILES, answer)
    if row is None or not row.get("id"):
        raise UnexpectedResponse(f"{part}: the last part was sent, but the answer has no file")
    return row
