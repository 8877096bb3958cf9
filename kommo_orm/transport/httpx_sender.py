"""Calls to httpx requests, httpx responses to answers, httpx's exceptions to `TransportError`. No logic beyond that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx

from kommo_orm.errors import ConfigurationError, NotConnected, TransportError
from kommo_orm.transport import json_codec
from kommo_orm.transport.connection_pools import ConnectionPools
from kommo_orm.transport.hosts import is_kommo_host, is_same_machine
from kommo_orm.transport.http_messages import NO_BODY, BodySink, HttpRequest, HttpResponse, Pairs
from kommo_orm.transport.query_string import encode_query
from kommo_orm.transport.redaction import redact_text

_PIECE = 64 * 1024  # bytes of a body that is not kept, held at once

# The request surely never left: no connection was made, or it was refused before the first byte.
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


class HttpxSender:
    """One account's way out: its address, the headers of every request, and the pools of connections."""

    def __init__(self, base: str, pools: ConnectionPools, headers: Pairs = (), *, has_fixed_base: bool = False) -> None:
        self.base_url = base
        self.has_fixed_base = has_fixed_base  # the address was given by the user, so it does not move with the account
        self.last_response: HttpResponse | None = None
        self._pools = pools
        self._headers = headers

    def change_host(self, host: str) -> None:
        """The account has another host now. An address that the user gave stays."""
        if not self.has_fixed_base:
            self.base_url = f"https://{host}"

    def send(self, call: HttpRequest, left: Callable[[], None]) -> HttpResponse:
        client = self._pools.get_client()
        trace = None if self._pools.has_user_transport else _trace(left)
        request = self._request(client, call, trace)
        if trace is None:
            left()
        began = time.perf_counter()
        try:
            if call.sink is not None:
                return self._pour(call, call.sink, client, request, began)
            response = client.send(request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _died(call, error) from _harmless(error)
        except RuntimeError as error:
            raise _closed_meanwhile(call, client, error) from None
        return self._answer(call, response, began)

    async def asend(self, call: HttpRequest, left: Callable[[], None]) -> HttpResponse:
        client = self._pools.get_async_client()
        trace = None if self._pools.has_user_transport else _async_trace(left)
        request = self._request(client, call, trace)
        if trace is None:
            left()
        began = time.perf_counter()
        try:
            if call.sink is not None:
                return await self._apour(call, call.sink, client, request, began)
            response = await client.send(request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _died(call, error) from _harmless(error)
        except RuntimeError as error:
            raise _closed_meanwhile(call, client, error) from None
        return self._answer(call, response, began)

    def _pour(
        self, call: HttpRequest, sink: BodySink, client: httpx.Client, request: httpx.Request, began: float
    ) -> HttpResponse:
        """Send; the body of a success goes into the sink. To another host httpx follows without the token."""
        response = client.send(request, stream=True, follow_redirects=True)
        try:
            if response.status_code != httpx.codes.OK:
                response.read()
                return self._answer(call, response, began)
            sink.begin(_length(response))
            for piece in response.iter_bytes(_PIECE):
                sink.write(piece)
                sink.report_piece()
            return self._answer(call, response, began, b"")
        finally:
            response.close()

    async def _apour(
        self, call: HttpRequest, sink: BodySink, client: httpx.AsyncClient, request: httpx.Request, began: float
    ) -> HttpResponse:
        response = await client.send(request, stream=True, follow_redirects=True)
        try:
            if response.status_code != httpx.codes.OK:
                await response.aread()
                return self._answer(call, response, began)
            await asyncio.to_thread(sink.begin, _length(response))
            async for piece in response.aiter_bytes(_PIECE):
                await asyncio.to_thread(sink.write, piece)
                sink.report_piece()
            return self._answer(call, response, began, b"")
        finally:
            await response.aclose()

    def _request(self, client: httpx.Client | httpx.AsyncClient, call: HttpRequest, trace: Any) -> httpx.Request:
        extensions = {"trace": trace} if trace is not None else None
        try:
            content, kind = _content(call)
            headers = [*self._headers, *kind, *call.headers]
            return client.build_request(
                call.method, self._url(call), content=content, headers=headers, extensions=extensions
            )
        except (httpx.InvalidURL, ValueError, TypeError) as error:  # what no url, header or JSON may hold
            raise ConfigurationError(f"{call.summary} cannot be sent: {redact_text(str(error))}.") from None

    def _url(self, call: HttpRequest) -> str:
        url = self._address(call)
        if not call.params:
            return url
        return f"{url}{'&' if '?' in url else '?'}{encode_query(call.params)}"

    def _address(self, call: HttpRequest) -> str:
        if "://" not in call.path.partition("?")[0]:
            return f"{self.base_url}/{call.path.lstrip('/')}"
        if call.authorised:
            self._trust(call)
        return call.path

    def _trust(self, call: HttpRequest) -> None:
        if not self.trusts_url(call.path, drive=call.drive):
            raise ConfigurationError(
                f"{call} is not an address of Kommo, so the account's token is not sent there. "
                "Use your own HTTP client for other services."
            )

    def trusts_url(self, url: str, *, drive: bool = False) -> bool:
        """Whether the token may go there: to Kommo's own hosts and to the account's address, never to anyone else.

        Behind an address of the user's (`base_url`) the `drive` may be another port of the same machine.
        """
        target, home = urlsplit(url), urlsplit(self.base_url)
        if (target.scheme, target.netloc.lower()) == (home.scheme, home.netloc):
            return True
        if drive and self.has_fixed_base and is_same_machine(target.hostname, home.hostname):
            return target.scheme in ("https", home.scheme)
        return target.scheme == "https" and is_kommo_host((target.hostname or "").lower())

    def _answer(
        self, call: HttpRequest, response: httpx.Response, began: float, content: bytes | None = None
    ) -> HttpResponse:
        headers = {name.lower(): value for name, value in response.headers.items()}
        if "set-cookie" in headers:  # joined by commas they could not be told apart
            headers["set-cookie"] = "\n".join(response.headers.get_list("set-cookie"))
        answer = HttpResponse(
            status=response.status_code,
            content=response.content if content is None else content,
            request=call,
            headers=headers,
            url=redact_text(str(response.request.url)),
            seconds=time.perf_counter() - began,
            attempts=call.attempt,
        )
        if call.content is not None:
            # httpx ties a response and its stream in a ring: the part of a file that was sent would stay until the
            # collector comes by, and of many parts a few dozen.
            response.stream = httpx.ByteStream(b"")
        self.last_response = answer
        return answer


def _length(response: httpx.Response) -> int | None:
    """How many bytes a body has; unknown when they are packed on the way."""
    told = response.headers.get("content-length", "")
    return int(told) if told.isdecimal() and "content-encoding" not in response.headers else None


def _content(call: HttpRequest) -> tuple[bytes | None, Pairs]:
    if call.json is not NO_BODY:
        return json_codec.encode_json(call.json), (("Content-Type", "application/json"),)
    if call.form is not None:
        return encode_query(call.form).encode(), (("Content-Type", "application/x-www-form-urlencoded"),)
    return call.content, ()


def _leaves(event: str, info: dict[str, Any]) -> bool:
    """The event for headers on their way; the CONNECT of a proxy is not the request yet."""
    if event.endswith(".send_request_headers.complete"):
        return True
    if not event.endswith(".send_request_headers.started"):
        return False
    method: bytes = getattr(info.get("request"), "method", b"")
    return method != b"CONNECT"


def _trace(left: Callable[[], None]) -> Callable[[str, dict[str, Any]], None]:
    def trace(event: str, info: dict[str, Any]) -> None:
        if _leaves(event, info):
            left()

    return trace


def _async_trace(left: Callable[[], None]) -> Callable[[str, dict[str, Any]], Awaitable[None]]:
    async def trace(event: str, info: dict[str, Any]) -> None:
        if _leaves(event, info):
            left()

    return trace


def _died(call: HttpRequest, error: httpx.HTTPError | httpx.InvalidURL) -> TransportError:
    never = isinstance(error, _NEVER_LEFT)
    what = redact_text(str(error)).strip().rstrip(".") or "no details"
    fate = "The request did not reach the service" if never else "It is not known whether the service got the request"
    return TransportError(
        f"{call.summary} has no answer: {type(error).__name__}: {what}. {fate}.", applied=False if never else None
    )


def _closed_meanwhile(call: HttpRequest, client: httpx.Client | httpx.AsyncClient, error: RuntimeError) -> Exception:
    if client.is_closed:
        return NotConnected(f"{call.summary} was not sent: the account was closed meanwhile.")
    return error


def _harmless(error: Exception) -> Exception:
    """The exception with nothing but an address: httpx hangs the whole request on it, token and body included."""
    if isinstance(error, httpx.RequestError):
        with suppress(RuntimeError):  # none was set
            error.request = httpx.Request(error.request.method, error.request.url.copy_with(query=None))
    return error
