"""Connections: one httpx client per process, one per running event loop, made when first needed.

A socket must not be shared between processes, nor an async one between loops. After a fork the child forgets the
parent's client without closing it, because closing would say goodbye on a connection that the parent still uses.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import ssl
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import httpx

from kommo_orm.errors import ConfigurationError, NotConnected

Transport: TypeAlias = httpx.BaseTransport | httpx.AsyncBaseTransport
EventHooks: TypeAlias = Mapping[str, Sequence[Callable[..., Any]]]

DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


@dataclass(frozen=True)
class PoolOptions:
    """How connections are made."""

    timeout: httpx.Timeout = field(default_factory=lambda: DEFAULT_TIMEOUT)
    transport: Transport | None = None
    verify: bool | ssl.SSLContext = True
    proxy: str | None = field(default=None, repr=False)  # may hold a password
    event_hooks: EventHooks = field(default_factory=dict[str, Sequence[Callable[..., Any]]])


class ConnectionPools:
    """The clients of one account, or of all accounts of one `Accounts`."""

    def __init__(self, options: PoolOptions) -> None:
        self._options = options
        self._client: httpx.Client | None = None
        self._pid = os.getpid()
        self._of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _OfLoop] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def has_user_transport(self) -> bool:
        """True for a transport of the user's: nobody tells when its requests really leave."""
        return self._options.transport is not None

    def get_client(self) -> httpx.Client:
        if self._pid != os.getpid():
            self._forget()
        with self._lock:
            self._refuse_closed()
            if self._client is None:
                self._client = self._open()
            return self._client

    def get_async_client(self) -> httpx.AsyncClient:
        if self._pid != os.getpid():
            self._forget()
        loop = asyncio.get_running_loop()
        with self._lock:
            self._refuse_closed()
            if loop not in self._of_loops:
                self._drop_ended()
                self._of_loops[loop] = _OfLoop(self._open_async())
            return self._of_loops[loop].client

    def close(self) -> None:
        """Close what can be closed without awaiting; a loop that runs in another thread is asked to close its own."""
        for loop, opened in self._take_async():
            opened.close_from_outside(loop)

    async def aclose(self) -> None:
        here = asyncio.get_running_loop()
        for loop, opened in self._take_async():
            if loop is here:
                await opened.close()
            else:
                opened.close_from_outside(loop)

    def _take_async(self) -> list[tuple[asyncio.AbstractEventLoop, _OfLoop]]:
        if self._pid != os.getpid():
            self._forget()
        with self._lock:
            self._closed = True
            client, self._client = self._client, None
            pairs = list(self._of_loops.items())
            self._of_loops.clear()
        if client is not None:
            client.close()
        return pairs

    def _forget(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._client = None
        self._of_loops = WeakKeyDictionary()

    def _drop_ended(self) -> None:
        for loop in list(self._of_loops):
            if loop.is_closed():
                del self._of_loops[loop]

    def _refuse_closed(self) -> None:
        if self._closed:
            raise NotConnected("This account was closed. Make a new Kommo to go on.")

    def _open(self) -> httpx.Client:
        options = self._options
        if options.transport is not None and not isinstance(options.transport, httpx.BaseTransport):
            raise ConfigurationError(_WRONG_FACE.format(given="async", wanted="sync", methods="the a-methods"))
        return httpx.Client(
            transport=options.transport, event_hooks=_sync_hooks(options.event_hooks), **_common(options)
        )

    def _open_async(self) -> httpx.AsyncClient:
        options = self._options
        if options.transport is not None and not isinstance(options.transport, httpx.AsyncBaseTransport):
            raise ConfigurationError(_WRONG_FACE.format(given="sync", wanted="async", methods="the sync methods"))
        return httpx.AsyncClient(
            transport=options.transport, event_hooks=_async_hooks(options.event_hooks), **_common(options)
        )


class _OfLoop:
    """The client of one event loop, closed at the latest when that loop ends."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self._until_the_end = _closing(client)
        with suppress(StopIteration):  # begun here, it is known to the loop, which finishes it when it ends itself
            self._until_the_end.__anext__().send(None)

    async def close(self) -> None:
        await self._until_the_end.aclose()

    def close_from_outside(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ask a loop that runs in another thread; one that has ended has closed it."""
        if loop.is_running():
            closing = self.close()
            try:
                asyncio.run_coroutine_threadsafe(closing, loop)
            except RuntimeError:  # it ended in between
                closing.close()


async def _closing(client: httpx.AsyncClient) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await client.aclose()


_WRONG_FACE = (
    "transport= is {given} only, so this account has no {wanted} face. Use {methods}, or give a transport that is both "
    "(httpx.MockTransport is)."
)


def _common(options: PoolOptions) -> dict[str, Any]:
    # Kommo's session cookies mean nothing to the API, and one client may serve several accounts: keep none.
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return {"timeout": options.timeout, "verify": options.verify, "proxy": options.proxy, "cookies": no_cookies}


def _sync_hooks(hooks: EventHooks) -> dict[str, list[Callable[..., Any]]]:
    for hook in (hook for each in hooks.values() for hook in each):
        if inspect.iscoroutinefunction(hook):
            raise ConfigurationError(f"The event hook {hook!r} is async; the sync face needs a plain function.")
    return {name: list(each) for name, each in hooks.items()}


def _async_hooks(hooks: EventHooks) -> dict[str, list[Callable[..., Any]]]:
    return {name: [_awaited(hook) for hook in each] for name, each in hooks.items()}


def _awaited(hook: Callable[[Any], Any]) -> Callable[[Any], Awaitable[None]]:
    async def call(subject: Any) -> None:
        result = hook(subject)
        if inspect.isawaitable(result):
            await result

    return call
