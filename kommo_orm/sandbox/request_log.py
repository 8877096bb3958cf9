"""The log of all requests, for tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from kommo_orm.sandbox.http_messages import Cut, SandboxRequest, SandboxResponse


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request and its result.

    `at` is the sandbox's clock in seconds. `status` is 0 if the connection broke before anything was applied. Sizes are
    those of the bodies, in bytes. Bodies of uploads are not kept.
    """

    at: float
    request: SandboxRequest
    status: int
    request_id: str
    bytes_in: int
    bytes_out: int
    cut: Cut | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.request.method

    @property
    def path(self) -> str:
        """The path, without host and query."""
        return self.request.path

    @property
    def query(self) -> str:
        """The raw query string."""
        return self.request.query

    @property
    def json(self) -> Any:
        """The JSON body of the request; None if there is none or it is not JSON."""
        try:
            return self.request.json()
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.method} {self.request.url} -> {self.status or self.cut}"


class Log(list[LogEntry]):
    """All entries in the order of arrival."""

    def add_request(self, at: float, request: SandboxRequest, response: SandboxResponse) -> None:
        """Append an entry for a request and its response."""
        request_id = response.headers.get("x-request-id", "")
        sizes = len(request.body), len(response.body)
        if request.path.startswith("/upload/"):
            request = replace(request, body=b"")  # the drive has the content
        self.append(LogEntry(at, request, response.status, request_id, *sizes, response.cut))

    def select_requests(self, method: str | None = None, path: str | None = None) -> list[LogEntry]:
        """Return the entries with this method and this exact path. None matches all."""
        return [entry for entry in self if method in (None, entry.method) and path in (None, entry.path)]
