"""Small servers on this machine: one that counts as strictly as Kommo, and one that dies as told."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class StrictServer:
    """Refuses the request after `limit` within any rolling second, counted by arrival."""

    def __init__(self, limit: int = 7, delay: float = 0.0) -> None:
        self.limit, self.delay = limit, delay
        self.arrivals: list[float] = []
        self.refused = 0
        self.connections = 0
        self._lock = threading.Lock()
        self.url = ""

    def arrive(self) -> bool:
        now = time.monotonic()
        with self._lock:
            self.arrivals.append(now)
            within = sum(1 for moment in self.arrivals if moment > now - 1.0)
            self.refused += within > self.limit
        return within <= self.limit

    @contextmanager
    def running(self) -> Iterator[StrictServer]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def do_GET(self) -> None:
                passed = outer.arrive()
                time.sleep(outer.delay)
                body = json.dumps({"path": self.path}).encode()
                self.send_response(200 if passed else 429)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


Fate = Callable[[socket.socket, bytes], None]


@contextmanager
def dying_server(*fates: Fate) -> Iterator[tuple[str, list[bytes]]]:
    """Each connection has the next of the fates (the last one again and again). Gives its url and what it was sent."""
    listener = socket.create_server(("127.0.0.1", 0))
    requests: list[bytes] = []

    def serve() -> None:
        for number in range(1000):
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            fate = fates[min(number, len(fates) - 1)]
            threading.Thread(target=_meet, args=(connection, fate, requests), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _meet(connection: socket.socket, fate: Fate, requests: list[bytes]) -> None:
    with connection, suppress(OSError):
        request = b""
        while b"\r\n\r\n" not in request and (piece := connection.recv(65536)):
            request += piece
        requests.append(request)
        fate(connection, request)


def answers(body: bytes, status: str = "200 OK", kind: str = "application/json", length: int | None = None) -> Fate:
    """A whole answer, or with a larger `length` a truncated one."""

    def fate(connection: socket.socket, request: bytes) -> None:
        size = len(body) if length is None else length
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    return fate


def resets(connection: socket.socket, request: bytes) -> None:
    """The connection is reset after the request was read."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def hangs_up(connection: socket.socket, request: bytes) -> None:
    """The connection is closed without an answer."""


def stays_silent(connection: socket.socket, request: bytes) -> None:
    time.sleep(2)


def talks_nonsense(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"\x00\x01\x02 this is no HTTP\r\n\r\n")


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
