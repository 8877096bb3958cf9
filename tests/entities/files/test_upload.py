"""Uploads: part by part, never the whole in memory; lost answers; what is too large, empty, nameless or gets shorter."""

from __future__ import annotations

import asyncio
import io
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from kommo_orm import (
    BadRequest,
    ConfigurationError,
    DriveFile,
    Forbidden,
    Kommo,
    NotFound,
    ServerError,
    Session,
    TransportError,
    UncertainWrite,
    UnexpectedResponse,
)
from kommo_orm.sandbox import Sandbox, SandboxRequest

PART = 1000
CONTENT = bytes(range(256)) * 10  # 2560 bytes: two whole parts and a rest
MEGABYTE = 1024 * 1024
Upload = Callable[..., DriveFile]


def upload_sync(kommo: Kommo, *given: Any, **options: Any) -> DriveFile:
    return DriveFile.objects.using(kommo).upload(*given, **options)


def upload_async(kommo: Kommo, *given: Any, **options: Any) -> DriveFile:
    async def main() -> DriveFile:
        return await DriveFile.objects.using(kommo).aupload(*given, **options)

    return asyncio.run(main())


both_faces = pytest.mark.parametrize("upload", [upload_sync, upload_async])


@pytest.fixture
def small_parts(sandbox: Sandbox) -> Sandbox:
    sandbox.account.drive.max_part_size = PART
    return sandbox


def parts(sandbox: Sandbox) -> list[int]:
    """The sizes of what was sent to the addresses of parts."""
    return [entry.bytes_in for entry in sandbox.log if entry.path.startswith("/upload/")]


def is_part(number: int) -> Callable[[SandboxRequest], bool]:
    return lambda request: request.path.endswith(f"part{number:06d}")


# ---- what arrives
@both_faces
def test_a_path_goes_up_in_parts(kommo: Kommo, small_parts: Sandbox, tmp_path: Path, upload: Upload):
    path = tmp_path / "Plan of the roof.pdf"
    path.write_bytes(CONTENT)
    told: list[tuple[int, int]] = []
    file = upload(kommo, path, progress=lambda sent, total: told.append((sent, total)))
    assert told == [(1000, 2560), (2000, 2560), (2560, 2560)]
    assert parts(small_parts) == [1000, 1000, 560]
    assert small_parts.content(file.id) == CONTENT
    assert (file.name, file.file_name, file.size) == ("Plan of the roof", "Plan of the roof.pdf", 2560)
    opening = small_parts.requests("POST", "/v1.0/sessions")[0]
    assert opening.json == {"file_name": path.name, "file_size": 2560, "content_type": "application/pdf"}
    sent = [entry.request.headers for entry in small_parts.log if entry.path.startswith("/upload/")]
    assert {one["content-type"] for one in sent} == {"application/pdf"}
    assert {one["authorization"] for one in sent} == {"Bearer sandbox-token"}


@pytest.mark.parametrize(
    "given",
    [
        CONTENT,
        bytearray(CONTENT),
        memoryview(CONTENT),
        memoryview(bytearray(CONTENT)).cast("H"),
        io.BytesIO(CONTENT),
    ],
)
@both_faces
def test_bytes_and_open_files(kommo: Kommo, small_parts: Sandbox, upload: Upload, given: Any):
    file = upload(kommo, given, name="a.bin", content_type="image/png", with_preview=True, created_by=1001)
    if isinstance(given, io.BytesIO):
        assert not given.closed  # it is not ours
        given.seek(0)
    assert small_parts.content(file.id) == CONTENT
    assert (file.type, len(file.previews)) == ("image", 1)
    assert file.created_by is not None
    assert file.created_by.id == 1001


