"""The drive of the sandbox: its own host, strict parts and bodies, and a trash."""

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


def test_a_file_is_uploaded_in_parts(drive: Sandbox, api: ApiClient) -> None:
    session = opened(api)
    assert (session["max_part_size"], session["max_file_size"]) == (1000, 314_572_800)
    first = put(drive, session["upload_url"], b"a" * 1000)
    assert first.json().keys() == {"session_id", "next_url"}
    assert put(drive, session["upload_url"], b"a" * 1000).json() == first.json()  # resumed
    second = put(drive, first.json()["next_url"], b"b" * 1000)
    last = put(drive, second.json()["next_url"], b"c" * 500)
    assert (last.json()["name"], last.json()["size"], last.json()["session_id"]) == (
        "Plan",
        2500,
        session["session_id"],
    )
    assert drive.content(last.json()["uuid"]) == b"a" * 1000 + b"b" * 1000 + b"c" * 500
    for url in (session["upload_url"], second.json()["next_url"]):
        assert put(drive, url, b"c" * 500).status == 404  # the upload has ended


@pytest.mark.parametrize(("content", "says"), [(b"", "empty"), (b"x" * 1001, "more than 1000")])
def test_parts_of_a_wrong_size_are_refused(drive: Sandbox, api: ApiClient, content: bytes, says: str) -> None:
    answer = put(drive, opened(api)["upload_url"], content)
    assert (answer.status, says in answer.text) == (400, True)


def test_more_bytes_than_announced_are_refused(drive: Sandbox, api: ApiClient) -> None:
    answer = put(drive, opened(api, file_size=10)["upload_url"], b"x" * 11)
    assert (answer.status, "announced 10" in answer.text) == (400, True)
    assert put(drive, opened(api)["upload_url"], b"x", **{"content-type": ""}).status == 400
    assert put(drive, opened(api)["upload_url"], b"x", authorization="Bearer wrong").status == 401
    assert put(drive, f"{DRIVE}/upload/unknown", b"x").status == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"file_name": "a"}, "file_size"),
        ({"file_size": 5}, "file_name"),
        ({"file_name": "a", "file_size": "5"}, "InvalidType"),
        ({"file_name": "a", "file_size": 0}, "InvalidValue"),
        ({"file_name": "", "file_size": 5}, "InvalidValue"),
        ({"file_name": "a", "file_size": 5, "mime": "x"}, "FieldNotExpected"),
        ({"file_name": "a", "file_size": 5, "created_by": 5}, "InvalidType"),
        ({"file_name": "a", "file_size": 400_000_000}, "more than 314572800"),
        ([], "empty"),
    ],
)
def test_invalid_upload_sessions_are_refused(api: ApiClient, body: Any, says: str) -> None:
    answer = api.post(f"{DRIVE}/v1.0/sessions", body)
    assert (answer.status, says in answer.text) == (400, True)
    assert api.post(f"{DRIVE}/v1.0/sessions", {**SESSION, "file_uuid": "unknown"}).status == 404


def test_the_drive_has_its_own_host(drive: Sandbox, api: ApiClient) -> None:
    uuid = drive.add_file("a.txt")["uuid"]
    assert api.get(f"{DRIVE}/v1.0/files/{uuid}").status == 200
    assert api.get(f"https://sandbox.kommo.com/v1.0/files/{uuid}").status == 404
    assert api.get(f"{DRIVE}/api/v4/account").status == 404
    assert api.get(f"/v1.0/files/{uuid}").status == 200  # a host outside of Kommo
    answer = api.get("http://127.0.0.1:8000/api/v4/account?with=drive_url").json()
    assert answer["drive_url"] == "http://127.0.0.1:8000"
    assert api.get("/api/v4/account?with=drive_url").json()["drive_url"] == DRIVE


def test_files_can_be_listed_and_filtered(drive: Sandbox, api: ApiClient) -> None:
    for number in range(3):
        drive.add_file(f"{number}.txt")
    page = api.get(f"{DRIVE}/v1.0/files?limit=2").json()
    assert (page["_count"], len(page["_embedded"]["files"])) == (3, 2)
    assert page["_links"]["next"]["href"] == f"{DRIVE}/v1.0/files?page=2&limit=2"
    assert api.get(f"{DRIVE}/v1.0/files?page=9").status == 204
    assert api.get(f"{DRIVE}/v1.0/files?filter[size][from]=1&filter[size][unit]=1024").status == 204
    for unknown in ("filter[type]=x", "filter[date][from]=1", "filter[date][type]=x", "with=links", "filter[term][]=x"):
        assert api.get(f"{DRIVE}/v1.0/files?{unknown}").status == 400
    wrong = api.get(f"{DRIVE}/v1.0/files?filter[date][type]=created_at&filter[date][date_preset]=today")
    assert wrong.status == 400


def test_a_file_can_be_renamed_and_changed_to_another_version(drive: Sandbox, api: ApiClient) -> None:
    file = drive.add_file("Plan.pdf")
    address = f"{DRIVE}/v1.0/files/{file['uuid']}"
    assert api.patch(address, {"name": "Roof"}).json()["name"] == "Roof"
    both = {"name": "x", "version_uuid": file["version_uuid"]}
    for body, status in (
        ({"uuid": "x"}, 400),
        (both, 400),
        ({"name": ""}, 400),
        ({"size": 5}, 400),
        ({"version_uuid": "x"}, 404),
    ):
        assert api.patch(address, body).status == status
    assert api.patch(f"{DRIVE}/v1.0/files/unknown", {"name": "x"}).status == 404
    assert api.get(f"{DRIVE}/v1.0/files/unknown/versions").status == 404


def test_files_can_be_trashed_and_restored(drive: Sandbox, api: ApiClient) -> None:
    uuid = drive.add_file("a.txt")["uuid"]
    for body in ([{"uuid": uuid, "x": 1}], [{"uuid": 5}], [uuid], {"uuid": uuid}):
        assert api.request("DELETE", f"{DRIVE}/v1.0/files", body).status == 400
    assert api.request("DELETE", f"{DRIVE}/v1.0/files", [{"uuid": uuid}, {"uuid": "unknown"}]).status == 404
    assert drive.files[0]["is_trashed"] is False  # all or nothing
    assert api.request("DELETE", f"{DRIVE}/v1.0/files", [{"uuid": uuid}]).json() == {}
    assert api.get(f"{DRIVE}/v1.0/files").status == 204
    assert api.get(f"{DRIVE}/v1.0/files?filter[deleted]=1").json()["_count"] == 1
    restored = api.post(f"{DRIVE}/v1.0/files/restore", [{"uuid": uuid}]).json()
    assert (restored["_count"], restored["_embedded"]["files"][0]["is_trashed"]) == (1, False)
