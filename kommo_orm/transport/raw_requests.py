"""Requests by hand: any request of an account, with its token, rate limit, retries and errors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.flow import Flow
from kommo_orm.transport.http_messages import NO_BODY, HttpRequest, HttpResponse, Pairs, Repeat
from kommo_orm.transport.json_encoder import convert_to_plain
from kommo_orm.transport.query_string import flatten_params
from kommo_orm.transport.redaction import redact_text

if TYPE_CHECKING:
    from kommo_orm.transport.httpx_sender import HttpxSender

T = TypeVar("T")
Params: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Any]]

XHR_HEADERS: Pairs = (("X-Requested-With", "XMLHttpRequest"),)


class RawRequests:
    """Base of an account: sends requests that the caller writes."""

    if TYPE_CHECKING:
        _sender: HttpxSender

        def ask(self, call: HttpRequest) -> Flow[HttpResponse]: ...
        def run(self, flow: Flow[T]) -> T: ...
        async def arun(self, flow: Flow[T]) -> T: ...

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = NO_BODY,
        form: Params | None = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool | None = None,
    ) -> HttpResponse:
        """Any request of the account, with its token, rate limit, retries and errors.

        `params` and `form` may be nested (`{"filter": {"id": [1, 2]}}`). A POST is taken to create something and is not
        sent again when nobody knows whether it was applied; with `repeat=True` it is, because a second one does no harm.
        Raises what the service's refusal means (`NotFound`, `BadRequest` ...), `TransportError`, `UncertainWrite`.

        >>> with Kommo("acme", token="...") as kommo:  # doctest: +SKIP
        ...     kommo.request("GET", "/api/v4/leads", params={"filter": {"id": [7, 9]}}).json()
        """
        call = build_raw_request(method, path, params=params, json=json, form=form, headers=headers, repeat=repeat)
        return self.run(self.ask(call))

    async def arequest(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = NO_BODY,
        form: Params | None = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool | None = None,
    ) -> HttpResponse:
        """`request` for async code."""
        call = build_raw_request(method, path, params=params, json=json, form=form, headers=headers, repeat=repeat)
        return await self.arun(self.ask(call))

    def ajax(self, path: str, params: Params | None = None, *, repeat: bool = False) -> HttpResponse:
        """A request as Kommo's own web interface makes it: a form by POST, with `X-Requested-With`.

        `params` may be nested. These routes are in no documentation and may change without notice; many answer with web
        pages: the answer's `text` is there in any case, its `json()` raises `UnexpectedResponse` for what is no JSON.
        What a route does is not known here, so nothing is sent twice when the result is unknown; give `repeat=True` for
        a route that only reads.
        Raises what the service's refusal means, `TransportError`, `UncertainWrite`.

        >>> with Kommo("acme", token="...") as kommo:  # doctest: +SKIP
        ...     kommo.ajax("/ajax/contacts/list/", {"json": 1, "useFilter": "y", "element_type": 1}).json()
        """
        return self.run(self.ask(build_ajax_request(path, params, repeat=repeat)))

    async def aajax(self, path: str, params: Params | None = None, *, repeat: bool = False) -> HttpResponse:
        """`ajax` for async code."""
        return await self.arun(self.ask(build_ajax_request(path, params, repeat=repeat)))

    @property
    def last_response(self) -> HttpResponse | None:
        """The last answer that this object got, whatever it was: of sync or async code, in any thread. For debugging.

        `.text` is the body in its own charset, `.json()` the parsed one, `.status`, `.headers`, `.url`, `.call` the rest.
        None before the first answer. When several requests are under way, it is the one that was answered last.
        """
        return self._sender.last_response


def build_raw_request(
    method: str,
    path: str,
    *,
    params: Params | None,
    json: Any,
    form: Params | None,
    headers: Mapping[str, str] | None,
    repeat: bool | None,
) -> HttpRequest:
    """The request of `Kommo.request`."""
    verb = method.upper()
    if json is not NO_BODY and form is not None:
        raise ConfigurationError("A request has one body: give json= or form=, not both")
    refuse_infinite_numbers(json, f"{verb} {path}")
    again = repeat if repeat is not None else verb != "POST"
    return HttpRequest(
        verb,
        path,
        params=flatten_params(params),
        json=json if json is NO_BODY else _convert_body(f"{verb} {redact_text(path)}", json),
        form=None if form is None else flatten_params(form),
        headers=tuple((headers or {}).items()),
        repeat=Repeat.SAFE if again else Repeat.CREATES,
    )


def refuse_infinite_numbers(value: Any, attempted: str) -> None:
    """Raise `ConfigurationError` for NaN and Infinity, which JSON does not have."""
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        raise ConfigurationError(f"{attempted} was not sent: json= holds {value!r}, and JSON has no such number")
    if isinstance(value, Mapping):
        for one in value.values():
            refuse_infinite_numbers(one, attempted)
    elif isinstance(value, list | tuple):
        for one in cast("Sequence[Any]", value):
            refuse_infinite_numbers(one, attempted)


def _convert_body(summary: str, json: Any) -> Any:
    """The body of a request in plain JSON types, as it is when the request is made. Raises `ConfigurationError`."""
    try:
        return convert_to_plain(json)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{summary} cannot be sent: {redact_text(str(error))}") from None


def build_ajax_request(path: str, params: Params | None, *, repeat: bool) -> HttpRequest:
    """The request of `Kommo.ajax`, as the web interface makes it."""
    return HttpRequest(
        "POST",
        path,
        form=flatten_params(params),
        headers=XHR_HEADERS,
        repeat=Repeat.SAFE if repeat else Repeat.UNKNOWN,
    )