def test_an_open_file_is_read_from_where_it_stands(kommo: Kommo, sandbox: Sandbox, tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes(CONTENT)
    with path.open("rb") as opened:
        opened.seek(500)
        file = DriveFile.objects.upload(opened)
        assert not opened.closed
    assert sandbox.content(file.id) == CONTENT[500:]
    assert file.file_name == "a.txt"


class Trickle(io.RawIOBase):
    """Gives less than was asked for, as sockets and pipes do."""

    def __init__(self) -> None:
        self.inner = io.BytesIO(CONTENT)

    def read(self, size: int = -1) -> bytes:
        return self.inner.read(min(size, 7))

    def tell(self) -> int:
        return self.inner.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.inner.seek(offset, whence)


def test_a_file_that_gives_little_at_a_time(kommo: Kommo, small_parts: Sandbox):
    file = DriveFile.objects.upload(Trickle(), name="a.bin")  # type: ignore[arg-type]
    assert parts(small_parts) == [1000, 1000, 560]
    assert small_parts.content(file.id) == CONTENT


def test_a_whole_number_of_parts(kommo: Kommo, small_parts: Sandbox):
    DriveFile.objects.upload(CONTENT[:2000], name="a.bin")
    assert parts(small_parts) == [1000, 1000]


def test_a_drive_that_takes_much_at_once_is_given_a_megabyte(kommo: Kommo, sandbox: Sandbox):
    sandbox.account.drive.max_part_size = 100 * MEGABYTE
    DriveFile.objects.upload(bytes(MEGABYTE + 5), name="a.bin")
    assert parts(sandbox) == [MEGABYTE, 5]


def test_within_a_session_the_file_is_one_of_its_objects(kommo: Kommo, sandbox: Sandbox):
    with Session(kommo) as session:
        file = session.query(DriveFile).upload(b"x", name="a.txt")
        assert session.query(DriveFile).one() is file
        file.name = "b"
    assert sandbox.files[0]["name"] == "b"


# ---- what cannot be uploaded
@pytest.mark.parametrize(
    ("given", "options", "says"),
    [
        (b"", {"name": "a.txt"}, "empty"),
        (b"x", {}, "have no name"),
        (io.BytesIO(b"x"), {}, "has no name"),
        (b"x", {"name": " "}, "is a text"),
        (5, {"name": "a.txt"}, "not 5"),
        (io.StringIO("x"), {"name": "a.txt"}, "opened as text"),
        (b"x", {"name": "a.txt", "version_of": 5}, "DriveFile or its uuid"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(
    kommo: Kommo, sandbox: Sandbox, given: Any, options: Any, says: str
):
    with pytest.raises(ConfigurationError, match=says):
        DriveFile.objects.upload(given, **options)
    assert sandbox.log == []


def test_what_cannot_be_read_is_an_error_of_the_system(kommo: Kommo, sandbox: Sandbox, tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        DriveFile.objects.upload(tmp_path / "nothing.pdf")
    with pytest.raises(OSError, match="directory"):
        DriveFile.objects.upload(tmp_path)
    assert sandbox.log == []


class Pipe(io.RawIOBase):
    name = "pipe"  # type: ignore[assignment]

    def tell(self) -> int:
        raise OSError("Illegal seek")

    def read(self, size: int = -1) -> bytes:
        return b"x"


def test_a_stream_without_an_end_is_refused(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match="not seekable"):
        DriveFile.objects.upload(Pipe())  # type: ignore[arg-type]
    assert sandbox.log == []


def test_a_file_that_gets_shorter_meanwhile(kommo: Kommo, small_parts: Sandbox, tmp_path: Path):
    path = tmp_path / "log.txt"
    path.write_bytes(CONTENT * 40)  # more than is read ahead
    with pytest.raises(ConfigurationError, match="'log.txt' became shorter"):
        DriveFile.objects.upload(path, progress=lambda sent, total: path.write_bytes(b""))


def test_a_file_that_is_too_large(kommo: Kommo, sandbox: Sandbox):
    sandbox.account.drive.max_file_size = 2000
    with pytest.raises(BadRequest, match="more than 2000"):
        DriveFile.objects.upload(CONTENT, name="a.bin")
    opened = {"session_id": 1, "upload_url": "https://drive-sandbox.kommo.com/upload/x", "max_part_size": 10}
    sandbox.faults.next(status=200, path="/v1.0/sessions", body={**opened, "max_file_size": "2000"})
    with pytest.raises(ConfigurationError, match="2560 bytes, and the drive takes at most 2000"):
        DriveFile.objects.upload(CONTENT, name="a.bin")
    assert parts(sandbox) == []


def test_a_progress_that_fails_ends_the_upload(kommo: Kommo, small_parts: Sandbox):
    def stop(sent: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        DriveFile.objects.upload(CONTENT, name="a.bin", progress=stop)
    assert parts(small_parts) == [1000]


# ---- what the drive may answer
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1.0/sessions", {}),
        ("/v1.0/sessions", []),
        ("/v1.0/sessions", {"upload_url": "https://drive-sandbox.kommo.com/upload/x", "max_part_size": 0}),
        ("/v1.0/sessions", {"upload_url": "", "max_part_size": 5}),
        ("/v1.0/sessions", {"max_part_size": 5}),
        ("/upload/*", {}),
        ("/upload/*", {"next_url": None}),
        ("/upload/*", []),
    ],
)
def test_answers_that_lead_nowhere(kommo: Kommo, small_parts: Sandbox, path: str, body: Any):
    small_parts.faults.next(status=200, path=path, body=body)
    with pytest.raises(UnexpectedResponse, match="gave no address"):
        DriveFile.objects.upload(CONTENT, name="a.bin")


@pytest.mark.parametrize("body", [{"session_id": 1, "next_url": "https://drive-sandbox.kommo.com/upload/y"}, {}])
def test_a_last_part_without_a_file(kommo: Kommo, sandbox: Sandbox, body: Any):
    sandbox.faults.next(status=200, path="/upload/*", body=body)
    with pytest.raises(UnexpectedResponse, match="the answer has no file"):
        DriveFile.objects.upload(CONTENT, name="a.bin")


def test_a_file_in_an_envelope(kommo: Kommo, sandbox: Sandbox):
    row = {"uuid": "u-1", "name": "a", "size": 2560}
    sandbox.faults.next(status=200, path="/upload/*", body={"_embedded": {"files": [row]}})
    assert DriveFile.objects.upload(CONTENT, name="a.bin").id == "u-1"


def test_the_token_is_sent_to_no_strangers_part(kommo: Kommo, sandbox: Sandbox):
    body = {"upload_url": "https://example.org/upload/x", "max_part_size": 1000, "max_file_size": 5000}
    sandbox.faults.next(status=200, path="/v1.0/sessions", body=body)
    with pytest.raises(ConfigurationError, match="not sent there"):
        DriveFile.objects.upload(CONTENT, name="a.bin")


# ---- parts that die on the way
@pytest.mark.parametrize(
    "fault", [{"drop_before": True}, {"drop_after": True}, {"truncate": True}, {"status": 502}, {"status": 429}]
)
@both_faces
def test_a_part_that_is_lost_is_sent_again(kommo: Kommo, small_parts: Sandbox, upload: Upload, fault: Any):
    small_parts.faults.next(path="/upload/*", when=is_part(1), **fault)
    told: list[int] = []
    file = upload(kommo, CONTENT, name="a.bin", progress=lambda sent, total: told.append(sent))
    assert parts(small_parts) == [1000, 1000, 1000, 560]
    assert told == [1000, 2000, 2560]
    assert small_parts.content(file.id) == CONTENT
    assert len(small_parts.files) == 1


@both_faces
def test_over_real_sockets(small_parts: Sandbox, upload: Upload, tmp_path: Path):
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    with (
        small_parts.serve() as server,
        Kommo("acme", token=small_parts.token, base_url=server.url, rate=None, backoff=0) as kommo,
    ):
        for number, fault in enumerate([{"drop_after": True}, {"drop_before": True}, {"truncate": True}]):
            small_parts.faults.next(path="/upload/*", when=is_part(min(number, 1)), **fault)
        file = upload(kommo, path)
        assert parts(small_parts) == [1000, 1000, 1000, 1000, 1000, 560]
        assert small_parts.content(file.id) == CONTENT
        assert file.download_url is not None
        assert file.download_url.startswith(server.url)


@both_faces
def test_a_break_names_the_file_and_the_bytes(kommo: Kommo, small_parts: Sandbox, upload: Upload):
    small_parts.faults.next(path="/upload/*", drop_before=True, when=is_part(1), times=None)
    with pytest.raises(TransportError, match=r"upload bytes 1000 to 2000 of 2560 of 'a\.bin'") as caught:
        upload(kommo, CONTENT, name="a.bin")
    assert "session0000" not in str(caught.value)  # who has the address can write to the upload
    assert small_parts.files == []


@pytest.mark.parametrize(("status", "kind"), [(400, BadRequest), (404, NotFound), (403, Forbidden), (500, ServerError)])
def test_a_part_that_is_refused(kommo: Kommo, small_parts: Sandbox, status: int, kind: type[Exception]):
    small_parts.faults.next(status=status, path="/upload/*", when=is_part(1))
    with pytest.raises(kind, match="upload bytes 1000 to 2000"):
        DriveFile.objects.upload(CONTENT, name="a.bin")
    assert parts(small_parts) == [1000, 1000]


@both_faces
def test_a_last_part_that_may_be_there_is_uncertain(kommo: Kommo, small_parts: Sandbox, upload: Upload):
    small_parts.faults.next(path="/upload/*", drop_after=True, when=is_part(2))
    with pytest.raises(UncertainWrite, match=r"the file may be there\. Look for 'a\.bin'"):
        upload(kommo, CONTENT, name="a.bin")
    assert len(small_parts.files) == 1  # it is


@pytest.mark.parametrize("fault", [{"drop_after": True}, {"status": 500, "applied": True}, {"status": 504}])
def test_a_last_part_that_nobody_answers_is_uncertain(kommo: Kommo, small_parts: Sandbox, fault: Any):
    small_parts.faults.next(path="/upload/*", when=is_part(2), times=None, **fault)
    with pytest.raises(UncertainWrite):
        DriveFile.objects.upload(CONTENT, name="a.bin")


@pytest.mark.parametrize("fault", [{"refuse": True}, {"status": 503}, {"status": 400}, {"status": 403}])
def test_a_last_part_that_surely_is_not_there_is_not(kommo: Kommo, small_parts: Sandbox, fault: Any):
    small_parts.faults.next(path="/upload/*", when=is_part(2), times=None, **fault)
    with pytest.raises((TransportError, ServerError, BadRequest, Forbidden)):
        DriveFile.objects.upload(CONTENT, name="a.bin")


def test_a_second_opening_does_no_harm(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(path="/v1.0/sessions", drop_after=True)
    DriveFile.objects.upload(CONTENT, name="a.bin")
    assert len(sandbox.files) == 1


# ---- memory
def discarding() -> httpx.MockTransport:
    """A drive that keeps nothing."""
    left = [0]

    def reply(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v4/account":
            return httpx.Response(200, json={"id": 1, "drive_url": "https://drive-c.kommo.com"})
        if request.url.path == "/v1.0/sessions":
            left[0] = json.loads(request.content)["file_size"]
            limits = {"max_file_size": 300 * MEGABYTE, "max_part_size": 524_288}
            return httpx.Response(
                200, json={"session_id": 1, "upload_url": "https://drive-c.kommo.com/upload/1", **limits}
            )
        if request.method == "GET":
            return httpx.Response(200, stream=Zeros())
        left[0] -= len(request.content)
        if left[0]:
            return httpx.Response(
                200, json={"session_id": 1, "next_url": f"https://drive-c.kommo.com/upload/{left[0]}"}
            )
        href = {"href": "https://drive-c.kommo.com/download/x"}
        return httpx.Response(
            200, json={"uuid": "u-1", "name": "a", "size": 50 * MEGABYTE, "_links": {"download": href}}
        )

    return httpx.MockTransport(reply)


class Zeros(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Fifty megabytes that nobody has at once."""

    def __iter__(self) -> Any:
        for _ in range(50):
            yield bytes(MEGABYTE)

    async def __aiter__(self) -> Any:
        for _ in range(50):
            yield bytes(MEGABYTE)


def grown(work: Callable[[], Any]) -> float:
    """Megabytes by which the memory of Python objects grew at most."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        return (tracemalloc.get_traced_memory()[1] - before) / MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@both_faces
def test_fifty_megabytes_take_ten_at_most(tmp_path: Path, upload: Upload):
    path = tmp_path / "film.mp4"
    with path.open("wb") as film:
        film.truncate(50 * MEGABYTE)  # sparse: it takes no room
    with Kommo("acme", token="t" * 20, transport=discarding(), rate=None) as kommo:
        told: list[int] = []
        files: list[DriveFile] = []
        assert grown(lambda: files.append(upload(kommo, path, progress=lambda sent, _: told.append(sent)))) < 10
        assert len(told) == 100
        assert told[-1] == 50 * MEGABYTE
        assert grown(lambda: files[0].download(tmp_path / "back.mp4", using=kommo)) < 10
        assert (tmp_path / "back.mp4").stat().st_size == 50 * MEGABYTE
        assert grown(lambda: asyncio.run(files[0].adownload(tmp_path / "again.mp4", using=kommo))) < 10
