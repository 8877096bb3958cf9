"""Every exception of the library, one tree under `KommoError`.

    KommoError
    ├── NotConnected             no account is open, or none was chosen
    ├── ConfigurationError       options, declarations or accounts that cannot work
    ├── NotLoaded                the row does not carry this attribute (an AttributeError, too)
    ├── QueryError               Kommo cannot answer this query
    │   ├── FilterIgnored        a row came back that the filter excludes
    │   └── MultipleFound        several rows were found where one was asked for
    ├── TransportError           no usable answer: network, timeout, cut off
    │   └── DeadlineExceeded     the time for a piece of work ran out
    ├── ResponseError            the service refused
    │   ├── BadRequest           400, 422
    │   ├── Unauthorized         401
    │   ├── PaymentRequired      402
    │   ├── Forbidden            403
    │   ├── AccountBlocked       403 as a web page: too many requests
    │   ├── NotFound             404
    │   ├── RateLimited          429
    │   └── ServerError          5xx
    │       └── GatewayTimeout   504
    ├── UncertainWrite           a write of which nobody knows whether it was applied
    ├── StaleObject              the stored row is newer than the object
    ├── LockTimeout              somebody else held a lock for too long
    ├── TokenStoreError          tokens cannot be read or saved
    ├── FlushError               part of a flush failed or is uncertain
    └── UnexpectedResponse       a success whose body is not what the API documents

A message says what was attempted, what is wrong and what to do. `str(error)` adds the section that explains the class:
`(docs/errors.md#stale-object)`. Nothing here holds a token, a client secret or a code: whoever builds an error has
redacted the text before. All of them can be pickled and copied: the message is the only positional argument, everything
else lives in attributes.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

_MAX_SHOWN_BODY = 200  # characters in a repr
_PAGE = "docs/errors.md"
_ANCHOR = rf" \({re.escape(_PAGE)}#[a-z-]+\)"


class KommoError(Exception):
    """Anything that this library raises on purpose.

    `code` is a short text for each class that stays the same when messages change. `object` and `field` are the object
    that could not be written and the user's own attribute of it; None where the error is about nothing so narrow.

    >>> try:
    ...     raise NotFound("There is no lead 5 in acme.kommo.com")
    ... except KommoError as error:
    ...     print(type(error).code, error, sep=": ")
    not_found: There is no lead 5 in acme.kommo.com (docs/errors.md#not-found)
    """

    code: str | None = "kommo_error"
    object: Any = None
    field: str | None = None

    def __init__(self, message: str = "") -> None:
        super().__init__(re.sub(_ANCHOR, "", message))  # a message may quote another error: one anchor is enough

    @property
    def message(self) -> str:
        """The sentence alone, without the section that explains it."""
        return str(self.args[0]) if self.args else ""

    @property
    def anchor(self) -> str:
        """The section of `docs/errors.md` about this class.

        >>> StaleObject("The row is newer").anchor
        'stale-object'
        """
        return str(type(self).code).replace("_", "-")

    def __str__(self) -> str:
        return f"{self.message} ({_PAGE}#{self.anchor})"


class NotConnected(KommoError):
    """There is no account to use: none is open, none was chosen, or the chosen one is closed."""

    code = "not_connected"


class ConfigurationError(KommoError):
    """Options, mappings or a mix of accounts that cannot work. Raised before anything is sent."""

    code = "configuration_error"


class NotLoaded(KommoError, AttributeError):
    """The row that was read does not carry this attribute or relation; the message says how to load it."""

    code = "not_loaded"


class QueryError(KommoError):
    """A query that Kommo could not answer as written. Raised before anything is sent."""

    code = "query_error"


class FilterIgnored(QueryError):
    """A row came back that the filter excludes: the service did not apply the filter."""

    code = "filter_ignored"


class MultipleFound(QueryError):
    """Several rows were found where one was asked for: `get(name="x")`, `one()`."""

    code = "multiple_found"


class TransportError(KommoError):
    """No usable answer: the network, a timeout, or a body that was cut off.

    `applied` is False when the request surely never reached the service, None when nobody knows.
    """

    code = "transport_error"

    def __init__(self, message: str = "", *, applied: bool | None = None) -> None:
        super().__init__(message)
        self.applied: bool | None = applied


class DeadlineExceeded(TransportError):
    """The time given for this piece of work ran out."""

    code = "deadline_exceeded"


class ResponseError(KommoError):
    """The service refused. `status` is the HTTP status; `title`, `detail` and `code` are the service's own words.

    `type(error).code` is that of the class; `error.code` is None where the service gave none. `body` is the text of the
    answer without secrets. `meaning` says what a numbered error means ("Error code 244").

    Source: Kommo API v4, "HTTP status codes and error messages".
    """

    code: str | None = "response_error"
    meaning: str = ""

    def __init__(
        self,
        message: str = "",
        *,
        status: int = 0,
        title: str = "",
        detail: str = "",
        code: str | None = None,
        request_id: str | None = None,
        body: str = "",
    ) -> None:
        super().__init__(message)
        self.status: int = status
        self.title: str = title
        self.detail: str = detail
        self.code = code
        self.request_id: str | None = request_id
        self.body: str = body

    def __repr__(self) -> str:
        body = self.body if len(self.body) <= _MAX_SHOWN_BODY else f"{self.body[:_MAX_SHOWN_BODY]}..."
        known = {"status": self.status, "code": self.code, "request_id": self.request_id, "body": body}
        shown = "".join(f", {name}={value!r}" for name, value in known.items() if value)
        return f"{type(self).__name__}({self.message!r}{shown})"


@dataclass(frozen=True, slots=True)
class ItemError:
    """What the service has against one item of a request.

    `field` is the user's own attribute where it is known, `path` the service's path to the value
    (`custom_fields_values.0.values.0.value`), `code` its word for the fault (`NotSupportedChoice`), `request_id` the
    id of the item within its batch. `meaning` says what a numbered error means.
    """

    object: Any = None
    field: str | None = None
    code: str | None = None
    detail: str = ""
    path: str = ""
    request_id: str | None = None
    meaning: str = ""

    def __str__(self) -> str:
        place = self.field or self.path
        detail = "; ".join(filter(None, (self.detail, self.meaning)))
        return f"{place}: {detail}" if place else detail


class BadRequest(ResponseError):
    """The request is refused as it stands (400, 422). `items` has which value of which object, and why."""

    code = "bad_request"

    def __init__(
        self,
        message: str = "",
        *,
        items: Iterable[ItemError] = (),
        status: int = 400,
        title: str = "",
        detail: str = "",
        code: str | None = None,
        request_id: str | None = None,
        body: str = "",
    ) -> None:
        super().__init__(
            message, status=status, title=title, detail=detail, code=code, request_id=request_id, body=body
        )
        self.items: tuple[ItemError, ...] = tuple(items)


class Unauthorized(ResponseError):
    """The token is wrong, revoked or expired and could not be refreshed (401): authorise again."""

    code = "unauthorized"


class PaymentRequired(ResponseError):
    """The account is not paid for (402): no request will pass until it is."""

    code = "payment_required"


class Forbidden(ResponseError):
    """The user or the integration has no right to this (403)."""

    code = "forbidden"


class AccountBlocked(ResponseError):
    """The service blocked this address or account for too many requests (403, as a web page). Nothing is sent now."""

    code = "account_blocked"


class NotFound(ResponseError):
    """There is no such thing, or it is in the trash (404, or 204 where one thing was asked for)."""

    code = "not_found"


class RateLimited(ResponseError):
    """Too many requests (429), also after waiting and trying again. `retry_after` is in seconds, None if unknown."""

    code = "rate_limited"

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        status: int = 429,
        title: str = "",
        detail: str = "",
        code: str | None = None,
        request_id: str | None = None,
        body: str = "",
    ) -> None:
        super().__init__(
            message, status=status, title=title, detail=detail, code=code, request_id=request_id, body=body
        )
        self.retry_after: float | None = retry_after


class ServerError(ResponseError):
    """The service failed on its side (5xx)."""

    code = "server_error"


class GatewayTimeout(ServerError):
    """The service took too long (504). A batch was perhaps too large; parts of it may have been applied."""

    code = "gateway_timeout"


class UncertainWrite(KommoError):
    """A write was sent and nobody knows if it was applied, so it is not sent again. `objects` are those concerned.

    Look in the account for what may have been created, then decide.
    """

    code = "uncertain_write"

    def __init__(self, message: str = "", *, objects: Iterable[Any] = ()) -> None:
        super().__init__(message)
        self.objects: tuple[Any, ...] = tuple(objects)

    def with_objects(self, objects: Iterable[Any]) -> Self:
        """The same error about these objects (the transport knows calls, only its callers know objects)."""
        error = copy.copy(self)
        error.objects = tuple(objects)
        error.__cause__, error.__traceback__ = self.__cause__, self.__traceback__
        return error


class StaleObject(KommoError):
    """The stored row is newer than the object that was to be written: read it again (`refresh(keep_changes=True)`).

    Both versions are here: `object` is yours, with its changes; `stored` is a fresh object of the row as it is now,
    outside of any session; `loaded_at` and `stored_at` are their `updated_at` (aware, UTC). `stored` and `stored_at` are
    None where the row could not be read.
    """

    code = "stale_object"

    def __init__(
        self,
        message: str = "",
        *,
        object: Any = None,  # noqa: A002  # the word of `ItemError` and `Failed`
        stored: Any = None,
        loaded_at: datetime | None = None,
        stored_at: datetime | None = None,
    ) -> None:
        super().__init__(message)
        self.object: Any = object
        self.stored: Any = stored
        self.loaded_at: datetime | None = loaded_at
        self.stored_at: datetime | None = stored_at


class LockTimeout(KommoError):
    """Another thread, task or process held a lock for too long.

    For a lock on an object: `object` is the one, `holder` says who has it (empty where the system does not know) and
    `waited` is in seconds. Nothing of the save or flush was sent.
    """

    code = "lock_timeout"

    def __init__(
        self,
        message: str = "",
        *,
        object: Any = None,  # noqa: A002  # as above
        holder: str = "",
        waited: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.object: Any = object
        self.holder: str = holder
        self.waited: float = waited


class TokenStoreError(KommoError):
    """Tokens could not be read or saved. The message names the place, never the content."""

    code = "token_store_error"


class FlushError(KommoError):
    """Something of a flush failed or is uncertain. `report` has the result of each object."""

    code = "flush_error"

    def __init__(self, message: str = "", *, report: Any = None) -> None:
        super().__init__(message)
        self.report: Any = report


class UnexpectedResponse(KommoError):
    """A success whose body is not what the API documents: no JSON, or of another shape."""

    code = "unexpected_response"


__all__ = [
    "AccountBlocked",
    "BadRequest",
    "ConfigurationError",
    "DeadlineExceeded",
    "FilterIgnored",
    "FlushError",
    "Forbidden",
    "GatewayTimeout",
    "ItemError",
    "KommoError",
    "LockTimeout",
    "MultipleFound",
    "NotConnected",
    "NotFound",
    "NotLoaded",
    "PaymentRequired",
    "QueryError",
    "RateLimited",
    "ResponseError",
    "ServerError",
    "StaleObject",
    "TokenStoreError",
    "TransportError",
    "Unauthorized",
    "UncertainWrite",
    "UnexpectedResponse",
]
