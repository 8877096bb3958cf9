"""The sandbox over HTTP/1.1: an asyncio server around h11, in a thread or in the foreground.

It does not use uvicorn, because an ASGI application can neither close a connection before a response (uvicorn then
sends 500) nor reset one, and the sandbox must break connections. h11 is always installed together with httpx.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.client import responses
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

import h11

from kommo_orm.sandbox.http_messages import Cut, SandboxRequest, SandboxResponse

RequestHandler = Callable[[SandboxRequest], SandboxResponse]
_CHUNK = 256 * 1024
_MOST_HEAD = 64 * 1024  # a filter may name hundreds of ids
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() sends RST


class _ConnectionBroken(Exception):
    """The connection must be closed now."""


class _Connection:
    """One connection: reads requests and writes responses until either side closes it."""

    def __init__(
        self,
        handle: RequestHandler,
        address: ServerAddress,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._handle = handle
        self._address = address
        self._reader = reader
        self._writer = writer
        self._machine = h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_HEAD)

    async def serve(self) -> None:
        try:
            while (request := await self._read_request()) is not None:
                await self._send_response(request.method, self._handle(request))
                if self._machine.our_state is not h11.DONE or self._machine.their_state is not h11.DONE:
                    return
                self._machine.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self._refuse_invalid_http(error)
        except (_ConnectionBroken, ConnectionError, h11.ProtocolError, asyncio.CancelledError):
            return
        finally:
            self._writer.close()

    async def _read_request(self) -> SandboxRequest | None:
        """Read the next complete request. Returns None if the client has closed the connection."""
        head: h11.Request | None = None
        body: list[bytes] = []
        while True:
            event = self._machine.next_event()
            if event is h11.NEED_DATA:
                await self._receive_data()
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return self._address.build_request(head, b"".join(body))
            else:
                return None

    async def _receive_data(self) -> None:
        if self._machine.they_are_waiting_for_100_continue:
            self._write_events(h11.InformationalResponse(status_code=100, headers=[]))
        self._machine.receive_data(await self._reader.read(_CHUNK))

    async def _refuse_invalid_http(self, error: h11.RemoteProtocolError) -> None:
        """Answer a request that is not HTTP, if the connection still can, before it is closed."""
        if self._machine.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        headers = [("connection", "close"), ("content-length", "0")]
        self._write_events(h11.Response(status_code=error.error_status_hint, headers=headers), h11.EndOfMessage())
        await self._writer.drain()

    async def _send_response(self, method: str, response: SandboxResponse) -> None:
        """Write a response. HEAD has the headers of the GET, and no body."""
        if response.delay > 0:
            await asyncio.sleep(response.delay)
        if response.cut in (Cut.REFUSED, Cut.AFTER):
            self._reset()
        if response.cut is Cut.BEFORE:
            raise _ConnectionBroken
        body = b"" if method == "HEAD" else response.body
        body = body if response.cut is not Cut.TRUNCATED else body[: len(body) // 2]
        self._write_events(
            h11.Response(
                status_code=response.status,
                headers=_build_headers(response),
                reason=responses.get(response.status, ""),
            ),
            h11.Data(data=body),
            *(() if response.cut is Cut.TRUNCATED else (h11.EndOfMessage(),)),
        )
        await self._writer.drain()
        if response.cut is Cut.TRUNCATED:
            raise _ConnectionBroken

    def _write_events(self, *events: h11.InformationalResponse | h11.Response | h11.Data | h11.EndOfMessage) -> None:
        self._writer.write(b"".join(self._machine.send(event) or b"" for event in events))

    def _reset(self) -> None:
        """Close the connection so that the client sees "connection reset" and not a normal end."""
        connection = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        raise _ConnectionBroken


def _build_headers(response: SandboxResponse) -> list[tuple[str, str]]:
    length = [] if response.status == 204 else [("content-length", str(len(response.body)))]
    return [*response.headers.items(), *length]


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """What clients call the server: `public` (a proxy's address) if there is one, else the host that each request names.

    With `public` the host of a request has no meaning: every host is the account's own one.
    """

    local: str
    public: str = ""

    def build_request(self, head: h11.Request, body: bytes) -> SandboxRequest:
        """Build the request of the sandbox. A proxy client sends the complete URL in place of the path."""
        headers = _decode_headers(head.headers)
        target = urlsplit(head.target.decode("latin-1"))
        if not target.netloc:
            path, _, query = head.target.decode("latin-1").partition("?")
        else:
            path, query = target.path or "/", target.query
        netloc = target.netloc or headers.get("host", "")
        origin = self.public or (f"http://{netloc}" if netloc else self.local)
        host = "" if self.public else urlsplit(f"//{netloc}").hostname or ""
        return SandboxRequest(head.method.decode("latin-1"), unquote(path), query, headers, body, host, origin)


def _decode_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


class SandboxServer:
    """A running HTTP server of a sandbox. `url` is its address. Use it in a `with`, or call `close`.

    Example:
        `with sandbox.serve() as server: httpx.get(f"{server.url}/api/v4/account", headers=...)`
    """

    def __init__(
        self,
        handle: RequestHandler,
        host: str,
        port: int,
        public_url: str = "",
        *,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self._handle = handle
        self._on_close = on_close
        self._socket = socket.create_server((host, port))
        self.host, self.port = self._socket.getsockname()[:2]
        self._address = ServerAddress(f"http://{self.host}:{self.port}", public_url.rstrip("/"))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run_loop, name="kommo-sandbox", daemon=True)
        self._thread.start()
        self._started.wait()

    @property
    def url(self) -> str:
        """The address of the server, such as `http://127.0.0.1:8080`, or its public address."""
        return self._address.public or self._address.local

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and close open connections."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self._on_close is not None:
            self._on_close()

    def wait(self) -> None:
        """Wait until the server stops or the process is interrupted."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    def _run_loop(self) -> None:
        asyncio.run(self._serve_connections())

    async def _serve_connections(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        async def serve_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            await _Connection(self._handle, self._address, reader, writer).serve()

        server = await asyncio.start_server(serve_connection, sock=self._socket, limit=_CHUNK)
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
