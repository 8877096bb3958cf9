"""The transport that connects httpx clients, sync and async, to the sandbox without a socket.

The client still builds requests and parses responses. Delays really sleep (`time.sleep`, `asyncio.sleep`), and broken
connections raise the errors of httpx.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import httpx

from kommo_orm.sandbox.http_messages import Cut, SandboxRequest, SandboxResponse

RequestHandler = Callable[[SandboxRequest], SandboxResponse]
AsyncRequestHandler = Callable[[SandboxRequest], Awaitable[SandboxResponse]]


class SandboxTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """An httpx transport that passes requests to `handle`, those of async clients to `handle_async` if there is one."""

    def __init__(self, handle: RequestHandler, handle_async: AsyncRequestHandler | None = None) -> None:
        self._handle = handle
        self._handle_async = handle_async

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        response = self._handle(_build_sandbox_request(request))
        if response.delay > 0:
            time.sleep(response.delay)
        return _build_httpx_response(request, response)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        built = _build_sandbox_request(request)
        response = self._handle(built) if self._handle_async is None else await self._handle_async(built)
        if response.delay > 0:
            await asyncio.sleep(response.delay)
        return _build_httpx_response(request, response)


def _build_sandbox_request(request: httpx.Request) -> SandboxRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = request.url.query.decode("ascii")
    url = request.url
    origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
    return SandboxRequest(request.method, url.path, query, headers, request.content, url.host, origin)


def _build_httpx_response(request: httpx.Request, response: SandboxResponse) -> httpx.Response:
    if response.cut is Cut.REFUSED:
        raise httpx.ConnectError("[Errno 111] Connection refused", request=request)
    if response.cut is Cut.BEFORE:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    if response.cut is Cut.AFTER:
        raise httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
    headers = dict(response.headers)
    if response.status != 204:
        headers["content-length"] = str(len(response.body))
    content = b"" if request.method == "HEAD" else response.body
    body = _TruncatedBody(content) if response.cut is Cut.TRUNCATED else httpx.ByteStream(content)
    return httpx.Response(response.status, headers=headers, stream=body, request=request)


class _TruncatedBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks after its first half."""

    def __init__(self, body: bytes) -> None:
        half = len(body) // 2
        message = f"peer closed connection without sending complete message body (received {half} of {len(body)} bytes)"
        self._half = body[:half]
        self._error = httpx.RemoteProtocolError(message)

    def __iter__(self) -> Iterator[bytes]:
        yield self._half
        raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._half
        raise self._error
