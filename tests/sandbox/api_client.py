"""The client of these tests: plain requests to a sandbox, without the library."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from kommo_orm.sandbox import Sandbox, SandboxRequest, SandboxResponse

LEADS = "/api/v4/leads"
CONTACTS = "/api/v4/contacts"
COMPANIES = "/api/v4/companies"
NOW = 1_800_000_000  # 2027-01-15 08:00:00 UTC


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class ApiClient:
    """Requests with the long-lived token of a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def request(self, method: str, url: str, json: Any = None, **headers: str) -> SandboxResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = SandboxRequest.of(method, url, json=json, token=self.sandbox.token, headers=named)
        return self.sandbox.handle(request)

    def get(self, url: str, **headers: str) -> SandboxResponse:
        return self.request("GET", quote(url, safe="/?&=%,:"), **headers)

    def post(self, url: str, json: Any = None, **headers: str) -> SandboxResponse:
        return self.request("POST", url, json, **headers)

    def patch(self, url: str, json: Any) -> SandboxResponse:
        return self.request("PATCH", url, json)

    def delete(self, url: str) -> SandboxResponse:
        return self.request("DELETE", url)

    def rows(self, url: str) -> list[Any]:
        """Return the rows of a list; an empty list for 204."""
        response = self.get(url)
        assert response.status in (200, 204), response.text
        return next(iter(response.json()["_embedded"].values())) if response.body else []

    def ids(self, url: str) -> list[int]:
        return [row["id"] for row in self.rows(url)]

    def create(self, url: str, *items: dict[str, Any]) -> int:
        """Create rows and return the id of the first one."""
        response = self.post(url, list(items))
        assert response.status in (200, 201), response.text
        return int(next(iter(response.json()["_embedded"].values()))[0]["id"])


def validation_errors(response: SandboxResponse) -> list[tuple[str, str, str]]:
    """Return (request_id, code, path) of each error in a 400."""
    assert response.status == 400, response.text
    return [
        (row.get("request_id", ""), error["code"], error["path"])
        for row in response.json()["validation-errors"]
        for error in row["errors"]
    ]


def validation_error(response: SandboxResponse) -> tuple[str, str]:
    """Return (code, path) of the only error in a 400."""
    [(_, code, path)] = validation_errors(response)
    return code, path
