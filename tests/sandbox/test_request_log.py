from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox, SandboxRequest, SandboxResponse
from tests.sandbox.api_client import ApiClient

DRIVE = "https://drive-sandbox.kommo.com"


SESSION = {"file_name": "Plan.pdf", "file_size": 2500, "content_type": "application/pdf"}


@pytest.fixture
def drive(sandbox: Sandbox) -> Sandbox:
    sandbox.account.drive.max_part_size = 1000
    return sandbox


@pytest.fixture
def api(drive: Sandbox) -> ApiClient:
    return ApiClient(drive)


def put(sandbox: Sandbox, url: str, content: bytes, **headers: str) -> SandboxResponse:
    head = {"authorization": f"Bearer {sandbox.token}", "content-type": "application/pdf", **headers}
    path, host = url.removeprefix(DRIVE), "drive-sandbox.kommo.com"
    return sandbox.handle(SandboxRequest("POST", path, "", {k: v for k, v in head.items() if v}, content, host))


def opened(api: ApiClient, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.post(f"{DRIVE}/v1.0/sessions", {**SESSION, **changes}).json()
    return answer


def test_the_log_keeps_sizes_of_parts_and_not_their_bytes(drive: Sandbox, api: ApiClient) -> None:
    put(drive, opened(api)["upload_url"], b"x" * 700)
    assert (drive.log[-1].bytes_in, drive.log[-1].request.body) == (700, b"")
