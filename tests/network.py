"""The network as tests may use it: this machine alone, or not at all while a cassette plays."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

INTERNET = (socket.AF_INET, socket.AF_INET6)  # not AF_UNIX: event loops talk to themselves through it


class NetworkRefused(RuntimeError):  # no OSError: the library would take that for a fault of the line, and retry
    """A test asked for a connection that tests may not make."""


def is_local(host: str | bytes | None) -> bool:
    """Whether a host is this machine: loopback, or the wildcard that servers bind to."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def nowhere(host: str | bytes | None) -> bool:
    """Refuses every host."""
    del host
    return False


@contextmanager
def reaching(allowed: Callable[[str | bytes | None], bool]) -> Iterator[None]:
    """While the block runs, connections to hosts that are not `allowed` raise `NetworkRefused`, and so do look-ups."""

    def refuse(host: object) -> NetworkRefused:
        return NetworkRefused(f"a test asked for {host!r}; tests reach the sandbox in process or on this machine only")

    def guarded(name: str) -> Callable[..., Any]:
        real = getattr(socket.socket, name)

        def method(self: socket.socket, address: Any, *rest: Any) -> Any:
            if self.family in INTERNET and not allowed(address[0]):
                self.close()  # callers clean up after an OSError only
                raise refuse(address[0])
            return real(self, address, *rest)

        return method

    look_up = socket.getaddrinfo

    def getaddrinfo(host: str | bytes | None, *rest: Any, **named: Any) -> Any:
        if not is_local(host):
            raise refuse(host)
        return look_up(host, *rest, **named)

    with ExitStack() as stack:
        for name in ("connect", "connect_ex"):
            stack.enter_context(patch.object(socket.socket, name, guarded(name)))
        stack.enter_context(patch.object(socket, "getaddrinfo", getaddrinfo))
        yield
