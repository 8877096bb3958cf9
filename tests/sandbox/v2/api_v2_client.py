"""Sends requests to API v2 of the sandbox, without the library."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from kommo_orm.sandbox import SandboxRequest, SandboxResponse
from tests.sandbox.api_client import ApiClient

LEADS = "/api/v2/leads"
CONTACTS = "/api/v2/contacts"
COMPANIES = "/api/v2/companies"
CONFLICT = "Last modified date is older than in database"


class ApiV2Client(ApiClient):
    """Requests in the shapes of API v2."""

    def items(self, url: str, **headers: str) -> Any:
        """`_embedded.items`; an empty list for 204."""
        response = self.get(url, **headers)
        assert response.status in (200, 204), response.text
        return response.json()["_embedded"]["items"] if response.body else []

    def item(self, url: str) -> Any:
        [found] = self.items(url)
        return found

    def numbers(self, url: str, **headers: str) -> list[int]:
        return [row["id"] for row in self.items(url, **headers)]

    def write(self, url: str, **body: Any) -> Any:
        """`_embedded` of a write: items and errors."""
        response = self.post(url, body)
        assert response.status == 200, response.text
        return response.json()["_embedded"]

    def add(self, url: str, **item: Any) -> int:
        answer = self.write(url, add=[item])
        assert "errors" not in answer, answer
        return int(answer["items"][0]["id"])

    def form(self, url: str, *fields: tuple[str, str], **headers: str) -> SandboxResponse:
        named = {"content-type": "application/x-www-form-urlencoded", "authorization": f"Bearer {self.sandbox.token}"}
        named |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
        path, _, query = url.partition("?")
        return self.sandbox.handle(SandboxRequest("POST", path, query, named, urlencode(fields).encode()))


def get_error_code(response: SandboxResponse, status: int = 400) -> str:
    """The error code of a refused request."""
    assert response.status == status, response.text
    return str(response.json()["response"]["error_code"])


def get_sandbox_detail(response: SandboxResponse) -> str:
    """The detail with which the sandbox refuses what no document mentions."""
    assert response.status == 400, response.text
    detail: str = response.json()["detail"]
    assert detail.startswith("Sandbox: ")
    return detail
