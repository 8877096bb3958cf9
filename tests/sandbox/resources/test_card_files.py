from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient


@pytest.fixture
def drive(sandbox: Sandbox) -> Sandbox:
    sandbox.account.drive.max_part_size = 1000
    return sandbox


@pytest.fixture
def api(drive: Sandbox) -> ApiClient:
    return ApiClient(drive)


def test_files_can_be_attached_to_cards(drive: Sandbox, api: ApiClient) -> None:
    lead, uuid = drive.add("leads", name="Villa")["id"], drive.add_file("a.txt")["uuid"]
    address = f"/api/v4/leads/{lead}/files"
    assert api.get(address).status == 204
    assert api.request("PUT", address, [{"file_uuid": uuid}]).json() == {}
    (row,) = api.get(address).json()["_embedded"]["files"]
    assert row.keys() == {"id", "file_uuid"}
    assert api.get(f"{address}?before_id={row['id']}").status == 204
    assert api.get(f"{address}?before_id=x").status == 400
    assert api.get(f"{address}?after_id=5").status == 400
    assert api.get("/api/v4/leads/99/files").status == 404
    assert api.request("PUT", address, [{"file_uuid": "unknown"}]).status == 404
    assert api.request("PUT", address, [{"uuid": uuid}]).status == 400
    links = api.get(f"/api/v4/files/{uuid}/links").json()
    assert (links["file_uuid"], links["entities"][0]["id"]) == (uuid, lead)
    assert api.request("DELETE", address, [{"file_uuid": "unknown"}]).status == 404
    assert api.request("DELETE", address, [{"file_uuid": uuid}]).status == 202
    assert api.get(address).status == 204
