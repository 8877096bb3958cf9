"""Where the account's files are: asked once, and trusted with the token only where Kommo, or the user's own machine, is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kommo_orm import ConfigurationError, DriveFile, Forbidden, Kommo, TransportError, UnexpectedResponse
from kommo_orm.sandbox import Sandbox

TOKEN = "s3cret-token-of-tests"
UUID = "5d0c1f1e-5a0e-4f57-a8a4-51c8d4f8a8c2"


class Asked:
    """A transport that answers the account with a drive, and everything else with one file; remembers who was asked."""

    def __init__(self, drive_url: Any, **answers: Any) -> None:
        self.drive_url, self.answers = drive_url, answers
        self.seen: list[tuple[str, str | None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append((str(request.url.copy_with(query=None)), request.headers.get("authorization")))
        if request.url.path.endswith("/api/v4/account"):
            return httpx.Response(200, json={"id": 1, "drive_url": self.drive_url})
        if request.url.path.endswith("/v1.0/sessions"):
            return httpx.Response(200, json={"session_id": 1, "max_part_size": 9, "max_file_size": 99, **self.answers})
        return httpx.Response(200, json={"uuid": UUID, "name": "a", "size": 1})

    def addresses(self) -> list[str]:
        assert {bearer for _, bearer in self.seen} <= {f"Bearer {TOKEN}"}
        return [url for url, _ in self.seen]

    def kommo(self, base_url: str | None = None) -> Kommo:
        return Kommo("acme", token=TOKEN, base_url=base_url, transport=httpx.MockTransport(self), rate=None)


@pytest.mark.parametrize(
    "told",
    ["https://drive-c.kommo.com", "https://drive-c.kommo.com/", "drive-c.kommo.com", " https://drive-c.kommo.com "],
)
def test_the_address_as_the_account_tells_it(told: str) -> None:
    asked = Asked(told)
    with asked.kommo():
        DriveFile.objects.get(UUID)
        DriveFile.objects.get(UUID)
    file = f"https://drive-c.kommo.com/v1.0/files/{UUID}"
    assert asked.addresses() == ["https://acme.kommo.com/api/v4/account", file, file]


@pytest.mark.parametrize("told", [None, "", [], False, 0])
def test_an_account_without_files(told: Any) -> None:
    with Asked(told).kommo(), pytest.raises(UnexpectedResponse, match="states no drive_url"):
        DriveFile.objects.get(UUID)


@pytest.mark.parametrize(
    "told",
    ["http://drive-c.kommo.com", "https://drive.example.org", "https://kommo.com.example.org", "http://127.0.0.1:9000"],
)
def test_a_stranger_is_not_sent_the_token(told: str) -> None:
    asked = Asked(told)
    with asked.kommo(), pytest.raises(ConfigurationError, match="no host of Kommo"):
        DriveFile.objects.get(UUID)
    assert len(asked.seen) == 1


@pytest.mark.parametrize(
    ("base_url", "told"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000"),
        ("http://127.0.0.1:8000", "http://localhost:9000"),
        ("http://127.0.0.1:8000", "https://127.0.0.1:9000/drive"),
        ("https://proxy.example.org/kommo", "https://proxy.example.org/drive"),
        ("https://proxy.example.org", "https://drive-c.kommo.com"),
    ],
)
def test_behind_an_address_of_the_users(base_url: str, told: str) -> None:
    asked = Asked(told)
    with asked.kommo(base_url):
        DriveFile.objects.get(UUID)
    assert asked.addresses() == [f"{base_url}/api/v4/account", f"{told}/v1.0/files/{UUID}"]


@pytest.mark.parametrize(
    ("base_url", "told"),
    [
        ("https://proxy.example.org", "http://proxy.example.org"),
        ("https://proxy.example.org", "https://other.example.org"),
        ("http://127.0.0.1:8000", "http://10.0.0.1:8000"),
        ("http://example.org:8000", "http://localhost:8000"),
    ],
)
def test_another_machine_is_a_stranger(base_url: str, told: str) -> None:
    asked = Asked(told)
    with asked.kommo(base_url), pytest.raises(ConfigurationError, match="no host of Kommo"):
        DriveFile.objects.get(UUID)
    assert len(asked.seen) == 1


def test_only_what_the_drive_names_may_be_another_port() -> None:
    asked = Asked("http://127.0.0.1:9000")
    with asked.kommo("http://127.0.0.1:8000") as kommo:
        DriveFile.objects.get(UUID)
        with pytest.raises(ConfigurationError, match="not sent there"):
            kommo.request("GET", "http://127.0.0.1:9000/v1.0/files")


@pytest.mark.parametrize(
    ("base_url", "told", "named", "taken"),
    [
        (
            None,
            "https://drive-c.kommo.com",
            "https://up-c.kommo.com/upload/tok12345",
            "https://up-c.kommo.com/upload/tok12345",
        ),
        (
            "http://127.0.0.1:8000",
            "http://127.0.0.1:9000",
            "http://127.0.0.1:9001/upload/t",
            "http://127.0.0.1:9001/upload/t",
        ),
        (
            "http://127.0.0.1:8000",
            "http://127.0.0.1:9000",
            "https://drive-c.kommo.com/upload/t",
            "http://127.0.0.1:9000/upload/t",
        ),
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000", "/upload/t", "http://127.0.0.1:9000/upload/t"),
    ],
)
def test_addresses_that_the_drive_names(base_url: str | None, told: str, named: str, taken: str) -> None:
    asked = Asked(told, upload_url=named)
    with asked.kommo(base_url):
        DriveFile.objects.upload(b"content", name="a.txt")
    assert asked.addresses()[-1] == taken


@pytest.mark.parametrize(
    "named", ["https://example.org/upload/t", "http://drive-c.kommo.com/upload/t", "http://127.0.0.1/upload/t"]
)
def test_a_part_goes_to_no_stranger(named: str) -> None:
    asked = Asked("https://drive-c.kommo.com", upload_url=named)
    with asked.kommo(), pytest.raises(ConfigurationError, match="not sent there"):
        DriveFile.objects.upload(b"content", name="a.txt")
    assert len(asked.seen) == 2


async def test_many_at_once_ask_for_the_address_once(sandbox: Sandbox) -> None:
    uuid = sandbox.add_file("a.txt")["uuid"]
    async with sandbox.connect():
        await asyncio.gather(*(DriveFile.objects.aget(uuid) for _ in range(20)))
    assert len(sandbox.requests("GET", "/api/v4/account")) == 1


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def test_an_address_that_could_not_be_read_is_asked_for_again(sandbox: Sandbox) -> None:
    sandbox.faults.next(status=403, path="/api/v4/account", body={"status": 403, "detail": "Invalid scope"})
    uuid = sandbox.add_file("a.txt")["uuid"]
    with sandbox.connect():
        with pytest.raises(Forbidden, match="where the account's files are kept"):
            DriveFile.objects.get(uuid)
        assert DriveFile.objects.get(uuid).id == uuid


Act = Callable[[], object]


def test_the_drive_keeps_the_accounts_pace_and_token(sandbox: Sandbox) -> None:
    uuid = sandbox.add_file("a.txt")["uuid"]
    with sandbox.connect(backoff=0, retries=2) as kommo:
        sandbox.faults.next(status=429, path="/v1.0/files/*")
        assert DriveFile.objects.get(uuid).id == uuid
        sandbox.faults.next(status=502, path="/v1.0/files/*", times=2)
        with pytest.raises(Exception, match="502"):
            DriveFile.objects.get(uuid)
        sandbox.faults.next(path="/v1.0/files/*", drop_before=True, times=2)
        with pytest.raises(TransportError, match="read files"):
            DriveFile.objects.get(uuid)
        before = kommo.writes
        DriveFile.objects.get(uuid).delete()
        assert kommo.writes == before + 1


def test_a_blocked_drive_does_not_stop_the_account(sandbox: Sandbox) -> None:
    with sandbox.connect(backoff=0) as kommo:
        for body, html in ((b"<html>403 Forbidden</html>", True), (b"Access denied", False)):
            sandbox.faults.next(status=403, path="/v1.0/files", body=body, html=html)
            with pytest.raises(Exception, match="403"):
                DriveFile.objects.list()
        assert kommo.account().id
