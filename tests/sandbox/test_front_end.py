"""The web interface's own routes, as strict as they were measured."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from kommo_orm.sandbox import Sandbox, SandboxRequest, SandboxResponse

XHR = {"x-requested-with": "XMLHttpRequest", "authorization": "Bearer sandbox-token"}


def listed(sandbox: Sandbox, **form: object) -> SandboxResponse:
    return sandbox.handle(SandboxRequest("POST", "/ajax/contacts/list/", "", XHR, urlencode(form).encode()))


def test_lists_are_json_or_a_page() -> None:
    sandbox = Sandbox()
    ids = [sandbox.add("contacts", name=f"Contact {number}")["id"] for number in range(60)]
    company = sandbox.add("companies", name="Northwind")["id"]
    sandbox.trash("contacts", ids[0])
    first, second = (listed(sandbox, json=1, page=page).json()["response"]["items"] for page in (1, 2))
    assert [row["id"] for row in (*first, *second)] == ids[1:]
    (row,) = listed(sandbox, json=1, useFilter="y", element_type=3).json()["response"]["items"]
    assert (row["id"], row["entity"]) == (company, "company")
    assert listed(sandbox).headers["content-type"].startswith("text/html")


def test_what_is_not_served_is_named() -> None:
    said = listed(Sandbox(), json=1, term="Ann")
    assert said.status == 501
    assert "term" in said.text


@pytest.mark.parametrize("path", ["/ajax/contacts/list/", "/ajax/leads/multiple/delete/"])
def test_the_header_of_the_interface_is_needed(path: str) -> None:
    said = Sandbox().handle(SandboxRequest.of("POST", path, json={"request": {}}, token="sandbox-token"))
    assert said.status == 403
