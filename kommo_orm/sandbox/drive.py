"""The drive: the account's files and its unfinished uploads (Kommo API v4, Files).

Each part of an upload has a new URL with a token. A part that was already accepted gets the same response again, so
that a client can resume an upload. The last part ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from kommo_orm.sandbox.problem_documents import HttpError
from kommo_orm.sandbox.row_store import Row

HOST = "drive-sandbox.kommo.com"
PATHS = ("/v1.0/", "/upload/", "/download/")
DAY = 24 * 3600


@dataclass
class Upload:
    """One upload session: the announced file and the received parts."""

    number: int
    announced: Row
    user_id: int
    began: int
    received: list[bytes] = field(default_factory=list[bytes])
    responses: dict[str, Any] = field(default_factory=dict[str, Any])  # token of an accepted part -> its response
    token: str = ""

    @property
    def current_size(self) -> int:
        return sum(map(len, self.received))


class Drive:
    """The files of one account. Tests can set `max_part_size` and `max_file_size` (bytes)."""

    def __init__(self) -> None:
        self.max_part_size = 524_288
        self.max_file_size = 314_572_800
        self.files: dict[str, Row] = {}
        self.contents: dict[str, bytes] = {}  # UUID of a version -> its bytes
        self.attached: list[Row] = []
        self._uploads: dict[str, Upload] = {}  # by token; accepted parts are included
        self._last = 0

    def allocate_number(self) -> int:
        self._last += 1
        return self._last

    def create_uuid(self) -> str:
        """Return a UUID that is the same in every run."""
        return str(UUID(int=(0x5D0C << 112) | (4 << 76) | (2 << 62) | self.allocate_number()))

    # Uploads

    def open_upload(self, announced: Row, user_id: int, now: int) -> Upload:
        upload = Upload(self.allocate_number(), announced, user_id, now)
        self.renew_token(upload)
        return upload

    def renew_token(self, upload: Upload) -> None:
        """Give the upload a token for its next part. The former tokens still find it."""
        upload.token = f"session{upload.number:06d}part{len(upload.received):06d}"
        self._uploads[upload.token] = upload

    def require_upload(self, token: str, now: int) -> Upload:
        """Return the upload of a token. Raises 404 for an unknown token and for an upload that has ended."""
        upload = self._uploads.get(token)
        if upload is None or now - upload.began > DAY:
            raise HttpError(404, "Session not found")
        return upload

    def accept_part(self, upload: Upload, content: bytes) -> bool:
        """Store a part. Returns True for the last part. Raises 400 for a part that does not fit."""
        if not content:
            raise HttpError(400, "The part is empty")
        if len(content) > self.max_part_size:
            raise HttpError(400, f"The part has {len(content)} bytes, more than {self.max_part_size}")
        if upload.current_size + len(content) > upload.announced["file_size"]:
            raise HttpError(400, f"More bytes than the announced {upload.announced['file_size']}")
        upload.received.append(content)
        return bool(upload.current_size == upload.announced["file_size"])

    def close_upload(self, upload: Upload) -> None:
        self._uploads = {token: one for token, one in self._uploads.items() if one is not upload}

    # Files

    def store_upload(self, upload: Upload, now: int) -> Row:
        """Store the file of a complete upload: a new file, or a new version of the named file."""
        announced, content = upload.announced, b"".join(upload.received)
        author = announced.get("created_by") or {"id": upload.user_id, "type": "internal"}
        return self.add_file(
            announced["file_name"],
            content,
            announced.get("content_type"),
            author=author,
            now=now,
            session=upload.number,
            version_of=announced.get("file_uuid"),
            preview=bool(announced.get("with_preview")),
        )

    def add_file(  # keyword arguments of one file
        self,
        name: str,
        content: bytes,
        mime: str | None,
        *,
        author: Row,
        now: int,
        session: int | None = None,
        version_of: str | None = None,
        preview: bool = False,
    ) -> Row:
        version = self._build_version(name, content, mime)
        version.update(session_id=session, has_preview=preview and version["type"] == "image")
        version.update(created_at=now, created_by=author, updated_at=now, updated_by=author)
        self.contents[version["uuid"]] = content
        file = self.files.get(version_of or "")
        if file is None:
            own = {"uuid": self.create_uuid(), "id": self.allocate_number(), "versions": [], "deleted_at": None}
            file = {**version, **own}
            self.files[file["uuid"]] = file
        file["versions"].append(version)
        self.select_version(file, version["uuid"])
        file.update(updated_at=now, updated_by=author)
        return file

    def _build_version(self, name: str, content: bytes, mime: str | None) -> Row:
        stem, dot, extension = name.rpartition(".")
        return {
            "uuid": self.create_uuid(),
            "id": self.allocate_number(),
            "name": stem if dot else name,
            "sanitized_name": name.replace(" ", "_"),
            "size": len(content),
            "type": classify_mime_type(mime),
            "metadata": {"extension": extension if dot else "", "mime_type": mime or "application/octet-stream"},
        }

    def select_version(self, file: Row, version_uuid: str) -> bool:
        """Make a version the current one. Returns False if the file has no such version."""
        version = next((one for one in file["versions"] if one["uuid"] == version_uuid), None)
        if version is None:
            return False
        file["version_uuid"] = version_uuid
        file.update({key: version[key] for key in ("size", "type", "metadata", "session_id", "has_preview")})
        return True

    def require_file(self, uuid: str, *, trashed: bool = True) -> Row:
        """Return the file. Raises 404."""
        file = self.files.get(uuid)
        if file is None or (file["deleted_at"] is not None and not trashed):
            raise HttpError(404, "File not found")
        return file

    def iter_files(self) -> Iterator[Row]:
        """Iterate over all files, the newest first."""
        return reversed(self.files.values())


def classify_mime_type(mime: str | None) -> str:
    family = (mime or "").partition("/")[0]
    if family in ("image", "video", "audio"):
        return family
    return (
        "document"
        if (mime or "").startswith(("text/", "application/pdf", "application/vnd", "application/ms"))
        else "file"
    )
