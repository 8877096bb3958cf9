"""The only file that calls httpx to send: requests to httpx's, its responses and exceptions to ours.

It also writes the log line of each request, because here the request really leaves.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from kommo_orm.errors import ConfigurationError, NotConnected, TransportError
from kommo_orm.transport.connection_pools import ConnectionPools
from kommo_orm.transport.hosts import is_kommo_host, is_same_machine
from kommo_orm.transport.http_messages import NO_BODY, BodySink, HttpRequest, HttpResponse, Pairs
from kommo_orm.transport.json_encoder import encode_json
from kommo_orm.transport.query_string import encode_query
from kommo_orm.transport.redaction import redact_text
from kommo_orm.transport.request_log import log_failure, log_request, log_response, logger

_PIECE = 64 * 1024  # bytes of a streamed body that are held at once

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
_JSON_TYPE = ("Content-Type", "application/json")
_FORM_TYPE = ("Content-Type", "application/x-www-form-urlencoded")

OnSent = Callable[[], None]


class HttpxSender:
    """Sends the requests of one account: knows its address, the headers of every request and the connection pools."""

    def __init__(
        self, base_url: str, pools: ConnectionPools, headers: Pairs = (), *, has_fixed_base: bool = False
    ) -> None:
        self.base_url = base_url
        self.has_fixed_base = has_fixed_base  # the user gave the address, so it does not move with the account
        self.last_response: HttpResponse | None = None
        self._pools = pools
        self._headers = headers

    def change_host(self, host: str) -> None:
        """Send to another host from now on: the account was renamed. An address that the user gave stays."""
        if not self.has_fixed_base:
            self.base_url = f"https://{host}"

    def send(self, request: HttpRequest, on_sent: OnSent) -> HttpResponse:
        """Send one request and read the answer. `on_sent` is called when the headers leave."""
        client = self._pools.open_client or self._pools.get_client()
        built = self._build_request(client, request)
        if self._pools.has_user_transport:
            on_sent()
        else:
            built.extensions["trace"] = _HeaderWatch(built, on_sent).handle_event
        began = time.perf_counter()
        try:
            if request.sink is not None:
                return self._stream_body(request, request.sink, client, built, began)
            response = client.send(built)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _describe_failure(request, str(built.url), error, began) from _strip_request(error)
        except RuntimeError as error:
            raise _explain_closed_client(request, client, error) from None
        return self._build_response(request, response, began)

    async def asend(self, request: HttpRequest, on_sent: OnSent) -> HttpResponse:
        """`send` for async code."""
        client = self._pools.get_async_client()
        built = self._build_request(client, request)
        if self._pools.has_user_transport:
            on_sent()
        else:
            built.extensions["trace"] = _HeaderWatch(built, on_sent).handle_event_async
        began = time.perf_counter()
        try:
            if request.sink is not None:
                return await self._stream_body_async(request, request.sink, client, built, began)
            response = await client.send(built)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _describe_failure(request, str(built.url), error, began) from _strip_request(error)
        except RuntimeError as error:
            raise _explain_closed_client(request, client, error) from None
        return self._build_response(request, response, began)

    def _stream_body(
        self, request: HttpRequest, sink: BodySink, client: httpx.Client, built: httpx.Request, began: float
    ) -> HttpResponse:
        """Send; the body of a success goes into the sink. httpx follows to another host without the token."""
        response = client.send(built, stream=True, follow_redirects=True)
        try:
            if response.status_code != httpx.codes.OK:
                response.read()
                return self._build_response(request, response, began)
            sink.begin(_read_length(response))
            for piece in response.iter_bytes(_PIECE):
                sink.write(piece)
                sink.report_piece()
            return self._build_response(request, response, began, b"")
        finally:
            response.close()

    async def _stream_body_async(
        self, request: HttpRequest, sink: BodySink, client: httpx.AsyncClient, built: httpx.Request, began: float
    ) -> HttpResponse:
        response = await client.send(built, stream=True, follow_redirects=True)
        try:
            if response.status_code != httpx.codes.OK:
                await response.aread()
                return self._build_response(request, response, began)
            import asyncio  # loaded by now: a loop runs

            await asyncio.to_thread(sink.begin, _read_length(response))
            async for piece in response.aiter_bytes(_PIECE):
                await asyncio.to_thread(sink.write, piece)
                sink.report_piece()
            return self._build_response(request, response, began, b"")
        finally:
            await response.aclose()

    def _build_request(self, client: httpx.Client | httpx.AsyncClient, request: HttpRequest) -> httpx.Request:
        try:
            if logger.isEnabledFor(logging.DEBUG):
                log_request(request)
            content, headers = request.content, [*self._headers, *request.headers]
            if request.json is not NO_BODY:
                content, headers = encode_json(request.json), [*self._headers, _JSON_TYPE, *request.headers]
            elif request.form is not None:
                content = encode_query(request.form).encode()
                headers = [*self._headers, _FORM_TYPE, *request.headers]
            return client.build_request(request.method, self._build_url(request), content=content, headers=headers)
        except (httpx.InvalidURL, ValueError, TypeError) as error:  # what no url, header or JSON may hold
            raise ConfigurationError(f"{request.summary} cannot be sent: {redact_text(str(error))}") from None

    def _build_url(self, request: HttpRequest) -> str:
        url = request.path
        if "://" not in url.partition("?")[0]:
            url = f"{self.base_url}/{url.lstrip('/')}"
        elif request.authorised:
            self._refuse_untrusted(request)
        return f"{url}{'&' if '?' in url else '?'}{encode_query(request.params)}" if request.params else url

    def _refuse_untrusted(self, request: HttpRequest) -> None:
        if not self.trusts_url(request.path, drive=request.drive):
            raise ConfigurationError(
                f"{request} is not an address of Kommo, so the account's token is not sent there. "
                "Use your own HTTP client for other services"
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

    def _build_response(
        self, request: HttpRequest, received: httpx.Response, began: float, content: bytes | None = None
    ) -> HttpResponse:
        headers = dict(received.headers.items())  # names are in lower case
        if "set-cookie" in headers:  # joined by commas they could not be separated again
            headers["set-cookie"] = "\n".join(received.headers.get_list("set-cookie"))
        response = self.last_response = HttpResponse(
            status=received.status_code,
            content=received.content if content is None else content,
            request=request,
            headers=headers,
            raw_url=str(received.request.url),
            seconds=time.perf_counter() - began,
            attempts=request.attempt,
        )
        if request.content is not None:
            # httpx ties a response and its stream in a ring: the part of a file that was sent would stay until the
            # collector comes by, and of many parts a few dozen.
            received.stream = httpx.ByteStream(b"")
        if logger.isEnabledFor(logging.INFO if response.succeeded else logging.WARNING):
            log_response(response)
        return response


def _read_length(response: httpx.Response) -> int | None:
    """How many bytes a body has; unknown when they are packed on the way."""
    length = response.headers.get("content-length", "")
    return int(length) if length.isdecimal() and "content-encoding" not in response.headers else None


@dataclass(slots=True)
class _HeaderWatch:
    """Called by httpcore at each step of a request: reports when the headers leave, then takes itself off.

    httpcore looks the callback up anew for every step, so that the steps after the headers cost nothing. The CONNECT of
    a proxy shares the extensions of the request and is not the request yet.
    """

    request: httpx.Request
    on_sent: OnSent
    is_connect: bool = False

    def handle_event(self, event: str, info: dict[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            self.is_connect = getattr(info.get("request"), "method", b"") == b"CONNECT"
            if not self.is_connect:
                self.on_sent()
        elif event.endswith(".send_request_headers.complete") and not self.is_connect:
            self.on_sent()
            self.request.extensions.pop("trace", None)

    async def handle_event_async(self, event: str, info: dict[str, Any]) -> None:
        self.handle_event(event, info)


def _describe_failure(
    request: HttpRequest, url: str, error: httpx.HTTPError | httpx.InvalidURL, began: float
) -> TransportError:
    is_unsent = isinstance(error, _NEVER_LEFT)
    reason = f"{type(error).__name__}: {redact_text(str(error)).strip().rstrip('.') or 'no details'}"
    host = f" from {urlsplit(url).netloc.rpartition('@')[2]}" if "://" in url else ""
    reach = (
        "The request did not reach the service" if is_unsent else "It is not known whether the service got the request"
    )
    if logger.isEnabledFor(logging.WARNING):
        log_failure(request, f"{reason}. {reach}", time.perf_counter() - began)
    return TransportError(
        f"{request.summary} has no answer{host}: {reason}. {reach}", applied=False if is_unsent else None
    )


def _explain_closed_client(
    request: HttpRequest, client: httpx.Client | httpx.AsyncClient, error: RuntimeError
) -> Exception:
    if client.is_closed:
        return NotConnected(f"{request.summary} was not sent: the account was closed meanwhile")
    return error


def _strip_request(error: Exception) -> Exception:
    """The exception with nothing but an address: httpx hangs the whole request on it, token and body included.

    Of a failure of the network, the frames of httpx and httpcore and the exceptions behind it say the same in a hundred
    lines. They are dropped.
    """
    if type(error.__cause__).__module__.partition(".")[0] == "httpcore":
        error.__traceback__ = error.__cause__ = error.__context__ = None
    if isinstance(error, httpx.RequestError):
        with suppress(RuntimeError):  # none was set
            error.request = httpx.Request(error.request.method, error.request.url.copy_with(query=None))
    return error
