"""One request and one response as plain values: dialects write them, flows pass them on, errors quote them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias, cast

from kommo_orm.errors import KommoError, TransportError, UncertainWrite, UnexpectedResponse
from kommo_orm.transport.json_codec import LARGE, parse_json, parse_large_json
from kommo_orm.transport.redaction import redact_excerpt, redact_pairs, redact_text

Pairs = tuple[tuple[str, str], ...]

_CHARSET = r"(?i)charset\s*=\s*[\"']?([\w.:-]+)"


class Absent(Enum):
    """The one value `NO_BODY`: a request without a JSON body (`None` would be the JSON `null`)."""

    NO_BODY = "no body"


NO_BODY: Final = Absent.NO_BODY


class Repeat(Enum):
    """Whether a request may be sent again when nobody knows if it was applied."""

    SAFE = "safe"  # reads, PATCH, DELETE, links: the second time changes nothing more
    CREATES = "creates"  # a second one would make a second row: only when the first surely was not applied
    UNKNOWN = "unknown"  # nobody knows what it does (the web interface's own requests): as careful as with creations


class BodySink(Protocol):
    """Where the body of a success goes piece by piece, instead of into the response. `begin` and `write` may block."""

    def begin(self, total: int | None) -> None:
        """A body of so many bytes begins; None: unknown. A second body replaces what the first one brought."""
        ...

    def write(self, piece: bytes) -> None: ...
    def report_piece(self) -> None:
        """The last piece is written: called in the thread (or loop) of the caller, and does not block."""
        ...


class DeliveryObserver(Protocol):
    """Learns what becomes of each attempt of a request (`transport/delivery.py`)."""

    def start_attempt(self, on_sent: Callable[[], None]) -> Callable[[], None]:
        """An attempt begins; answers what is to be called when it leaves."""
        ...

    def record_response(self, response: HttpResponse) -> None:
        """An attempt was answered."""
        ...

    def record_failure(self, error: TransportError) -> None:
        """An attempt got no answer."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class HttpRequest:
    """A request before any host, token or retry is known.

    `path` is relative to the account (`/api/v4/leads`) or a full URL. With `drive` it is relative to the host of the
    account's files, or an address that this host has named. `params` are flat and in PHP's bracket form already.
    `purpose` says in words what is attempted, for error messages ("update 3 leads"). `many`: several rows are changed at
    once, so after a 504 fewer are sent, and not the same again. `attempt` counts from 1; the retry layer sets it.
    `decode` reads the body of a success in place of a complete parse; it returns None for a body that it does not know.
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
    delivery: DeliveryObserver | None = field(default=None, compare=False)
    decode: Callable[[bytes], Any] | None = field(default=None, compare=False)

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


SUCCESSES = frozenset({200, 201, 202, 204})


@dataclass(frozen=True, slots=True, repr=False)
class HttpResponse:
    """What the service answered, whatever the status. `seconds` is the time of the last attempt."""

    status: int
    content: bytes
    request: HttpRequest
    headers: Mapping[str, str] = field(default_factory=dict[str, str])  # names in lower case
    raw_url: str = field(default="", compare=False)  # as it was sent: may hold secrets
    seconds: float = 0.0
    attempts: int = 1
    _parsed: Any = field(default=NO_BODY, init=False, compare=False)
    _decoded: Any = field(default=None, init=False, compare=False)

    @property
    def call(self) -> HttpRequest:
        """The request that was answered: another name of `request`."""
        return self.request

    @property
    def url(self) -> str:
        """The address that answered, without secrets."""
        return redact_text(self.raw_url)

    @property
    def succeeded(self) -> bool:
        """True for 200, 201, 202 and 204."""
        return self.status in SUCCESSES

    @property
    def empty(self) -> bool:
        """True when there is nothing to parse: 204, or a body of white space."""
        return self.status == 204 or (len(self.content) < 100 and not self.content.strip())

    @property
    def request_id(self) -> str | None:
        """The service's id of the request, for its support."""
        return self.headers.get("x-request-id")

    @property
    def media_type(self) -> str:
        """The content type in lower case, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text: in the charset that the service names, else in UTF-8."""
        named = re.search(_CHARSET, self.headers.get("content-type", ""))
        try:
            return self.content.decode(named[1] if named else "utf-8", errors="replace")
        except LookupError:  # an unknown charset
            return self.content.decode("utf-8", errors="replace")

    def decode(self) -> Any:
        """The body as `request.decode` reads it, read once; else the parsed body. Raises as `json` does."""
        if self._decoded is None and self.request.decode is not None and self._parsed is NO_BODY:
            object.__setattr__(self, "_decoded", self.request.decode(self.content))
        return self.json() if self._decoded is None else self._decoded

    def json(self) -> Any:
        """The parsed body, parsed once. Raises `UnexpectedResponse` for no JSON; of a create, `UncertainWrite`."""
        if self._parsed is not NO_BODY:
            return self._parsed
        try:
            parsed = (parse_json if len(self.content) < LARGE else parse_large_json)(self.content)
        except ValueError:
            error = self._describe_unreadable()
        else:
            object.__setattr__(self, "_parsed", parsed)
            return parsed
        raise error  # outside of `except`: the parser's message quotes the body

    def parse_object(self) -> dict[str, Any]:
        """The body if it is a JSON object, {} if it is anything else. For refusals, which may hold anything."""
        try:
            parsed = parse_json(self.content)
        except (ValueError, RecursionError):
            return {}
        return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else {}

    def _describe_unreadable(self) -> UnexpectedResponse | UncertainWrite:
        failure = f"{self.request.summary}: the service answered {self.status} with what is not JSON"
        message = f"{failure} (request id {self.request_id or 'not given'}): {redact_excerpt(self.text)!r}"
        if self.request.may_create and self.request.repeat is Repeat.CREATES and self.succeeded:
            return UncertainWrite(f"{message}. It was probably applied: look in the account before you send it again")
        return UnexpectedResponse(message)

    def __repr__(self) -> str:
        """Without the body of requests that carry no token: they ask for one, and it may stand there in any shape."""
        body = repr(redact_excerpt(self.text)) if self.request.authorised else f"{len(self.content)} bytes"
        return f"HttpResponse({self.status}, {str(self.request)!r}, {body})"


BuildError: TypeAlias = Callable[[HttpRequest, HttpResponse], KommoError]  # the exception for a refusal
