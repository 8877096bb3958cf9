"""One request and one answer as plain values: what dialects write, what flows pass on, what errors quote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol, cast

from kommo_orm.errors import UncertainWrite, UnexpectedResponse
from kommo_orm.transport import json_codec
from kommo_orm.transport.redaction import redact_excerpt, redact_pairs, redact_text

Pairs = tuple[tuple[str, str], ...]

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


class Absent(Enum):
    """The one value `NO_BODY`: a call without a JSON body (`None` would be the JSON `null`)."""

    NO_BODY = "no body"


NO_BODY: Final = Absent.NO_BODY


class Repeat(Enum):
    """Whether a call may be sent again when nobody knows if it was applied."""

    SAFE = "safe"  # reads, PATCH, DELETE, links: the second time changes nothing more
    CREATES = "creates"  # a second one would make a second row: only when the first surely was not applied
    UNKNOWN = "unknown"  # nobody knows what it does (the web interface's own requests): as careful as with creations


class BodySink(Protocol):
    """Where the body of a success goes piece by piece, instead of into the answer. `begin` and `write` may block."""

    def begin(self, total: int | None) -> None:
        """A body of so many bytes begins, None if nobody told. A second one replaces what the first one brought."""
        ...

    def write(self, piece: bytes) -> None: ...
    def report_piece(self) -> None:
        """The last piece is written: called in the thread (or loop) of the caller, and does not block."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class HttpRequest:
    """A request before any host, token or retry is known.

    `path` is relative to the account (`/api/v4/leads`) or a whole URL. With `drive` it is relative to the host of the
    account's files, or an address that this host has named. `params` are flat and in PHP's bracket form already.
    `purpose` says in words what is attempted, for error messages ("update 3 leads"). `many` says that several rows are
    changed at once, so that after a 504 fewer are to be sent and not the same again. `attempt` counts how often it is
    being sent, from 1: the retry layer sets it.
    """

    method: str
    path: str
    params: Pairs = ()
    json: Any = NO_BODY
    form: Pairs | None = None
    content: bytes | None = None
    headers: Pairs = ()
    purpose: str = ""
    repeat: Repeat = Repeat.SAFE
    authorised: bool = True
    many: bool = False
    drive: bool = False
    sink: BodySink | None = field(default=None, compare=False)
    attempt: int = field(default=1, compare=False)

    @property
    def is_read(self) -> bool:
        """True for the verbs that change nothing."""
        return self.method in ("GET", "HEAD", "OPTIONS")

    @property
    def may_create(self) -> bool:
        """True when a second one would make a second row, or might."""
        return self.repeat is not Repeat.SAFE and not self.is_read

    @property
    def summary(self) -> str:
        """For messages: the purpose in words, if known, and the request."""
        return f"{self.purpose} ({self})" if self.purpose else str(self)

    def __str__(self) -> str:
        return f"{self.method} {redact_text(self.path)}"

    def __repr__(self) -> str:
        """Headers and bodies only by name: they may hold secrets."""
        parts = [repr(str(self))]
        if self.params:
            parts.append(f"params={redact_pairs(self.params)!r}")
        if self.headers:
            parts.append(f"headers={[name for name, _ in self.headers]!r}")
        body = {"json": self.json is not NO_BODY, "form": self.form is not None, "content": self.content is not None}
        parts += [f"{name}=..." for name, given in body.items() if given]
        return f"HttpRequest({', '.join(parts)})"


@dataclass(frozen=True, slots=True, repr=False)
class HttpResponse:
    """What the service said, whatever its status. `seconds` is the time of the last attempt."""

    status: int
    content: bytes
    request: HttpRequest
    headers: Mapping[str, str] = field(default_factory=dict[str, str])  # names in lower case
    url: str = ""
    seconds: float = 0.0
    attempts: int = 1
    _parsed: Any = field(default=NO_BODY, init=False, compare=False)

    @property
    def call(self) -> HttpRequest:
        """The request that was answered: another name of `request`."""
        return self.request

    @property
    def succeeded(self) -> bool:
        return self.status in (200, 201, 202, 204)

    @property
    def empty(self) -> bool:
        """Nothing to parse: 204, or a success without a body."""
        return self.status == 204 or (len(self.content) < 100 and not self.content.strip())

    @property
    def request_id(self) -> str | None:
        return self.headers.get("x-request-id")

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text: in the charset that the service names, else in UTF-8."""
        named = _CHARSET.search(self.headers.get("content-type", ""))
        try:
            return self.content.decode(named[1] if named else "utf-8", errors="replace")
        except LookupError:  # a charset that nobody knows
            return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The parsed body, parsed once. What is no JSON raises `UnexpectedResponse`; of a create, `UncertainWrite`."""
        if self._parsed is NO_BODY:
            object.__setattr__(self, "_parsed", self._parse())
        return self._parsed

    def parse_object(self) -> dict[str, Any]:
        """The body if it is a JSON object, {} if it is anything else. For refusals, which may hold anything."""
        try:
            said = json_codec.parse_json(self.content)
        except (ValueError, RecursionError):
            return {}
        return cast("dict[str, Any]", said) if isinstance(said, dict) else {}

    def _parse(self) -> Any:
        try:
            return json_codec.parse_json(self.content)
        except ValueError:
            error = self._unreadable()
        raise error  # outside of `except`: the parser's message quotes the body

    def _unreadable(self) -> UnexpectedResponse | UncertainWrite:
        said = f"{self.request.summary}: the service answered {self.status} with what is not JSON"
        known = f"{said} (request id {self.request_id or 'not given'}): {redact_excerpt(self.text)!r}."
        if self.request.may_create and self.request.repeat is Repeat.CREATES and self.succeeded:
            return UncertainWrite(f"{known} It was probably applied: look in the account before you send it again.")
        return UnexpectedResponse(known)

    def __repr__(self) -> str:
        """Without the body of calls that carry no token: they ask for one, and it may stand there in any shape."""
        said = repr(redact_excerpt(self.text)) if self.request.authorised else f"{len(self.content)} bytes"
        return f"HttpResponse({self.status}, {str(self.request)!r}, {said})"
