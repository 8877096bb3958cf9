"""One HTTP request and one HTTP answer of the sandbox, as plain values: what `Sandbox.handle` takes and gives."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlsplit


class Cut(Enum):
    """How the connection breaks instead of (or while) carrying an answer. Transports and the server act it out."""

    REFUSED = "refused"  # nobody listens: the request never arrived
    BEFORE = "before"  # arrived, closed before anything was applied
    AFTER = "after"  # applied, then reset without an answer
    TRUNCATED = "truncated"  # applied, half of the body sent, then closed


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """What arrives at the account.

    `path` has no query and no host; `query` is the raw query string without its question mark; header names are in
    lower case; `host` is empty when unknown (then it counts as the account's own), `scheme` is how it was asked.

    Example:
        `SandboxRequest.of("GET", "/api/v4/leads?limit=10", token="sandbox-token")`
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    host: str = ""
    scheme: str = "https"

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
        """A request from a path or a whole URL; `json` becomes the body, `token` the `Authorization` header."""
        parts = urlsplit(url)
        named = {name.lower(): value for name, value in (headers or {}).items()}
        if token is not None:
            named["authorization"] = f"Bearer {token}"
        body = b"" if json is None else jsonlib.dumps(json).encode()
        return cls(method.upper(), parts.path or "/", parts.query, named, body, parts.hostname or "")

    @property
    def url(self) -> str:
        """Path and query as they were asked for."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def json(self) -> Any:
        """The parsed body, or None when it is empty. Raises `ValueError` on what is no JSON."""
        return jsonlib.loads(self.body, parse_constant=_reject_constant) if self.body.strip() else None


def _reject_constant(constant: str) -> Any:
    """NaN and Infinity, which Python's parser would take."""
    raise ValueError(f"{constant} is no JSON")


@dataclass(frozen=True, slots=True)
class SandboxResponse:
    """What the account answers: `delay` in seconds and `cut` are for whoever carries it over a connection."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    delay: float = 0.0
    cut: Cut | None = None

    def json(self) -> Any:
        """The parsed body, or None when it is empty (204). Raises `ValueError` on HTML."""
        return jsonlib.loads(self.body) if self.body.strip() else None

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")
