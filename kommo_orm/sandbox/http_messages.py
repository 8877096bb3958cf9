"""One HTTP request and one HTTP response as plain values: the argument and the result of `Sandbox.handle`."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlsplit


class Cut(Enum):
    """How the connection breaks. Transports and the server perform it."""

    REFUSED = "refused"  # nothing listens: the request does not arrive
    BEFORE = "before"  # the request arrives, the connection closes, nothing is applied
    AFTER = "after"  # the request is applied, the connection is reset without a response
    TRUNCATED = "truncated"  # the request is applied, the connection closes after half of the body


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """A request to the account.

    `path` has no query and no host. `query` is the raw query string without its question mark. Names of headers are in
    lower case. An empty `host` means the account's own host. `origin` is the address that the client asked, such as
    `http://127.0.0.1:8080`; links in the response begin with it. Empty: the account's own address.

    Example:
        `SandboxRequest.of("GET", "/api/v4/leads?limit=10", token="sandbox-token")`
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    host: str = ""
    origin: str = ""

    @classmethod
    def of(
        cls,
        method: str,
        url: str,
        *,
        json: Any = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> SandboxRequest:
        """Build a request from a path or a URL. `json` becomes the body, `token` the `Authorization` header."""
        parts = urlsplit(url)
        named = {name.lower(): value for name, value in (headers or {}).items()}
        if token is not None:
            named["authorization"] = f"Bearer {token}"
        body = b"" if json is None else jsonlib.dumps(json).encode()
        origin = f"{parts.scheme or 'https'}://{parts.netloc}" if parts.netloc else ""
        return cls(method.upper(), parts.path or "/", parts.query, named, body, parts.hostname or "", origin)

    @property
    def url(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def json(self) -> Any:
        """Return the parsed body, or None if it is empty. Raises `ValueError` if it is not JSON."""
        return jsonlib.loads(self.body, parse_constant=_reject_constant) if self.body.strip() else None


def _reject_constant(constant: str) -> Any:
    """Refuse NaN and Infinity, which Python's parser accepts."""
    raise ValueError(f"{constant} is not JSON")


@dataclass(frozen=True, slots=True)
class SandboxResponse:
    """A response of the account. A transport or the server performs `delay` (seconds) and `cut`."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    delay: float = 0.0
    cut: Cut | None = None

    def json(self) -> Any:
        """Return the parsed body, or None if it is empty (204). Raises `ValueError` if it is HTML."""
        return jsonlib.loads(self.body) if self.body.strip() else None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", errors="replace")
