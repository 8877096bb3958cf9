"""Files in API v4: the calls of each action, rows with two ids, and refusals in plain text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kommo_orm import AccountBlocked, Forbidden
from kommo_orm.dialects.common.error_parser import parse_error
from kommo_orm.dialects.v4 import V4
from kommo_orm.entities.files.upload import UploadPart
from kommo_orm.interface.action import Action
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.model.parent import Parent
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat

UUID = "5d0c1f1e-5a0e-4f57-a8a4-51c8d4f8a8c2"


def call(verb: str, kind: str, *ids: Any, parent: Parent | None = None, body: Any = None) -> HttpRequest:
    made = V4.build_action_request(Action(verb, kind, ids, parent, body))
    assert made.repeat is Repeat.SAFE
    return made


@pytest.mark.parametrize(
    ("made", "method", "path", "json", "drive"),
    [
        (call("open upload", "files", body={"file_name": "a"}), "POST", "/v1.0/sessions", {"file_name": "a"}, True),
        (call("restore", "files", "u", "v"), "POST", "/v1.0/files/restore", [{"uuid": "u"}, {"uuid": "v"}], True),
        (call("attach files", "leads", 5, body=["u"]), "PUT", "/api/v4/leads/5/files", [{"file_uuid": "u"}], False),
        (
            call("detach files", "customers", 5, body=["u", "v"]),
            "DELETE",
            "/api/v4/customers/5/files",
            [{"file_uuid": "u"}, {"file_uuid": "v"}],
            False,
        ),
        (
            call("attach files", "catalog_elements", 9, parent=Parent("catalogs", 3005), body=["u"]),
            "PUT",
            "/api/v4/catalogs/3005/9/files",
            [{"file_uuid": "u"}],
            False,
        ),
    ],
)
def test_writing_calls(made: HttpRequest, method: str, path: str, json: Any, drive: bool) -> None:
    assert (made.method, made.path, made.json, made.drive) == (method, path, json, drive)


def test_reading_calls() -> None:
    made = call("attached files", "companies", 7, body={"limit": 50, "before_id": 12})
    assert (made.path, made.params) == ("/api/v4/companies/7/files", (("limit", "50"), ("before_id", "12")))
    assert call("links", "files", UUID).path == f"/api/v4/files/{UUID}/links"
    versions = V4.build_list_request(ReadRequest("file_versions", Parent("files", UUID)), 1, 50)  # type: ignore[arg-type]
    assert (versions.path, versions.params, versions.drive) == (f"/v1.0/files/{UUID}/versions", (), True)
    assert V4.build_row_request(ReadRequest("files"), UUID).drive


def test_a_part_shows_neither_its_bytes_nor_its_address() -> None:
    part = UploadPart("a.bin", "https://drive-c.kommo.com/upload/tok12345678", "image/png", b"secret", 10, 16)
    made = V4.build_action_request(Action("upload part", "files", body=part))
    assert (made.content, made.headers, made.drive) == (b"secret", (("Content-Type", "image/png"),), True)
    for shown in (repr(part), str(part), repr(made), str(made), made.summary):
        assert "secret" not in shown
    assert made.summary == "upload bytes 10 to 16 of 16 of 'a.bin' (POST https://drive-c.kommo.com/upload/[hidden])"


def test_the_address_of_the_drive() -> None:
    assert V4.build_drive_request().params == (("with", "drive_url"),)
    answer = HttpResponse(200, b'{"drive_url": "https://drive-c.kommo.com/"}', V4.build_drive_request())
    assert V4.parse_drive_url(answer) == "https://drive-c.kommo.com"


def test_rows_have_their_uuid_for_an_id() -> None:
    body = {"_embedded": {"files": [{"id": 5, "uuid": UUID}, {"uuid": "v"}]}}
    page = V4.parse_page(
        ReadRequest("files"), HttpResponse(200, json.dumps(body).encode(), HttpRequest("GET", "/v1.0/files"))
    )
    assert page.rows == [{"id": UUID, "_id": 5, "uuid": UUID}, {"id": "v", "uuid": "v"}]


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("https://drive-c.kommo.com/v1.0/files", b"Access denied", Forbidden),
        ("https://drive-c.kommo.com/v1.0/files", b'{"detail": "Invalid scope"}', Forbidden),
        ("https://drive-c.kommo.com/v1.0/files", b"<html>403</html>", AccountBlocked),
        ("https://drive-c.kommo.com/v1.0/files", b"", AccountBlocked),
        ("/api/v4/leads/5/files", b"Access denied", AccountBlocked),
    ],
)
def test_a_refusal_of_the_drive_may_be_plain_text(path: str, body: bytes, kind: type[Exception]) -> None:
    answer = HttpResponse(403, body, HttpRequest("GET", path))
    assert type(parse_error(answer.request, answer)) is kind
