"""Routes of the web interface, as strict as they were measured."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from kommo_orm.sandbox import Sandbox, SandboxRequest, SandboxResponse
from tests.sandbox.api_client import LEADS, ApiClient

XHR = {"x-requested-with": "XMLHttpRequest", "authorization": "Bearer sandbox-token"}


def listed(sandbox: Sandbox, **form: object) -> SandboxResponse:
    return sandbox.handle(SandboxRequest("POST", "/ajax/contacts/list/", "", XHR, urlencode(form).encode()))


def test_a_list_is_json_or_a_web_page() -> None:
    sandbox = Sandbox()
    ids = [sandbox.add("contacts", name=f"Contact {number}")["id"] for number in range(60)]
    company = sandbox.add("companies", name="Northwind")["id"]
    sandbox.trash("contacts", ids[0])
    first, second = (listed(sandbox, json=1, page=page).json()["response"]["items"] for page in (1, 2))
    assert [row["id"] for row in (*first, *second)] == ids[1:]
    (row,) = listed(sandbox, json=1, useFilter="y", element_type=3).json()["response"]["items"]
    assert (row["id"], row["entity"]) == (company, "company")
    assert listed(sandbox).headers["content-type"].startswith("text/html")


def test_parameters_that_are_not_served_are_named() -> None:
    response = listed(Sandbox(), json=1, term="Ann")
    assert response.status == 501
    assert "term" in response.text


@pytest.mark.parametrize("path", ["/ajax/contacts/list/", "/ajax/leads/multiple/delete/"])
def test_the_ajax_header_is_required(path: str) -> None:
    response = Sandbox().handle(SandboxRequest.of("POST", path, json={"request": {}}, token="sandbox-token"))
    assert response.status == 403


def test_a_deletion_has_one_error_for_trashed_and_forbidden(api: ApiClient, sandbox: Sandbox) -> None:
    number = api.create(LEADS, {})
    headers = {"authorization": f"Bearer {sandbox.token}", "x-requested-with": "XMLHttpRequest"}
    deletion = SandboxRequest("POST", "/ajax/leads/multiple/delete/", "", headers, f"ID[]={number}".encode())
    assert sandbox.handle(deletion).json()["status"] == "success"
    assert api.ids(f"{LEADS}?with=only_deleted") == [number]
    assert sandbox.handle(deletion).json()["status"] == "fail"
    assert api.post("/ajax/leads/multiple/delete/").status == 403
