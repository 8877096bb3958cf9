"""The server of the measurements: a process of its own that serves an `Account` on a loopback address.

`GET /bench?delay=0.05` sets the seconds by which each answer is delayed, and returns how many requests came since the
last call and which of them found nothing. The server knows neither the library nor its sandbox.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from bench.account import NO_CONTENT, Account, render_json, render_response

ROOT = Path(__file__).parent.parent


@dataclass
class Traffic:
    """What happened on the server since it was last asked."""

    delay: float = 0.0
    requests: int = 0
    empty: int = 0

    def report(self, target: str) -> bytes:
        counts = {"requests": self.requests, "empty": self.empty}
        self.requests = self.empty = 0
        query = parse_qs(urlsplit(target).query)
        if "delay" in query:
            self.delay = float(query["delay"][0])
        return render_response(render_json(counts))


class Connection(asyncio.Protocol):
    """One connection: it reads requests one after the other, and answers each when its delay is over."""

    def __init__(self, account: Account, traffic: Traffic) -> None:
        self.account, self.traffic = account, traffic
        self.received = bytearray()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while self._take_request():
            pass

    def _take_request(self) -> bool:
        """Answer the first request of what was received, if it is complete."""
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self.received[:end].decode("latin-1").split("\r\n")
        length = next((int(line[15:]) for line in head if line[:15].lower() == "content-length:"), 0)
        whole = end + 4 + length
        if len(self.received) < whole:
            return False
        body = bytes(self.received[end + 4 : whole])
        del self.received[:whole]
        method, target, _ = head[0].split(" ")
        self._respond(method, target, body)
        return True

    def _respond(self, method: str, target: str, body: bytes) -> None:
        if target.startswith("/bench"):
            self._send(self.traffic.report(target))
            return
        response = self.account.answer(method, target, body)
        self.traffic.requests += 1
        self.traffic.empty += response is NO_CONTENT
        if self.traffic.delay:
            asyncio.get_running_loop().call_later(self.traffic.delay, self._send, response)
        else:
            self._send(response)

    def _send(self, response: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(response)


async def serve_forever(leads: int) -> None:
    account, traffic = Account(leads), Traffic()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(account, traffic), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until the parent closes it or ends


class ServerProcess:
    """Runs the server while its block runs."""

    def __init__(self, leads: int = 10_000) -> None:
        self.leads = leads
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "bench.server", "--leads", str(self.leads)]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        self._process, self.url = process, f"http://127.0.0.1:{int(process.stdout.readline())}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None:
            self._process.communicate()

    def configure(self, delay: float) -> dict[str, int]:
        return configure_server(self.url, delay)


def configure_server(url: str, delay: float) -> dict[str, int]:
    """Set the delay of each answer; returns the counts of requests since the last call."""
    with urllib.request.urlopen(f"{url}/bench?delay={delay}") as response:
        counts: dict[str, int] = json.load(response)
    return counts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=10_000)
    asyncio.run(serve_forever(parser.parse_args().leads))
