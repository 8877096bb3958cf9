"""Downloads: straight into a file, whole or not at all, from wherever the drive says."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from kommo_orm import ConfigurationError, DriveFile, Kommo, NotFound, TransportError, UnexpectedResponse
from kommo_orm.entities.files.download import safe_name
from kommo_orm.sandbox import Sandbox

CONTENT = bytes(range(256)) * 1000  # several pieces
Fetch = Callable[..., Path | None]


def fetch_sync(kommo: Kommo, file: Any, target: Any, **options: Any) -> Path | None:
    result: Path | None = file.download(target, using=kommo, **options)
    return result


def fetch_async(kommo: Kommo, file: Any, target: Any, **options: Any) -> Path | None:
    async def main() -> Path | None:
        result: Path | None = await file.adownload(target, using=kommo, **options)
        return result

    return asyncio.run(main())


both_faces = pytest.mark.parametrize("fetch", [fetch_sync, fetch_async])


@pytest.fixture
def file(kommo: Kommo, sandbox: Sandbox) -> DriveFile:
    return DriveFile.objects.get(sandbox.add_file("Plan.pdf", CONTENT)["uuid"])


@both_faces
def test_into_a_path(kommo: Kommo, file: DriveFile, tmp_path: Path, fetch: Fetch):
    told: list[tuple[int, int]] = []
    path = fetch(kommo, file, tmp_path / "a.pdf", progress=lambda got, total: told.append((got, total)))
    assert path == tmp_path / "a.pdf"
    assert path.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [got for got, _ in told] == sorted({got for got, _ in told})
    assert list(tmp_path.iterdir()) == [path]


def test_into_a_folder_it_keeps_its_name(kommo: Kommo, file: DriveFile, tmp_path: Path):
    assert file.download(str(tmp_path)) == tmp_path / "Plan.pdf"
    assert (tmp_path / "Plan.pdf").read_bytes() == CONTENT


@both_faces
def test_into_an_open_file(kommo: Kommo, file: DriveFile, sandbox: Sandbox, fetch: Fetch):
    opened = io.BytesIO(b"head")
    opened.seek(4)
    sandbox.faults.next(path="/download/*", truncate=True)
    assert fetch(kommo, file, opened) is None
    assert opened.getvalue() == b"head" + CONTENT
    assert not opened.closed


@pytest.mark.parametrize(
    "fault", [{"truncate": True}, {"drop_after": True}, {"drop_before": True}, {"status": 502}, {"status": 429}]
)
@both_faces
def test_what_breaks_off_begins_anew(
    kommo: Kommo, file: DriveFile, sandbox: Sandbox, tmp_path: Path, fetch: Fetch, fault: Any
):
    sandbox.faults.next(path="/download/*", **fault)
    assert fetch(kommo, file, tmp_path / "a.pdf") is not None
    assert (tmp_path / "a.pdf").read_bytes() == CONTENT


@both_faces
def test_over_real_sockets(sandbox: Sandbox, tmp_path: Path, fetch: Fetch):
    with (
        sandbox.serve() as server,
        Kommo("acme", token="sandbox-token", base_url=server.url, rate=None, backoff=0) as kommo,
    ):
        file = DriveFile.objects.get(sandbox.add_file("Plan.pdf", CONTENT)["uuid"])
        sandbox.faults.next(path="/download/*", truncate=True)
        fetch(kommo, file, tmp_path)
        assert (tmp_path / "Plan.pdf").read_bytes() == CONTENT


class Pipe(io.RawIOBase):
    """Cannot be wound back."""

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        return len(piece)


def test_what_cannot_be_wound_back_is_not_filled_twice(kommo: Kommo, file: DriveFile, sandbox: Sandbox):
    file.download(Pipe())  # type: ignore[call-overload]
    sandbox.faults.next(path="/download/*", truncate=True)
    with pytest.raises(ConfigurationError, match="not seekable"):
        file.download(Pipe())  # type: ignore[call-overload]


@both_faces
def test_nothing_is_left_of_what_failed(kommo: Kommo, file: DriveFile, sandbox: Sandbox, tmp_path: Path, fetch: Fetch):
    (tmp_path / "a.pdf").write_bytes(b"before")
    sandbox.faults.next(path="/download/*", truncate=True, times=None)
    with pytest.raises(TransportError, match=r"download 'Plan\.pdf'"):
        fetch(kommo, file, tmp_path / "a.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]
    assert (tmp_path / "a.pdf").read_bytes() == b"before"
    with pytest.raises(FileNotFoundError):
        fetch(kommo, file, tmp_path / "nowhere" / "a.pdf")


def test_a_progress_that_fails_ends_the_download(kommo: Kommo, file: DriveFile, tmp_path: Path):
    def stop(got: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        file.download(tmp_path, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_read_as_any_other(kommo: Kommo, file: DriveFile, sandbox: Sandbox, tmp_path: Path):
    sandbox.faults.next(status=404, path="/download/*", body={"status": 404, "detail": "File not found"})
    with pytest.raises(NotFound, match="File not found"):
        file.download(tmp_path)


def test_a_reference_reads_its_row_first(kommo: Kommo, file: DriveFile, sandbox: Sandbox, tmp_path: Path):
    assert DriveFile(id=file.id).download(tmp_path) == tmp_path / "Plan.pdf"
    sandbox.faults.next(status=200, path="/v1.0/files/*", body={"uuid": file.id, "name": "x", "_links": []})
    with pytest.raises(UnexpectedResponse, match="no download link"):
        DriveFile(id=file.id).download(tmp_path)


async def test_a_version(kommo: Kommo, file: DriveFile, tmp_path: Path):
    await DriveFile.objects.aupload(b"newer", name="Plan.pdf", version_of=file)
    newer, older = await file.aversions()
    assert (await older.adownload(tmp_path / "old.pdf")).read_bytes() == CONTENT
    assert newer.download(tmp_path / "new.pdf").read_bytes() == b"newer"


def test_a_storage_elsewhere_is_asked_without_the_token(tmp_path: Path):
    seen: list[tuple[str, str | None]] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers.get("authorization")))
        if request.url.path == "/api/v4/account":
            return httpx.Response(200, json={"drive_url": "https://drive-c.kommo.com/"})
        if request.url.path == "/download/moved":
            return httpx.Response(302, headers={"location": "https://storage.example.org/x"})
        return httpx.Response(200, content=b"content")

    with Kommo("acme", token="s3cret-token", transport=httpx.MockTransport(reply), rate=None) as kommo:
        for href in ("https://storage.example.org/x", "https://drive-c.kommo.com/download/moved"):
            row = {"id": "u-1", "name": "a", "_links": {"download": {"href": href}}}
            file = DriveFile.hydrate([row], kommo)[0]
            assert file.download(tmp_path).read_bytes() == b"content"
    bearer = "Bearer s3cret-token"
    assert seen == [
        ("acme.kommo.com", bearer),
        ("storage.example.org", None),
        ("drive-c.kommo.com", bearer),
        ("storage.example.org", None),
    ]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Plan.pdf", "Plan.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\x.txt", "C__x.txt"),
        ("..", "file"),
        ("a\x00b\n", "a_b_"),
        ("Dach & Fach — ü.pdf", "Dach & Fach — ü.pdf"),
    ],
)
def test_a_name_stays_in_its_folder(given: str, kept: str):
    assert safe_name(given) == kept
